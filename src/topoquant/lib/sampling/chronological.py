"""The chronological split, made from times alone before any label is looked at."""

import math

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from topoquant.lib.bars import decision_time, interval_timedelta
from topoquant.lib.errors import bad_input
from topoquant.lib.sampling.options import SplitOptions
from topoquant.lib.sampling.overlap import instants
from topoquant.lib.sampling.purged import time_blocks
from topoquant.lib.sampling.samples import KEY, ROW_COLUMNS


def embargo_bars(options: SplitOptions, *, horizon: int) -> int:
    """Return the embargo in bars: the option, or the horizon where it is None.

    Parameters
    ----------
    options : SplitOptions
    horizon : int
        Bars ahead that a target looks.

    Returns
    -------
    int

    Examples
    --------
    >>> embargo_bars(SplitOptions(train=0.7, val=0.15, n_folds=5, embargo=None), horizon=4)
    4
    """
    return horizon if options.embargo is None else options.embargo


def assign_rows(
    bars: pd.DataFrame, interval: str, *, horizon: int, options: SplitOptions, n_rows: int | None = None
) -> pd.DataFrame:
    """Assign every bar's row to a set and every train row to a fold, at the same instants for all symbols.

    The two borders lie at fractions of the distinct decision times of all symbols together.
    A row before a border whose [time, t1] reaches it is "purged" (touching counts); a row at or
    after it by less than the embargo is "embargoed". Only timestamps are compared, so gaps
    and symbols of different lengths move nothing.

    Parameters
    ----------
    bars : DataFrame
        `symbol` and `open_time` of one or several symbols, sorted by both.
    interval : str
        Length of a bar, such as "15m".
    horizon : int
        Bars ahead that the target looks, at least 1.
    options : SplitOptions
        Fractions, folds and embargo.
    n_rows : int or None
        Keep at most this many train rows, by one constant stride per symbol that visits enough
        times of the day and days of the week; None keeps all. Val and test are never thinned.

    Returns
    -------
    DataFrame, one row per bar in the order of `bars`
        `symbol`, `time` (open_time + interval, UTC), `t1` (time + horizon * interval, the
        latest instant at which the target is known), `set` ("train", "val", "test", "purged",
        "embargoed"), `fold` (contiguous block of time, -1 outside train) and `kept` (False
        for the train rows thinned away). Rows whose t1 lies past the data keep their set: they
        get no target later.

    Raises
    ------
    InputError
        If horizon or n_rows are out of range, or there are too few bars for the fractions,
        the horizon, the embargo and the folds.

    References
    ----------
    Lopez de Prado, M. (2018), Advances in Financial Machine Learning, section 7.4.

    Examples
    --------
    >>> bars = pd.DataFrame({"symbol": "BTCUSDT",
    ...     "open_time": pd.date_range("2024-01-01", periods=30, freq="15min", tz="UTC")})
    >>> options = SplitOptions(train=0.6, val=0.2, n_folds=2, embargo=None)
    >>> splits = assign_rows(bars, "15m", horizon=1, options=options)
    >>> splits["set"].value_counts(sort=False).to_dict()
    {'train': 17, 'purged': 2, 'embargoed': 2, 'val': 4, 'test': 5}
    """
    _check_sizes(horizon, options, n_rows)
    step = interval_timedelta(interval)
    time = decision_time(bars, interval)
    t1 = time + horizon * step
    start, end = instants(time), instants(t1)
    embargo = embargo_bars(options, horizon=horizon) * step
    sets = _assign_sets(start, end, options, embargo.value)
    train = sets == "train"
    _check_enough(start, sets, horizon=horizon, options=options)
    fold = np.full(len(bars), -1, dtype=np.int64)
    fold[train] = time_blocks(start[train], options.n_folds)
    symbol = bars["symbol"].reset_index(drop=True)
    kept = _keep(symbol, train, fold, n_rows, step)
    columns = {"symbol": symbol, "time": time.array, "t1": t1.array, "set": sets, "fold": fold, "kept": kept}
    return pd.DataFrame(columns)


def used_rows(splits: pd.DataFrame) -> pd.DataFrame:
    """Return the rows that are fitted on or predicted: kept, and in train, val or test.

    Parameters
    ----------
    splits : DataFrame
        Of `assign_rows`, in any order.

    Returns
    -------
    DataFrame, ordered by (symbol, time)
        `symbol`, `time`, `t1`, `set` and `fold`; a fresh RangeIndex.

    Examples
    --------
    >>> time = pd.date_range("2024-01-01", periods=3, freq="h", tz="UTC")
    >>> splits = pd.DataFrame({"symbol": "BTCUSDT", "time": time, "t1": time, "fold": [0, 0, -1],
    ...     "set": ["train", "train", "purged"], "kept": [False, True, True]})
    >>> used_rows(splits)["time"].dt.hour.tolist()
    [1]
    """
    used = splits["kept"] & splits["set"].isin(["train", "val", "test"])
    return splits.loc[used, ROW_COLUMNS].sort_values(KEY, kind="stable", ignore_index=True)


def _check_sizes(horizon: int, options: SplitOptions, n_rows: int | None) -> None:
    """Refuse sizes that no bars could satisfy."""
    if horizon < 1:
        raise bad_input("horizon", "at least 1 bar", horizon, "set the label's horizon")
    if options.train + options.val >= 1:
        raise bad_input(
            "train + val", "below 1", f"{options.train} + {options.val}", "leave a fraction for test"
        )
    if n_rows is not None and n_rows < options.n_folds:
        raise bad_input(
            "n_rows",
            f"at least n_folds = {options.n_folds}",
            n_rows,
            "raise n_rows or pass None for all rows",
        )


def _assign_sets(
    start: NDArray[np.int64], end: NDArray[np.int64], options: SplitOptions, embargo: int
) -> NDArray[np.object_]:
    """Cut at the borders, purge what reaches them, embargo what follows them."""
    distinct = np.unique(start)
    sets = np.full(len(start), "train", dtype=object)
    for name, fraction in (("val", options.train), ("test", options.train + options.val)):
        position = round(fraction * len(distinct))
        if not 0 < position < len(distinct):
            raise bad_input(
                "distinct times of the bars",
                "enough for train, val and test",
                len(distinct),
                "load more bars",
            )
        border = distinct[position]
        after = start >= border
        sets[~after & (end >= border)] = "purged"
        sets[after] = np.where(start[after] < border + embargo, "embargoed", name)
    return sets


def _check_enough(
    start: NDArray[np.int64], sets: NDArray[np.object_], *, horizon: int, options: SplitOptions
) -> None:
    """Refuse a test set without one complete target, a val set without two halves, folds of embargo alone."""
    embargo = embargo_bars(options, horizon=horizon)
    needed = {
        "train": options.n_folds * (horizon + embargo + 1),
        "val": 2 * (horizon + 1),
        "test": horizon + 1,
    }
    for name, n_needed in needed.items():
        n_times = len(np.unique(start[sets == name]))
        if n_times < n_needed:
            raise bad_input(
                f"distinct times left in {name}",
                f"at least {n_needed} (horizon {horizon}, embargo {embargo}, {options.n_folds} folds)",
                f"{n_times} of {len(np.unique(start))} (train {options.train}, val {options.val})",
                "load more bars, shorten the horizon or the embargo, or change the fractions",
            )


def _keep(
    symbol: pd.Series,
    train: NDArray[np.bool_],
    fold: NDArray[np.int64],
    n_rows: int | None,
    step: pd.Timedelta,
) -> NDArray[np.bool_]:
    """Mark every row but the train rows that a constant stride within each symbol skips."""
    n_train = int(train.sum())
    kept = np.ones(len(symbol), dtype=bool)
    if n_rows is None or n_train <= n_rows:
        return kept
    stride = _visiting_stride(-(-n_train // n_rows), step)
    order = symbol[train].groupby(symbol[train]).cumcount().to_numpy()
    # The last of every `stride` rows: rounding down per symbol, the total never passes n_rows.
    kept[train] = order % stride == stride - 1
    n_empty = len(np.setdiff1d(fold[train], fold[train & kept]))
    if n_empty:
        raise bad_input(
            "n_rows",
            "enough for a row in every fold",
            f"{n_rows} ({n_empty} folds left empty)",
            "raise n_rows",
        )
    return kept


def _visiting_stride(shortest: int, step: pd.Timedelta) -> int:
    """Return the first stride from `shortest` on that does not fall in step with the day or the week.

    A stride of half a day would show two times of day to every model, which are then scored on all of
    them: half of the times of day, or six where there are more, have to be met; so with the week.
    """
    cycles = [pd.Timedelta(days=days) // step for days in (1, 7)]
    stride = shortest
    while any(n_bars // math.gcd(stride, n_bars) < min(6, -(-n_bars // 2)) for n_bars in cycles if n_bars):
        stride += 1
    return stride
