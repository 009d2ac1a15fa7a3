"""From tables to the samples a model sees: joined on the key, complete, and free of NaN."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from topoquant.lib.bars import contiguous_length
from topoquant.lib.errors import bad_input
from topoquant.lib.sampling.chronological import used_rows
from topoquant.lib.sampling.keys import key_positions
from topoquant.lib.sampling.overlap import instants
from topoquant.lib.sampling.samples import KEY, Samples

NOT_TARGETS = ("symbol", "time", "t1", "target_id", "touched", "ret", "uniqueness")

Mask = NDArray[np.bool_]


def assemble_samples(
    splits: pd.DataFrame,
    targets: pd.DataFrame | None,
    *,
    sequence: pd.DataFrame | None = None,
    static: pd.DataFrame | None = None,
    raw: tuple[NDArray[np.floating], pd.DataFrame] | None = None,
    window: int = 0,
    interval: str,
) -> tuple[Samples, dict[str, int]]:
    """Join splits, targets and features into samples; drop and count the incomplete rows.

    Train rows that are kept, val rows and test rows are used. Train and val rows without a
    target are dropped; test rows never are for that, since their targets are not looked at.
    All sets are dropped by the same rules about features.

    Parameters
    ----------
    splits : DataFrame
        Of `assign_rows`.
    targets : DataFrame or None
        `development_targets`: train and val rows alone. None makes samples to predict with:
        every target is absent and no row is dropped for it.
    sequence : DataFrame or None
        `symbol`, `time` and one column per channel; one row per bar of every symbol, so that a
        missing bar is a gap. Not centred, scaled or filled here.
    static : DataFrame or None
        `symbol`, `time` and one column per feature without a time axis.
    raw : (ndarray, shape (n_stored, n_raw), DataFrame) or None
        Windows that images are made of, and the keys of their rows in the same order. Kept as they
        are: not copied, not scaled, not rounded.
    window : int
        Bars of `sequence` that end at a row's time, inclusive; 0 iff there is no sequence.
    interval : str
        Length of a bar.

    Returns
    -------
    samples : Samples
        Ordered by (symbol, time). Test rows have NaN targets and weight 1. A row depends on
        bars up to its `time` and on its own target alone.
    dropped : dict of str to int
        "no_t1" (train and val rows without a target: the horizon passes the data or a gap),
        "warm_up" (the window starts before the data, or a value is missing or infinite) and
        "gap" (the window crosses a gap). A row counts once, under the first that applies.

    Raises
    ------
    InputError
        If targets hold test rows, other rows' t1, NaN or several target ids; if window and
        sequence do not belong together; if a key repeats or no row is left.

    Examples
    --------
    >>> time = pd.date_range("2024-01-01", periods=4, freq="h", tz="UTC")
    >>> splits = pd.DataFrame({"symbol": "BTCUSDT", "time": time, "t1": time + pd.Timedelta("1h"),
    ...     "set": ["train", "train", "val", "test"], "fold": [0, 0, -1, -1], "kept": True})
    >>> features = splits[["symbol", "time"]].assign(log_return=[np.nan, 0.1, 0.2, 0.3])
    >>> samples, dropped = assemble_samples(splits, None, sequence=features, window=2, interval="1h")
    >>> samples.rows["set"].tolist(), dropped
    (['val', 'test'], {'no_t1': 0, 'warm_up': 2, 'gap': 0})
    """
    _check_window(sequence, window)
    rows = used_rows(splits)
    found = _match_targets(rows, targets)
    known = (rows["set"] == "test").to_numpy() | (found >= 0) | (targets is None)
    dropped = {"no_t1": int((~known).sum())}
    rows, found = rows[known].reset_index(drop=True), found[known]

    ordered = None if sequence is None else _in_order(sequence)
    bars = None if ordered is None else _feature_values(ordered)
    end, warm_up, gap = _place_windows(rows, ordered, bars, window, interval)
    static_rows, absent = _place_static(rows, static)
    raw_rows, unseen = _place_raw(rows, raw)
    warm_up |= (absent | unseen) & ~gap
    dropped |= {"warm_up": int(warm_up.sum()), "gap": int(gap.sum())}
    complete = ~(warm_up | gap)
    if not complete.any():
        raise bad_input(
            "rows with a full window and no missing value", "at least 1", f"0 (dropped {dropped})",
            "load more bars or shorten the window",
        )  # fmt: skip
    rows = rows[complete].reset_index(drop=True)
    values, weights, target_id = _target_values(targets, found[complete])
    samples = Samples(
        rows=rows,
        target_id=target_id,
        targets=values,
        weights=weights,
        sequence=bars,
        end=end[complete],
        window=window,
        static=None if static_rows is None else static_rows[complete],
        channel_names=_feature_names(sequence),
        static_names=_feature_names(static),
        raw_windows=None if raw is None else raw[0],
        raw_rows=None if raw_rows is None else raw_rows[complete],
    )
    return samples, dropped


def _check_window(sequence: pd.DataFrame | None, window: int) -> None:
    """Refuse a window without bars to look at, and bars without a window."""
    if (sequence is None) != (window == 0) or window < 0:
        raise bad_input(
            "window", "0 without a sequence, at least 1 with one", window,
            "set the member's sequence and window together",
        )  # fmt: skip


def _match_targets(rows: pd.DataFrame, targets: pd.DataFrame | None) -> NDArray[np.int64]:
    """Return each row's position in the targets, -1 where it has none."""
    if targets is None:
        return np.full(len(rows), -1)
    found = key_positions(targets, rows, name="targets")
    _check_targets(targets, rows, found)
    return found


def _check_targets(targets: pd.DataFrame, rows: pd.DataFrame, found: NDArray[np.int64]) -> None:
    """Refuse targets that a model must not see or that purging did not reckon with."""
    ids = targets["target_id"].unique()
    if len(ids) != 1:
        raise bad_input("target ids of the targets", "one", list(ids), "pass the targets of one recipe")
    n_test = int((found[(rows["set"] == "test").to_numpy()] >= 0).sum())
    if n_test:
        raise bad_input(
            "targets", "of train and val rows alone", f"{n_test} test rows", "pass development_targets"
        )
    matched = found >= 0
    bound = instants(rows["t1"])[matched]
    n_late = int((instants(targets["t1"])[found[matched]] > bound).sum())
    if n_late:
        raise bad_input(
            "t1 of the targets", "no later than the t1 that the split purged by", f"{n_late} rows later",
            "split with the horizon of the label",
        )  # fmt: skip
    n_missing = int(targets[_target_names(targets)].isna().to_numpy().sum())
    if n_missing:
        raise bad_input("targets", "free of NaN", f"{n_missing} missing values", "drop rows without a target")


def _target_names(targets: pd.DataFrame) -> list[str]:
    """Return the columns that a model may be asked to predict."""
    return [name for name in targets.columns if name not in NOT_TARGETS]


def _target_values(
    targets: pd.DataFrame | None, found: NDArray[np.int64]
) -> tuple[pd.DataFrame, NDArray[np.float64], str]:
    """Return targets (NaN where absent), weights (1 where absent) and the target id."""
    if targets is None:
        return pd.DataFrame(index=range(len(found))), np.ones(len(found)), ""
    values = targets[_target_names(targets)].astype(np.float64).iloc[found].reset_index(drop=True)
    values[found < 0] = np.nan
    weights = np.where(found >= 0, targets["uniqueness"].to_numpy(dtype=np.float64)[found], 1.0)
    return values, weights, str(targets["target_id"].iloc[0])


def _feature_names(features: pd.DataFrame | None) -> tuple[str, ...]:
    """Return the columns of a feature table that are not its key."""
    return () if features is None else tuple(name for name in features.columns if name not in KEY)


def _feature_values(features: pd.DataFrame) -> NDArray[np.float32]:
    """Return the features as one C-contiguous array in the order of the table."""
    values = features[list(_feature_names(features))].to_numpy(dtype=np.float32)
    return np.ascontiguousarray(values)


def _in_order(sequence: pd.DataFrame) -> pd.DataFrame:
    """Return the sequence ordered by key, the same frame when it already is."""
    symbol = sequence["symbol"]
    next_symbol = symbol.to_numpy()[1:] != symbol.to_numpy()[:-1]
    later = np.diff(instants(sequence["time"])) > 0
    if symbol.is_monotonic_increasing and bool((later | next_symbol).all()):
        return sequence
    return sequence.sort_values(KEY, kind="stable")


def _place_windows(
    rows: pd.DataFrame, ordered: pd.DataFrame | None, values: NDArray[np.float32] | None, window: int,
    interval: str,
) -> tuple[NDArray[np.int64], Mask, Mask]:  # fmt: skip
    """Return each row's decision bar, and whether its window is in warm-up or crosses a gap."""
    nothing = np.zeros(len(rows), dtype=bool)
    if ordered is None or values is None:
        return np.full(len(rows), -1), nothing.copy(), nothing
    end = key_positions(ordered, rows, name="sequence")
    by_symbol = ordered.groupby("symbol", sort=False)["time"]
    n_until = by_symbol.cumcount().to_numpy() + 1
    # Times lie one interval after the opens, so they show the same gaps.
    run = np.concatenate([contiguous_length(time.to_frame("open_time"), interval) for _, time in by_symbol])
    absent, too_short = end < 0, run[end] < window
    gap = ~absent & too_short & (run[end] < n_until[end])
    missing = np.append(0, np.cumsum(~np.isfinite(values).all(axis=1)))
    has_missing = missing[end + 1] > missing[np.maximum(end + 1 - window, 0)]
    return end, (absent | too_short | has_missing) & ~gap, gap


def _place_static(rows: pd.DataFrame, static: pd.DataFrame | None) -> tuple[NDArray[np.float32] | None, Mask]:
    """Return each row's static features, and whether one of them is missing."""
    if static is None:
        return None, np.zeros(len(rows), dtype=bool)
    position = key_positions(static, rows, name="static")
    values = _feature_values(static)[position]
    return values, (position < 0) | ~np.isfinite(values).all(axis=1)


def _place_raw(
    rows: pd.DataFrame, raw: tuple[NDArray[np.floating], pd.DataFrame] | None
) -> tuple[NDArray[np.int64] | None, Mask]:
    """Return the position of each row's raw window, and whether it is absent or not finite."""
    if raw is None:
        return None, np.zeros(len(rows), dtype=bool)
    values, index = raw
    if values.ndim != 2 or len(values) != len(index):
        raise bad_input(
            "shape of the raw windows", f"({len(index)}, bars), a row per key", values.shape,
            "pass the index that was written with the array",
        )  # fmt: skip
    position = key_positions(index, rows, name="raw windows")
    # A window whose sum is finite is finite: nothing is copied to see it.
    complete = np.isfinite(values.sum(axis=1, dtype=np.float64))
    return position, (position < 0) | ~complete[position]
