"""The split of a study whose val set is to have the base rate of its train set."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from topoquant.lib.bars import interval_timedelta
from topoquant.lib.errors import bad_input
from topoquant.lib.sampling.assigning import (
    check_sizes,
    complete_rows,
    cut_at,
    embargo_bars,
    unassigned_rows,
)
from topoquant.lib.sampling.keys import key_positions
from topoquant.lib.sampling.options import SplitOptions
from topoquant.lib.sampling.overlap import clear_rows, instants
from topoquant.lib.sampling.purged import block_span
from topoquant.lib.sampling.stratified import stratified_temporal_split

Sets = NDArray[np.object_]


def before_test(
    bars: pd.DataFrame, interval: str, *, horizon: int, options: SplitOptions
) -> NDArray[np.bool_]:
    """Mark the bars that are over before the first test row is decided: labels may be made of them.

    Parameters
    ----------
    bars : DataFrame, shape (n, ...)
        `symbol` and `open_time` of one or several symbols.
    interval : str
        Length of a bar.
    horizon : int
        Bars ahead that the target looks.
    options : SplitOptions
        `train` and `val`.

    Returns
    -------
    ndarray of bool, shape (n,)

    Raises
    ------
    InputError
        If nothing lies before or after the border.

    Examples
    --------
    >>> bars = pd.DataFrame({"symbol": "SYN",
    ...     "open_time": pd.date_range("2024-01-01", periods=4, freq="h", tz="UTC")})
    >>> options = SplitOptions(train=0.25, val=0.25, n_folds=2, embargo=None)
    >>> before_test(bars, "1h", horizon=1, options=options).tolist()
    [True, True, False, False]
    """
    rows = unassigned_rows(bars, interval, horizon=horizon)
    start, end = instants(rows["time"]), instants(rows["t1"])
    sets = np.full(len(rows), "development", dtype=object)
    border = cut_at(sets, start, end, name="test", fraction=options.train + options.val, embargo=0)
    return start < border


def assign_stratified_rows(
    bars: pd.DataFrame,
    interval: str,
    *,
    horizon: int,
    options: SplitOptions,
    labels: pd.DataFrame,
    n_rows: int | None = None,
) -> pd.DataFrame:
    """Cut test off by time, and choose blocks of val whose positive rate is that of train within 0.01.

    Such a val set serves choices, never claims: its rows were chosen by their labels.

    Parameters
    ----------
    bars : DataFrame
        `symbol` and `open_time` of one or several symbols, sorted by both.
    interval : str
        Length of a bar.
    horizon : int
        Bars ahead that the target looks, at least 1.
    options : SplitOptions
        Fractions, folds, embargo and `n_val_blocks`.
    labels : DataFrame
        `symbol`, `time`, `label` (0 or 1) of rows before test; those of no other row are looked at. A
        row without one goes where its time puts it.
    n_rows : int or None
        As in `assign_rows`.

    Returns
    -------
    DataFrame, one row per bar in the order of `bars`
        As of `assign_rows`. Rows purged at a border of any block are "purged", those within the embargo
        after one "embargoed".

    Raises
    ------
    InputError
        As `assign_rows` and `StratifiedTemporalSplit.cut`: above all if more than 0.1 of the rows would be
        purged or embargoed, or no blocks bring the rates within 0.01.

    Examples
    --------
    >>> bars = pd.DataFrame({"symbol": "SYN",
    ...     "open_time": pd.date_range("2024-01-01", periods=400, freq="h", tz="UTC")})
    >>> labels = bars[["symbol"]].assign(time=bars["open_time"] + pd.Timedelta("1h"),
    ...                                  label=np.arange(400) % 4 == 0)
    >>> options = SplitOptions(train=0.7, val=0.15, n_folds=2, embargo=None,
    ...                        kind="stratified", n_val_blocks=2)
    >>> splits = assign_stratified_rows(bars, "1h", horizon=1, options=options, labels=labels)
    >>> splits["set"].value_counts(sort=False).to_dict()
    {'train': 275, 'purged': 4, 'val': 60, 'embargoed': 2, 'test': 59}
    """
    check_sizes(horizon, options, n_rows)
    if options.n_val_blocks is None:
        raise bad_input("split.kind", "stratified", options.kind, "use assign_rows")
    step = interval_timedelta(interval)
    embargo = embargo_bars(options, horizon=horizon) * step
    rows = unassigned_rows(bars, interval, horizon=horizon)
    start, end = instants(rows["time"]), instants(rows["t1"])
    sets = np.full(len(rows), "development", dtype=object)
    cut_at(sets, start, end, name="test", fraction=options.train + options.val, embargo=embargo.value)
    place = key_positions(labels, rows, name="labels")
    known = np.flatnonzero((sets == "development") & (place >= 0))
    splitter = stratified_temporal_split(
        val=options.val / (options.train + options.val), n_blocks=options.n_val_blocks, embargo=embargo
    )
    label = labels["label"].to_numpy(np.float64)[place[known]]
    cut = splitter.cut(label, t0=start[known], t1=end[known])
    _place_others(sets, start, end, known, known[cut.val], embargo.value)
    for name in ("train", "val", "purged", "embargoed"):
        sets[known[getattr(cut, name)]] = name
    return complete_rows(rows.assign(set=sets), step, horizon=horizon, options=options, n_rows=n_rows)


def _place_others(
    sets: Sets,
    start: NDArray[np.int64],
    end: NDArray[np.int64],
    known: NDArray[np.intp],
    val: NDArray[np.intp],
    embargo: int,
) -> None:
    """Put development rows without a label where the blocks put their time, in place."""
    others = np.flatnonzero(sets == "development")
    sets[others] = "train"
    distinct = np.unique(start[known])
    is_val = np.isin(distinct, start[val])
    first = np.flatnonzero(is_val & ~np.append(False, is_val[:-1]))
    last = np.flatnonzero(is_val & ~np.append(is_val[1:], False))
    for low, high in zip(distinct[first], distinct[last], strict=True):
        block = np.zeros(len(start), dtype=bool)
        block[val] = (start[val] >= low) & (start[val] <= high)
        span = block_span(start, end, block)
        here_start, here_end = start[others], end[others]
        disjoint = clear_rows(here_start, here_end, span=span, embargo=0)
        clear = clear_rows(here_start, here_end, span=span, embargo=embargo)
        sets[others[disjoint & ~clear & (sets[others] == "train")]] = "embargoed"
        sets[others[~disjoint & (sets[others] != "val")]] = "purged"
        sets[others[(here_start >= low) & (here_start <= high)]] = "val"
