"""Losses of variants on the same rows, and what their difference is sure to be."""

import numpy as np
import pandas as pd
import pytest

from topoquant.lib.ablation import (
    Part,
    join_variants,
    judge_difference,
    list_variants,
    row_block,
    score_variants,
)
from topoquant.lib.errors import InputError
from topoquant.lib.validity import bootstrap_mean, row_log_loss

PARTS = [Part(name=name, family=name, channels=(), static=(name,)) for name in ("a", "b")]
BLIND = Part(name="blind", family="blind", channels=(), static=("x", "y"))
VARIANTS = list_variants(PARTS, BLIND)


def table(p, n=None, target_id="up"):
    n = len(p) if n is None else n
    time = pd.date_range("2024-01-01", periods=n, freq="h", tz="UTC")
    return pd.DataFrame({"symbol": "SYN", "time": time, "target_id": target_id, "set": "train", "p_label": p})


@pytest.fixture(scope="module")
def joined():
    random = np.random.default_rng(0)
    n = 600
    label = random.integers(0, 2, n).astype(float)
    said = {
        one.name: np.clip(0.5 + 0.3 * (label - 0.5) + 0.1 * random.normal(size=n), 0.05, 0.95)
        for one in VARIANTS
    }
    said["without a"] = np.full(n, 0.5)
    predictions = {name: table(p) for name, p in {"base rate": np.full(n, 0.5), **said}.items()}
    rows = join_variants(predictions, table(0.5, n).assign(label=label))
    return rows.assign(set=["train"] * 400 + ["val"] * 200)


@pytest.fixture(scope="module")
def scores(joined):
    return score_variants(joined, VARIANTS, base="base rate", horizon=2, interval="1h", seed=3)


def test_every_number_is_the_difference_of_two_losses_on_the_same_rows(joined, scores):
    assert len(scores) == 2 * len(VARIANTS)
    own = joined.loc[joined["set"] == "val"]
    losses = {name: row_log_loss(own["label"], own[name]) for name in joined.columns[4:]}
    rows = scores.loc[scores["set"] == "val"].set_index("variant")
    compared = {
        ("a alone", "lost"): ("a alone", "all"), ("a alone", "gain"): ("base rate", "a alone"),
        ("all", "over_blind"): ("sign-blind", "all"), ("+ b", "step"): ("a", "+ b"),
    }  # fmt: skip
    for (name, key), (first, second) in compared.items():
        row = rows.loc[name]
        assert row["log_loss"] == pytest.approx(losses[name].mean())
        # Blocks of a day, drawn for both together.
        bound = bootstrap_mean(own["time"], losses[first] - losses[second], block=24, seed=3)
        assert tuple(row[[key, f"{key}_low", f"{key}_high"]]) == pytest.approx(tuple(bound))
    assert rows["step"].notna().sum() == 1
    assert tuple(rows.loc["all", ["lost", "lost_low", "lost_high"]]) == (0.0, 0.0, 0.0)
    assert rows.loc["without a", "auc"] == 0.5
    assert rows.loc["all", "n_columns"] == 2
    assert set(scores["n"]) == {400, 200}


def test_a_set_of_one_class_has_no_auc_and_one_without_rows_is_left_out(joined):
    one_class = joined.loc[joined["set"] == "train"].assign(label=0.0)
    scores = score_variants(one_class, VARIANTS, base="base rate", horizon=2, interval="1h", seed=3)
    assert set(scores["set"]) == {"oof"}
    assert scores["auc"].isna().all()


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        (table(0.5, 9), "rows of b must be the 10 of all variants, each with a target, got 9, 9 of them"),
        (table(0.5, 10, target_id="down"), "got 10, 0 of them shared: predict the same samples"),
    ],
)  # fmt: skip
def test_variants_of_different_rows_are_refused(changed, said):
    targets = table(0.5, 10).assign(label=1.0)
    with pytest.raises(InputError, match=said):
        join_variants({"a": table(0.5, 10), "b": changed}, targets)


def test_row_position_aligns_nothing(joined):
    predictions = {"a": table(np.linspace(0, 1, 10)), "b": table(np.linspace(0, 1, 10)).iloc[::-1]}
    rows = join_variants(predictions, table(0.5, 10).assign(label=1.0).sample(frac=1, random_state=0))
    assert rows["a"].tolist() == rows["b"].tolist()


@pytest.mark.parametrize("stride", [1, 3, 7, 200])
def test_a_block_spans_the_same_time_however_rows_are_thinned(stride):
    time = pd.Series(pd.date_range("2024-01-01", periods=5000, freq="15min", tz="UTC"))
    block = row_block(time[::stride], horizon=4, interval="15m")
    assert 96 <= block * stride < 96 + max(stride, 96 if stride > 96 else stride)
    twice = pd.concat([time[::stride]] * 2)  # two symbols
    assert row_block(twice, horizon=4, interval="15m") == block


def test_a_finding_needs_the_whole_interval_on_one_side():
    assert [judge_difference(*ends) for ends in ((0.0, 1.0), (-1.0, 0.0), (1e-9, 1.0), (-1.0, -1e-9))] == [
        *("nothing", "nothing", "earns", "hurts")
    ]
    assert judge_difference(None, None) == "unknown"
