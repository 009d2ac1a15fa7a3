"""Rows of a file in time order, where they are in some order at all."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from topoquant.lib.bars.schema import stamps_ns
from topoquant.lib.errors import bad_input

# Few and long runs are downloads that were put one after the other; many or short ones are
# disorder, which sorting would only hide.
_MAX_RUNS = 8
_MIN_ROWS_PER_RUN = 100


def in_time_order(bars: pd.DataFrame, source: str) -> tuple[pd.DataFrame, list[str]]:
    """Return bars oldest first.

    A run is a stretch of rows that goes one way in time. One run is taken as it is, or turned
    round. Two to eight runs of a hundred rows or more on average are downloads that were put
    one after the other, and are merged by time.

    Parameters
    ----------
    bars : DataFrame, shape (n, any)
        Bars of one symbol in one file, in the order of its rows.
    source : str
        Name of the file, for refusals and notes.

    Returns
    -------
    bars : DataFrame, shape (n, any)
        By `open_time`; rows of the same time stay, in the order of the file.
    notes : list of str
        What was done.

    Raises
    ------
    InputError
        For more or shorter runs.

    Examples
    --------
    >>> stamps = pd.to_datetime(["2024-01-02", "2024-01-01"], utc=True)
    >>> bars, notes = in_time_order(pd.DataFrame({"open_time": stamps}), "a.csv")
    >>> bars["open_time"].dt.day.tolist(), notes
    ([1, 2], ['a.csv: newest first, turned round'])
    """
    steps = np.diff(stamps_ns(bars))
    if (steps >= 0).all():
        return bars, []
    if (steps <= 0).all():
        return bars.iloc[::-1], [f"{source}: newest first, turned round"]
    starts = _run_starts(steps)
    if len(starts) <= _MAX_RUNS and len(bars) >= _MIN_ROWS_PER_RUN * len(starts):
        note = f"{source}: {len(starts)} runs of rows, each in time order by itself, merged by time"
        return bars.sort_values("open_time", kind="stable"), [note]
    n_back, n_on = int((steps < 0).sum()), int((steps > 0).sum())
    rarer = steps < 0 if n_back <= n_on else steps > 0
    first = bars["open_time"].iloc[int(np.flatnonzero(rarer)[0]) + 1]
    raise bad_input(
        f"rows of {source}",
        f"sorted by time, or {_MAX_RUNS} sorted runs at most, {_MIN_ROWS_PER_RUN} rows long on average",
        f"{n_on} steps forward and {n_back} back (see {first})",
        "sort them, or split the file where downloads were joined",
    )


def _run_starts(steps: NDArray[np.int64]) -> list[int]:
    """Return the row at which each run begins, one more than are allowed at most.

    The step that breaks a run belongs to none: the next run begins behind it, and its first
    step that is not zero says which way it goes.
    """
    directions = np.sign(steps)
    starts = [0]
    while len(starts) <= _MAX_RUNS:
        ahead = directions[starts[-1] :]
        moving = ahead[ahead != 0]
        breaks = np.flatnonzero(ahead == -moving[0]) if len(moving) else moving
        if len(breaks) == 0:
            break
        starts.append(starts[-1] + int(breaks[0]) + 1)
    return starts
