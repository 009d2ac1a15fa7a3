"""The split of a study by the rate of its labels: purged at every border, test cut off by time."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, reject, settings
from hypothesis import strategies as st

from topoquant.lib.errors import InputError
from topoquant.lib.sampling import SplitOptions, assign_rows, assign_stratified_rows, before_test, fold_rows
from topoquant.lib.sampling.overlap import overlapping_pairs

HOUR = pd.Timedelta("1h")


def options(**changes) -> SplitOptions:
    base = {"train": 0.7, "val": 0.15, "n_folds": 2, "embargo": None, "kind": "stratified", "n_val_blocks": 2}
    return SplitOptions(**base | changes)


def study(n=600, symbols=("A",), seed=0, share=1.0):
    """Bars whose base rate falls, and the labels that some of the rows have."""
    rng = np.random.default_rng(seed)
    open_time = pd.date_range("2024-01-01", periods=n, freq="h", tz="UTC", unit="ns")
    bars = pd.concat([pd.DataFrame({"symbol": one, "open_time": open_time}) for one in symbols])
    bars = bars.reset_index(drop=True)
    rate = np.where(bars["open_time"] < open_time[n // 2], 0.4, 0.1)
    labels = bars[["symbol"]].assign(
        time=bars["open_time"] + HOUR, label=(rng.random(len(bars)) < rate) * 1.0
    )
    return bars, labels[rng.random(len(bars)) < share]


def split(bars, labels, *, horizon=3, n_rows=None, **changes):
    made = options(**changes)
    return assign_stratified_rows(bars, "1h", horizon=horizon, options=made, labels=labels, n_rows=n_rows)


def rates(splits, labels):
    joined = splits.merge(labels, on=["symbol", "time"])
    return joined.groupby("set")["label"].mean()


def test_val_has_the_rate_of_train_where_a_chronological_one_has_not():
    bars, labels = study()
    chronological = options(kind="chronological", n_val_blocks=None)
    before = rates(assign_rows(bars, "1h", horizon=3, options=chronological), labels)
    assert before["train"] - before["val"] > 0.1
    after = rates(split(bars, labels), labels)
    assert abs(after["train"] - after["val"]) <= 0.01


@given(
    seed=st.integers(0, 2**32 - 1), horizon=st.integers(1, 3), embargo=st.integers(0, 3) | st.none(),
    n_blocks=st.integers(1, 3), share=st.sampled_from([0.8, 1.0]), n_rows=st.integers(40, 400) | st.none(),
)  # fmt: skip
@settings(max_examples=25, deadline=None)
def test_no_pair_of_rows_overlaps_across_sets_whether_it_has_a_label_or_not(
    seed, horizon, embargo, n_blocks, share, n_rows
):
    bars, labels = study(seed=seed, symbols=("A", "B"), share=share)
    try:
        splits = split(bars, labels, horizon=horizon, embargo=embargo, n_val_blocks=n_blocks, n_rows=n_rows)
    except InputError as refusal:
        # What cannot be cut is refused with the rates; most of what is drawn can.
        if "difference of the positive rates" not in str(refusal):
            raise
        reject()
    assert len(splits) == len(bars)
    parts = dict(iter(splits.groupby("set")))
    assert set(parts) <= {"train", "val", "test", "purged", "embargoed"}
    for one, other in (("train", "val"), ("train", "test"), ("val", "test")):
        a, b = parts[one], parts[other]
        assert overlapping_pairs(a["time"], a["t1"], b["time"], b["t1"]) == 0
    assert set(splits.loc[~splits["kept"], "set"]) <= {"train"}
    left_out = splits.merge(labels, on=["symbol", "time"])["set"].isin(["purged", "embargoed"]).sum()
    assert left_out <= 0.1 * len(labels) + 2 * (2 * horizon + 3)  # the test border counts besides
    train = splits[(splits["set"] == "train") & splits["kept"]].reset_index(drop=True)
    for fitted, held_out in fold_rows(train, embargo=pd.Timedelta(0)):
        a, b = train.iloc[fitted], train.iloc[held_out]
        assert overlapping_pairs(a["time"], a["t1"], b["time"], b["t1"]) == 0


def test_labels_of_test_rows_are_not_looked_at():
    bars, labels = study()
    early = before_test(bars, "1h", horizon=3, options=options())
    late = labels["time"] - HOUR > bars.loc[early, "open_time"].max()
    flipped = labels.assign(label=np.where(late, 1 - labels["label"], labels["label"]))
    pd.testing.assert_frame_equal(split(bars, labels), split(bars, flipped))
    pd.testing.assert_frame_equal(split(bars, labels), split(bars, labels[~late]))


def test_all_symbols_are_cut_at_the_same_instants():
    bars, labels = study(symbols=("A", "B"))
    splits = split(bars, labels)
    first, second = (splits.loc[splits["symbol"] == one, "set"].tolist() for one in ("A", "B"))
    assert first == second


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"n_val_blocks": 40}, "left out by purge and embargo"),
        ({"n_val_blocks": None}, "set kind and n_val_blocks together"),
        ({"kind": "chronological"}, "set kind and n_val_blocks together"),
        ({"train": 0.9, "val": 0.2}, "leave a fraction for test"),
    ],
)
def test_refusals(changes, message):
    bars, labels = study()
    with pytest.raises(InputError, match=message):
        split(bars, labels, **changes)
