"""Labels, their uniqueness, and the folds they are purged from, beside plain loops."""

import numpy as np
import pandas as pd
from numpy.lib.stride_tricks import sliding_window_view

from tests.benchmarks.measuring import Row, compare, some_bars
from topoquant.lib.labeling import average_uniqueness, label_trigger
from topoquant.lib.sampling import PurgedKFold

INTERVAL = "15m"
THRESHOLD = 0.004


def uniqueness(*, quick: bool) -> Row:
    n, n_loop = (500, 500) if quick else (1_000_000, 20_000)
    start = np.arange(n)
    end = start + np.random.default_rng(0).integers(0, 60, n)
    np.testing.assert_allclose(
        average_uniqueness(start[:n_loop], end[:n_loop]), _looped_uniqueness(start[:n_loop], end[:n_loop])
    )
    return compare(
        "average_uniqueness", "labels",
        ours=(lambda: average_uniqueness(start, end), n),
        peer=(lambda: _looped_uniqueness(start[:n_loop], end[:n_loop]), n_loop),
        compared="loop over labels, numpy on the bars of each", repeats=1 if quick else 5,
    )  # fmt: skip


def trigger_short(*, quick: bool) -> Row:
    return _trigger(horizon=4, quick=quick)


def trigger_long(*, quick: bool) -> Row:
    return _trigger(horizon=96, quick=quick)


def purged_folds(*, quick: bool) -> Row:
    n = 200 if quick else 50_000
    t0 = pd.date_range("2024-01-01", periods=n, freq="15min", tz="UTC", unit="ns")
    t1 = t0 + pd.Timedelta("1h")
    embargo = pd.Timedelta("1h")
    folds = PurgedKFold(5, embargo=embargo)
    looped = _looped_folds(t0.asi8, t1.asi8, embargo.value)
    for (train, test), (train_too, test_too) in zip(folds.split(t0, t0=t0, t1=t1), looped, strict=True):
        np.testing.assert_array_equal(train, train_too)
        np.testing.assert_array_equal(test, test_too)
    return compare(
        "PurgedKFold, 5 folds", "rows",
        ours=(lambda: list(folds.split(t0, t0=t0, t1=t1)), n),
        peer=(lambda: _looped_folds(t0.asi8, t1.asi8, embargo.value), n),
        compared="loop over rows in every fold, on integers", repeats=1 if quick else 5,
    )  # fmt: skip


def _looped_uniqueness(start: np.ndarray, end: np.ndarray) -> np.ndarray:
    concurrency = np.zeros(end.max() + 1)
    for first, last in zip(start, end, strict=True):
        concurrency[first : last + 1] += 1
    return np.array(
        [(1 / concurrency[first : last + 1]).mean() for first, last in zip(start, end, strict=True)]
    )


def _trigger(*, horizon: int, quick: bool) -> Row:
    bars = some_bars(300 if quick else 100_000)
    ours = label_trigger(bars, interval=INTERVAL, threshold=THRESHOLD, horizon=horizon, side="up")
    theirs = _windowed_trigger(bars, horizon)
    pd.testing.assert_frame_equal(ours, theirs)
    return compare(
        f"label_trigger, {horizon} bars", "bars",
        ours=(lambda: label_trigger(bars, interval=INTERVAL, threshold=THRESHOLD, horizon=horizon, side="up"),
              len(bars)),
        peer=(lambda: _windowed_trigger(bars, horizon), len(bars)),
        compared="numpy sliding_window_view maximum, same table, no look at gaps", repeats=1 if quick else 5,
    )  # fmt: skip


def _windowed_trigger(bars: pd.DataFrame, horizon: int) -> pd.DataFrame:
    opens, highs, closes = (bars[name].to_numpy() for name in ("open", "high", "close"))
    n = len(bars) - horizon
    entry = opens[1 : n + 1]
    moves = np.round(sliding_window_view(highs[1:], horizon).max(axis=1) / entry - 1, 12)
    time = bars["open_time"].iloc[:n] + pd.Timedelta("15min")
    return pd.DataFrame({
        "symbol": bars["symbol"].iloc[:n],
        "time": time,
        "t1": time + horizon * pd.Timedelta("15min"),
        "label": (moves >= THRESHOLD).astype(float),
        "max_pct": np.clip(moves, 0, 1),
        "ret": closes[horizon:] / entry - 1,
    })  # fmt: skip


def _looped_folds(t0: np.ndarray, t1: np.ndarray, embargo: int) -> list[tuple[np.ndarray, np.ndarray]]:
    starts, ends = t0.tolist(), t1.tolist()
    folds = []
    for test in np.array_split(np.arange(len(starts)), 5):
        held_out = set(test.tolist())
        first, last = min(starts[i] for i in held_out), max(ends[i] for i in held_out)
        train = [
            i for i in range(len(starts))
            if i not in held_out and (ends[i] < first or starts[i] > last + embargo)
        ]  # fmt: skip
        folds.append((np.array(train), test))
    return folds
