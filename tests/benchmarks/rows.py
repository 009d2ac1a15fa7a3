"""Labels, their uniqueness, and the folds they are purged from, beside plain loops."""

from collections.abc import Iterable
from itertools import combinations

import numpy as np
import pandas as pd
from numpy.lib.stride_tricks import sliding_window_view

from tests.benchmarks.measuring import Row, compare, some_bars
from topoquant.lib.labeling import average_uniqueness, label_trigger
from topoquant.lib.sampling import (
    CombinatorialPurgedKFold,
    PurgedKFold,
    WalkForward,
    stratified_temporal_split,
)

INTERVAL = "15m"
THRESHOLD = 0.004
HOUR = pd.Timedelta("1h")


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
    choices = [[block] for block in range(5)]
    return _folds("PurgedKFold, 5 folds", PurgedKFold(5, embargo=HOUR), choices, n_blocks=5, quick=quick)


def combinatorial_folds(*, quick: bool) -> Row:
    choices = [list(chosen) for chosen in combinations(range(6), 2)]
    splitter = CombinatorialPurgedKFold(6, 2, embargo=HOUR)
    return _folds("CombinatorialPurgedKFold, 15", splitter, choices, n_blocks=6, quick=quick)


def walk_forward_folds(*, quick: bool) -> Row:
    t0, t1 = _times(400 if quick else 50_000)
    length = (t0[-1] - t0[0]) / 10
    splitter = WalkForward(2 * length, length, None, embargo=HOUR, expanding=False)

    def ours() -> list:
        return list(splitter.split(None, t0=t0, t1=t1))

    def peer() -> list:
        return _looped_forward(t0.asi8, t1.asi8, length.value, HOUR.value)

    _assert_same(ours(), peer())
    return compare(
        "WalkForward, rolling, 9 fits", "rows", ours=(ours, len(t0)), peer=(peer, len(t0)),
        compared="loop over rows in every fold, on integers", repeats=1 if quick else 5,
    )  # fmt: skip


def stratified_blocks(*, quick: bool) -> Row:
    n, n_tried = (400, 400) if quick else (50_000, 50)
    t0, t1 = _times(n)
    y = np.random.default_rng(0).random(n) < np.where(np.arange(n) < 0.85 * n, 0.123, 0.0176)
    splitter = stratified_temporal_split(val=0.15, n_blocks=1, embargo=HOUR)
    cut, tried = splitter.cut(y, t0=t0, t1=t1), _looped_shifts(t0.asi8, t1.asi8, y, n_tried)
    assert abs(cut.train_rate - cut.val_rate) <= min(tried) + 1e-12
    return compare(
        "stratified_temporal_split", "shifts",
        ours=(lambda: splitter.cut(y, t0=t0, t1=t1), n),
        peer=(lambda: _looped_shifts(t0.asi8, t1.asi8, y, n_tried), n_tried),
        compared="loop over shifts, numpy on the rows of each", repeats=1 if quick else 5,
    )  # fmt: skip


def _folds(
    name: str, splitter: PurgedKFold | CombinatorialPurgedKFold, choices: list[list[int]], *, n_blocks: int,
    quick: bool,
) -> Row:  # fmt: skip
    t0, t1 = _times(200 if quick else 50_000)

    def ours() -> list:
        return list(splitter.split(t0, t0=t0, t1=t1))

    def peer() -> list:
        return _looped_folds(t0.asi8, t1.asi8, HOUR.value, choices, n_blocks)

    _assert_same(ours(), peer())
    return compare(
        name, "rows", ours=(ours, len(t0)), peer=(peer, len(t0)),
        compared="loop over rows in every fold, on integers", repeats=1 if quick else 5,
    )  # fmt: skip


def _times(n: int) -> tuple[pd.DatetimeIndex, pd.DatetimeIndex]:
    t0 = pd.date_range("2024-01-01", periods=n, freq="15min", tz="UTC", unit="ns")
    return t0, t0 + HOUR


def _assert_same(ours: Iterable[tuple], theirs: Iterable[tuple]) -> None:
    for (train, test), (train_too, test_too) in zip(ours, theirs, strict=True):
        np.testing.assert_array_equal(train, train_too)
        np.testing.assert_array_equal(test, test_too)


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


def _looped_folds(
    t0: np.ndarray, t1: np.ndarray, embargo: int, choices: list[list[int]], n_blocks: int
) -> list[tuple[np.ndarray, np.ndarray]]:
    starts, ends = t0.tolist(), t1.tolist()
    blocks = np.array_split(np.arange(len(starts)), n_blocks)
    folds = []
    for chosen in choices:
        test = np.concatenate([blocks[block] for block in chosen])
        held_out = set(test.tolist())
        spans = [(starts[blocks[b][0]], max(ends[i] for i in blocks[b].tolist())) for b in chosen]
        train = [
            i for i in range(len(starts))
            if i not in held_out
            and all(ends[i] < first or starts[i] > last + embargo for first, last in spans)
        ]  # fmt: skip
        folds.append((np.array(train), test))
    return folds


def _looped_forward(
    t0: np.ndarray, t1: np.ndarray, length: int, embargo: int
) -> list[tuple[np.ndarray, np.ndarray]]:
    starts, ends = t0.tolist(), t1.tolist()
    folds, fit = [], starts[0] + 2 * length
    while fit <= starts[-1]:
        since, known, until = fit - 2 * length, fit - embargo, fit + length
        train = [i for i in range(len(starts)) if since <= starts[i] < fit and ends[i] < known]
        test = [i for i in range(len(starts)) if fit <= starts[i] < until]
        folds.append((np.array(train), np.array(test)))
        fit = until
    return folds


def _looped_shifts(t0: np.ndarray, t1: np.ndarray, y: np.ndarray, n_tried: int) -> list[float]:
    n = len(t0)
    n_val = round(0.15 * n)
    differences = []
    for shift in np.linspace(0, n - n_val, n_tried, dtype=int):
        first, last = t0[shift], t1[shift + n_val - 1]
        train = (t1 < first) | (t0 > last + HOUR.value)
        differences.append(abs(y[train].mean() - y[shift : shift + n_val].mean()))
    return differences
