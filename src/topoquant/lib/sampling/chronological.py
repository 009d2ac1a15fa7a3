"""The chronological split, made from times alone before any label is looked at."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from topoquant.lib.bars import interval_timedelta
from topoquant.lib.sampling.assigning import (
    check_sizes,
    complete_rows,
    cut_at,
    embargo_bars,
    unassigned_rows,
)
from topoquant.lib.sampling.options import SplitOptions
from topoquant.lib.sampling.overlap import instants
from topoquant.lib.sampling.samples import KEY, ROW_COLUMNS


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
    check_sizes(horizon, options, n_rows)
    step = interval_timedelta(interval)
    rows = unassigned_rows(bars, interval, horizon=horizon)
    embargo = embargo_bars(options, horizon=horizon) * step
    sets = _assign_sets(instants(rows["time"]), instants(rows["t1"]), options, embargo.value)
    return complete_rows(rows.assign(set=sets), step, horizon=horizon, options=options, n_rows=n_rows)


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


def _assign_sets(
    start: NDArray[np.int64], end: NDArray[np.int64], options: SplitOptions, embargo: int
) -> NDArray[np.object_]:
    """Cut at the borders, purge what reaches them, embargo what follows them."""
    sets = np.full(len(start), "train", dtype=object)
    for name, fraction in (("val", options.train), ("test", options.train + options.val)):
        cut_at(sets, start, end, name=name, fraction=fraction, embargo=embargo)
    return sets
