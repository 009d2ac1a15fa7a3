import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from topoquant.lib.errors import InputError
from topoquant.lib.sampling import SplitOptions, assign_rows, embargo_bars, used_rows

START = pd.Timestamp("2024-01-01", tz="UTC")
HOUR = pd.Timedelta("1h")


def bars_at(**hours: list[int]) -> pd.DataFrame:
    frames = [
        pd.DataFrame({"symbol": name, "open_time": START + np.array(at) * HOUR}) for name, at in hours.items()
    ]
    bars = pd.concat(frames, ignore_index=True)
    return bars.assign(open_time=bars["open_time"].astype("datetime64[ns, UTC]"))


def options(**changes) -> SplitOptions:
    return SplitOptions(**({"train": 0.6, "val": 0.2, "n_folds": 2, "embargo": None} | changes))


def hours_of(splits: pd.DataFrame, name: str) -> list[int]:
    return ((splits.loc[splits["set"] == name, "time"] - START) // HOUR - 1).tolist()


def test_borders_purge_and_embargo_by_hand():
    splits = assign_rows(bars_at(A=list(range(50))), "1h", horizon=2, options=options())
    assert hours_of(splits, "train") == list(range(28))
    assert hours_of(splits, "purged") == [28, 29, 38, 39]
    assert hours_of(splits, "embargoed") == [30, 31, 40, 41]
    assert hours_of(splits, "val") == list(range(32, 38))
    assert hours_of(splits, "test") == list(range(42, 50))
    assert splits.loc[splits["set"] == "train", "fold"].tolist() == [0] * 14 + [1] * 14
    assert (splits.loc[splits["set"] != "train", "fold"] == -1).all()
    assert splits.columns.tolist() == ["symbol", "time", "t1", "set", "fold", "kept"]
    assert str(splits["time"].dtype) == str(splits["t1"].dtype) == "datetime64[ns, UTC]"


def test_a_gap_before_the_border_purges_by_time_not_by_rows():
    hours = [hour for hour in range(53) if hour not in (27, 28, 29)]
    splits = assign_rows(bars_at(A=hours), "1h", horizon=2, options=options())
    border = hours[30]
    assert hours_of(splits, "purged")[:2] == [border - 2, border - 1]
    behind_gap = assign_rows(bars_at(A=[*range(30), *range(33, 53)]), "1h", horizon=2, options=options())
    assert hours_of(behind_gap, "purged") == [41, 42]


@given(
    seed=st.integers(0, 2**32 - 1), n_bars=st.integers(95, 120), horizon=st.integers(1, 4),
    embargo=st.integers(0, 4) | st.none(), n_rows=st.integers(12, 200),
)  # fmt: skip
@settings(max_examples=250, deadline=None)
def test_no_pair_of_rows_overlaps_across_sets_or_symbols(seed, n_bars, horizon, embargo, n_rows):
    present = np.random.default_rng(seed).random((2, n_bars)) < 0.7
    first = [hour for hour in range(n_bars) if present[0, hour] or hour % 3]
    second = [hour for hour in range(n_bars) if present[1, hour] or hour % 2]
    bars = bars_at(A=first, B=second)
    splits = assign_rows(
        bars, "1h", horizon=horizon, options=options(train=0.5, val=0.25, embargo=embargo), n_rows=n_rows
    )
    rows = [splits[splits["set"] == name] for name in ("train", "val", "test")]
    for earlier, later in ((0, 1), (0, 2), (1, 2)):
        t0_a, t1_a = (rows[earlier][name].to_numpy()[:, None] for name in ("time", "t1"))
        t0_b, t1_b = (rows[later][name].to_numpy()[None, :] for name in ("time", "t1"))
        assert not ((t0_a <= t1_b) & (t1_a >= t0_b)).any()
    assert len(splits[["time", "set", "fold"]].drop_duplicates()) == splits["time"].nunique()
    train = splits[splits["set"] == "train"]
    assert train["kept"].sum() <= n_rows or len(train) <= n_rows
    assert splits.loc[splits["set"] != "train", "kept"].all()


def test_thinning_takes_a_constant_stride_within_each_symbol():
    bars = bars_at(A=list(range(50)), B=list(range(50)))
    splits = assign_rows(bars, "1h", horizon=2, options=options(), n_rows=20)
    train = splits[splits["set"] == "train"]
    assert train["kept"].sum() == 18
    for _, of_symbol in train.groupby("symbol"):
        assert np.diff(np.flatnonzero(of_symbol["kept"])).tolist() == [3] * 8
    everything = assign_rows(bars, "1h", horizon=2, options=options(), n_rows=56)
    assert everything["kept"].all()


@pytest.mark.parametrize("n_rows", [14, 56, 112, 336])
def test_thinning_never_falls_in_step_with_the_day(n_rows):
    n_bars = 96 * 56
    open_time = pd.date_range(START, periods=n_bars, freq="15min").as_unit("ns")
    bars = pd.DataFrame({"symbol": "A", "open_time": open_time})
    splits = assign_rows(bars, "15m", horizon=1, options=options(train=0.5), n_rows=n_rows)
    kept = splits.loc[(splits["set"] == "train") & splits["kept"], "time"]
    assert len(kept) <= n_rows
    assert kept.dt.time.nunique() >= min(6, len(kept))
    assert kept.dt.dayofweek.nunique() >= 4


def test_embargo_defaults_to_the_horizon():
    assert embargo_bars(options(), horizon=7) == 7
    assert embargo_bars(options(embargo=0), horizon=7) == 0


@pytest.mark.parametrize(
    ("n_bars", "horizon", "changes", "n_rows", "message"),
    [
        (50, 0, {}, None, "horizon must be at least 1 bar, got 0"),
        (50, 2, {"val": 0.4}, None, r"train \+ val must be below 1, got 0.6 \+ 0.4"),
        (20, 2, {}, None, r"left in val must be at least 6 .*, got 0 of 20"),
        (50, 2, {"n_folds": 9}, None, "left in train must be at least 45 .*, got 28 of 50"),
        (50, 2, {}, 1, "n_rows must be at least n_folds = 2, got 1"),
        (2, 1, {}, None, "distinct times of the bars"),
    ],
)
def test_too_few_bars_are_refused_with_the_numbers(n_bars, horizon, changes, n_rows, message):
    with pytest.raises(InputError, match=message):
        assign_rows(
            bars_at(A=list(range(n_bars))), "1h", horizon=horizon, options=options(**changes), n_rows=n_rows
        )


def test_used_rows_are_the_kept_ones_of_the_three_sets_in_order():
    splits = assign_rows(
        bars_at(A=list(range(50)), B=list(range(50))), "1h", horizon=2, options=options(), n_rows=20
    )
    rows = used_rows(splits.sample(frac=1, random_state=0))
    expected = splits[splits["kept"] & ~splits["set"].isin(["purged", "embargoed"])]
    pd.testing.assert_frame_equal(rows, expected.drop(columns="kept").reset_index(drop=True))
