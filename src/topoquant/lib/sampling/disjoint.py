"""Rows in groups within which no two labels share an instant."""

import heapq

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from topoquant.lib.sampling.overlap import instants


def disjoint_sets(rows: pd.DataFrame) -> list[NDArray[np.int64]]:
    """Divide rows into as few sets as can be, each without overlapping labels.

    Neighbouring rows share most of their label and most of what a slow feature says. An estimate
    that counts neighbours among such rows finds every slow feature informative; within one of these
    sets it cannot, and its mean over the sets still uses all rows.

    Parameters
    ----------
    rows : DataFrame, shape (n, ...)
        With `time` and `t1`, in any order; rows of several symbols are divided together.

    Returns
    -------
    list of ndarray of int64
        Positions in `rows`, ascending in time; every row is in one set. Within a set each `time` is
        later than every earlier `t1`. As many sets as labels are alive at the busiest instant
        (greedy colouring of intervals is optimal).

    Examples
    --------
    >>> time = pd.date_range("2024-01-01", periods=5, freq="h", tz="UTC")
    >>> rows = pd.DataFrame({"time": time, "t1": time + pd.Timedelta("1h")})
    >>> [positions.tolist() for positions in disjoint_sets(rows)]
    [[0, 2, 4], [1, 3]]
    """
    time, t1 = instants(rows["time"]), instants(rows["t1"])
    sets: list[list[int]] = []
    # Per set the end of its last label: the set that has been free longest comes first.
    ends: list[tuple[int, int]] = []
    for row in np.argsort(time, kind="stable").tolist():
        if ends and ends[0][0] < time[row]:
            number = heapq.heappop(ends)[1]
        else:
            number = len(sets)
            sets.append([])
        sets[number].append(row)
        heapq.heappush(ends, (int(t1[row]), number))
    return [np.array(positions, dtype=np.int64) for positions in sets]
