"""Cuts inside a set: the two halves of val, and the tail a fit stops early on."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from topoquant.lib.errors import bad_input
from topoquant.lib.sampling.overlap import instants
from topoquant.lib.sampling.samples import Samples


def purged_halves(rows: pd.DataFrame) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Split the val rows at their middle time, with no overlap between the halves.

    Parameters
    ----------
    rows : DataFrame, shape (n, ...)
        With `time`, `t1` and `set`, of any sets, symbols and members in any order.

    Returns
    -------
    first, second : ndarray of bool, shape (n,)
        `second` are the val rows from the median distinct val time on; `first` those whose
        t1 lies strictly before it. Val rows in neither were purged.

    Raises
    ------
    InputError
        If a half is empty.

    Examples
    --------
    >>> time = pd.date_range("2024-01-01", periods=4, freq="h", tz="UTC")
    >>> rows = pd.DataFrame({"time": time, "t1": time + pd.Timedelta("1h"), "set": "val"})
    >>> first, second = purged_halves(rows)
    >>> first.tolist(), second.tolist()
    ([True, False, False, False], [False, False, True, True])
    """
    val = (rows["set"] == "val").to_numpy()
    start, end = instants(rows["time"]), instants(rows["t1"])
    distinct = np.unique(start[val])
    if len(distinct) < 2:
        raise bad_input(
            "distinct times of the val rows", "at least 2", len(distinct), "load more bars or raise val"
        )
    middle = distinct[len(distinct) // 2]
    first, second = val & (end < middle), val & (start >= middle)
    if not first.any():
        raise bad_input(
            "val rows whose target is known before the middle of val", "at least 1",
            f"0 of {int(val.sum())}", "load more bars, raise val or shorten the horizon",
        )  # fmt: skip
    return first, second


def purged_tail(samples: Samples, fraction: float) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Set aside the last rows in time for early stopping.

    Parameters
    ----------
    samples : Samples
        The rows of one fit, of any symbols.
    fraction : float
        Share of the rows to set aside, in (0, 1); rows of the cut's own instant all go to
        the tail.

    Returns
    -------
    fit_positions, validation_positions : ndarray of int, ascending
        No fit row's [time, t1] meets the first instant of the tail; rows in neither were purged.

    Raises
    ------
    InputError
        If the fraction is out of range or either part would be empty.

    Examples
    --------
    >>> time = pd.date_range("2024-01-01", periods=10, freq="h", tz="UTC")
    >>> rows = pd.DataFrame({"symbol": "BTCUSDT", "time": time, "t1": time + pd.Timedelta("1h"),
    ...                      "set": "train", "fold": 0})
    >>> samples = Samples(rows, "none", pd.DataFrame(index=rows.index), np.ones(10), None,
    ...                   np.full(10, -1), 0, None)
    >>> fit, validation = purged_tail(samples, 0.2)
    >>> fit.tolist(), validation.tolist()
    ([0, 1, 2, 3, 4, 5, 6], [8, 9])
    """
    if not 0 < fraction < 1:
        raise bad_input("fraction of rows for early stopping", "in (0, 1)", fraction, "take 0.1")
    start, end = instants(samples.rows["time"]), instants(samples.rows["t1"])
    n_tail = max(1, round(fraction * len(start)))
    if n_tail >= len(start):
        raise bad_input(
            "rows of a fit", f"more than the {n_tail} set aside for early stopping", len(start),
            "load more bars or raise n_rows",
        )  # fmt: skip
    tail_start = np.partition(start, len(start) - n_tail)[len(start) - n_tail]
    fit = np.flatnonzero(end < tail_start)
    if len(fit) == 0:
        raise bad_input(
            "rows whose target is known before the early-stopping tail", "at least 1",
            f"0 of {len(start)}", "load more bars, raise n_rows or shorten the horizon",
        )  # fmt: skip
    return fit, np.flatnonzero(start >= tail_start)
