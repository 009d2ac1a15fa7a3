import numpy as np
import pandas as pd
import pytest

from topoquant.lib.errors import InputError
from topoquant.lib.labeling import (
    TriggerOptions,
    TripleBarrierOptions,
    label_rows,
    label_trigger,
)
from topoquant.lib.labeling.uniqueness import plain_uniqueness

HOUR = pd.Timedelta("1h")
HORIZON = 3
THRESHOLD = 0.003
OPTIONS = TriggerOptions(horizon=HORIZON, side="up", threshold=THRESHOLD, rate=None)
TARGET = {"threshold": THRESHOLD, "target_id": "trigger-up-3-0.003"}


def made_bars(symbol: str, n: int, missing: int | None = None) -> pd.DataFrame:
    hours = np.array([hour for hour in range(n) if hour != missing])
    high = 100 + np.random.default_rng(n).integers(0, 60, len(hours)) / 100
    open_time = pd.Series(pd.Timestamp("2024-01-01", tz="UTC") + hours * HOUR).astype("datetime64[ns, UTC]")
    return pd.DataFrame({
        "symbol": symbol, "open_time": open_time, "open": 100.0, "high": high, "low": 100.0, "close": 100.0,
    })  # fmt: skip


@pytest.fixture
def bars() -> pd.DataFrame:
    return pd.concat([made_bars("A", 40), made_bars("B", 38, missing=20)], ignore_index=True)


@pytest.fixture
def splits(bars: pd.DataFrame) -> pd.DataFrame:
    hour = (bars["open_time"] - bars["open_time"].min()) // HOUR
    sets = np.select([hour < 21, hour < 24, hour < 30], ["train", "purged", "val"], "test")
    time = bars["open_time"] + HOUR
    return pd.DataFrame({
        "symbol": bars["symbol"], "time": time, "t1": time + HORIZON * HOUR, "set": sets, "fold": -1,
        "kept": (sets != "train") | (hour % 2 == 0),
    })  # fmt: skip


def label(bars, splits, *sets) -> pd.DataFrame:
    return label_rows(bars, splits, TARGET, OPTIONS, interval="1h", sets=sets)


def test_rows_are_the_kept_ones_of_the_sets_with_their_labels(bars, splits):
    targets = label(bars, splits, "train", "val")
    assert targets.columns.tolist() == [
        "symbol", "time", "t1", "target_id", "label", "max_pct", "ret", "uniqueness",
    ]  # fmt: skip
    merged = targets.merge(splits, on=["symbol", "time"], suffixes=("", "_bound"), validate="one_to_one")
    assert len(merged) == len(targets)
    assert merged["kept"].all()
    assert set(merged["set"]) == {"train", "val"}
    assert (merged["t1"] == merged["t1_bound"]).all()
    assert (targets["target_id"] == "trigger-up-3-0.003").all()
    one = label_trigger(
        bars[bars["symbol"] == "A"], interval="1h", threshold=THRESHOLD, horizon=HORIZON, side="up"
    )
    of_a = targets[targets["symbol"] == "A"]
    expected = of_a[["time"]].merge(one, on="time")
    assert np.array_equal(of_a["label"], expected["label"])


def test_uniqueness_counts_the_rows_used_within_a_symbol_across_gaps(bars, splits):
    targets = label(bars, splits, "train", "val")
    for _, of_symbol in targets.groupby("symbol"):
        entry = ((of_symbol["time"] - targets["time"].min()) // HOUR).to_numpy()
        np.testing.assert_allclose(of_symbol["uniqueness"], plain_uniqueness(entry, entry + HORIZON - 1))
    alone = label(bars[bars["symbol"] == "A"], splits, "train")
    assert alone["uniqueness"].iloc[5] == pytest.approx((1 / 2 + 1 + 1 / 2) / 3)


def test_other_sets_and_later_bars_change_nothing(bars, splits):
    targets = label(bars, splits, "train", "val")
    last = targets["t1"].max()
    garbage = bars.assign(high=bars["high"].where(bars["open_time"] + HOUR <= last, 1e6))
    reassigned = splits.assign(kept=splits["kept"] & (splits["set"] != "test"))
    pd.testing.assert_frame_equal(label(garbage, reassigned, "train", "val"), targets)


def test_a_label_that_ends_early_overlaps_less(bars, splits):
    options = TripleBarrierOptions(horizon=3, upper=0.3, lower=0.9, side="both", width="atr", period=2)
    target = {"target_id": "barrier"}
    whole = bars.assign(low=bars["high"] - 1.0)
    targets = label_rows(whole, splits, target, options, interval="1h", sets=["train"])
    assert targets["touched"].cat.categories.tolist() == ["lower", "time", "upper", "both"]
    for _, of_symbol in targets.groupby("symbol"):
        entry = ((of_symbol["time"] - targets["time"].min()) // HOUR).to_numpy()
        length = ((of_symbol["t1"] - of_symbol["time"]) // HOUR).to_numpy()
        assert length.min() < 3
        np.testing.assert_allclose(of_symbol["uniqueness"], plain_uniqueness(entry, entry + length - 1))


def test_bars_without_a_symbol_give_the_same_rows(bars, splits):
    of_a, splits_of_a = (table[table["symbol"] == "A"] for table in (bars, splits))
    named = label(of_a, splits_of_a, "train")
    unnamed = label(of_a.drop(columns="symbol"), splits_of_a.drop(columns="symbol"), "train")
    pd.testing.assert_frame_equal(unnamed, named.drop(columns="symbol"))


def test_unknown_and_empty_sets_are_refused(bars, splits):
    with pytest.raises(InputError, match="purged"):
        label(bars, splits, "purged")
    with pytest.raises(InputError, match="test rows with a complete horizon must be at least 1, got 0 of 0"):
        label(bars, splits[splits["set"] != "test"], "test")
