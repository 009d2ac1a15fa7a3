"""What all splits of a study share: a row per bar, a cut in time, folds and thinning of train rows."""

import math

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from topoquant.lib.bars import decision_time, interval_timedelta
from topoquant.lib.errors import bad_input
from topoquant.lib.sampling.options import SplitOptions
from topoquant.lib.sampling.overlap import instants
from topoquant.lib.sampling.purged import time_blocks


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


def check_sizes(horizon: int, options: SplitOptions, n_rows: int | None) -> None:
    """Refuse sizes that no bars could satisfy.

    Parameters
    ----------
    horizon, options, n_rows
        As in `assign_rows`.

    Raises
    ------
    InputError
        If one is out of range, or `n_val_blocks` does not belong to the kind of split.

    Examples
    --------
    >>> check_sizes(4, SplitOptions(train=0.7, val=0.15, n_folds=5, embargo=None), None)
    """
    if horizon < 1:
        raise bad_input("horizon", "at least 1 bar", horizon, "set the label's horizon")
    if options.train + options.val >= 1:
        raise bad_input(
            "train + val", "below 1", f"{options.train} + {options.val}", "leave a fraction for test"
        )
    if (options.kind == "stratified") != (options.n_val_blocks is not None):
        raise bad_input(
            "split.n_val_blocks", "a number for the stratified kind, null for the chronological one",
            f"{options.n_val_blocks} for {options.kind}", "set kind and n_val_blocks together",
        )  # fmt: skip
    if n_rows is not None and n_rows < options.n_folds:
        raise bad_input(
            "n_rows",
            f"at least n_folds = {options.n_folds}",
            n_rows,
            "raise n_rows or pass None for all rows",
        )


def unassigned_rows(bars: pd.DataFrame, interval: str, *, horizon: int) -> pd.DataFrame:
    """Give every bar its row, without a set.

    Parameters
    ----------
    bars : DataFrame
        `symbol` and `open_time`.
    interval : str
        Length of a bar.
    horizon : int
        Bars ahead that the target looks.

    Returns
    -------
    DataFrame, one row per bar in the order of `bars`
        `symbol`, `time`, `t1`, as in `assign_rows`.

    Examples
    --------
    >>> bars = pd.DataFrame({"symbol": "SYN", "open_time": [pd.Timestamp("2024-01-01", tz="UTC")]})
    >>> str(unassigned_rows(bars, "1h", horizon=2)["t1"].iloc[0])
    '2024-01-01 03:00:00+00:00'
    """
    time = decision_time(bars, interval)
    t1 = time + horizon * interval_timedelta(interval)
    symbol = bars["symbol"].reset_index(drop=True)
    return pd.DataFrame({"symbol": symbol, "time": time.array, "t1": t1.array})


def cut_at(
    sets: NDArray[np.object_], start: NDArray[np.int64], end: NDArray[np.int64],
    *, name: str, fraction: float, embargo: int,
) -> int:  # fmt: skip
    """Cut in place at a fraction of the distinct times: purge what reaches it, embargo what follows it.

    Parameters
    ----------
    sets : ndarray of str, shape (n,)
        Changed: "purged" before the border, "embargoed" and `name` from it on.
    start, end : ndarray of int64, shape (n,)
        Instants of the rows, in any order.
    name : str
        Of the set after the border.
    fraction : float
        Of the distinct times, that lie before it.
    embargo : int
        Nanoseconds left out after the border.

    Returns
    -------
    int
        The border: the first instant of what follows.

    Raises
    ------
    InputError
        If nothing lies before or after it.

    Examples
    --------
    >>> sets, start = np.full(4, "train", dtype=object), np.arange(4)
    >>> cut_at(sets, start, start + 1, name="test", fraction=0.5, embargo=1), sets.tolist()
    (2, ['train', 'purged', 'embargoed', 'test'])
    """
    distinct = np.unique(start)
    position = round(fraction * len(distinct))
    if not 0 < position < len(distinct):
        raise bad_input(
            "distinct times of the bars", "enough for train, val and test", len(distinct), "load more bars"
        )
    border = int(distinct[position])
    after = start >= border
    sets[~after & (end >= border)] = "purged"
    sets[after] = np.where(start[after] < border + embargo, "embargoed", name)
    return border


def complete_rows(
    rows: pd.DataFrame, step: pd.Timedelta, *, horizon: int, options: SplitOptions, n_rows: int | None
) -> pd.DataFrame:
    """Give train rows their folds and thin them, or refuse sets that are too small.

    Parameters
    ----------
    rows : DataFrame
        `symbol`, `time`, `t1`, `set`.
    step : Timedelta
        Length of a bar.
    horizon, options, n_rows
        As in `assign_rows`.

    Returns
    -------
    DataFrame
        With `fold` and `kept`, in the order of the rows.

    Raises
    ------
    InputError
        As `assign_rows`.
    """
    start, sets = instants(rows["time"]), rows["set"].to_numpy()
    train = sets == "train"
    _check_enough(start, sets, horizon=horizon, options=options)
    fold = np.full(len(rows), -1, dtype=np.int64)
    fold[train] = time_blocks(start[train], options.n_folds)
    return rows.assign(fold=fold, kept=_keep(rows["symbol"], train, fold, n_rows, step))


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
