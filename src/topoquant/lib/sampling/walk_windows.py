"""A study repeated as time goes on: each window has its own train, val and test rows."""

from typing import Annotated

import numpy as np
import pandas as pd
from pydantic import Field

from topoquant.lib.bars import interval_timedelta
from topoquant.lib.errors import bad_input
from topoquant.lib.options import options
from topoquant.lib.sampling.assigning import complete_rows, cut_at, embargo_bars, unassigned_rows
from topoquant.lib.sampling.options import SplitOptions
from topoquant.lib.sampling.overlap import instants
from topoquant.lib.sampling.walk_forward import WalkForward


@options
class WalkOptions:
    """How a study walks forward.

    Attributes
    ----------
    n_past : int
        Bars before the test block of a window that its rows may come from; of the first window alone where
        the past expands.
    n_test : int
        Bars of a test block; the next window begins where it ends.
    expanding : bool
        Whether a window keeps all earlier rows, or the last `n_past` bars of them.
    val : float
        Last share of a window's past, on which its prediction is calibrated and thresholded.
    """

    n_past: Annotated[int, Field(ge=2)]
    n_test: Annotated[int, Field(ge=2)]
    expanding: bool
    val: Annotated[float, Field(gt=0, lt=1)]


def walk_splits(
    bars: pd.DataFrame,
    interval: str,
    *,
    horizon: int,
    walk: WalkOptions,
    split: SplitOptions,
    n_rows: int | None = None,
) -> list[pd.DataFrame]:
    """Assign the rows of every window to sets and folds.

    Parameters
    ----------
    bars : DataFrame
        `symbol` and `open_time`, of one or several symbols, which are cut at the same instants.
    interval : str
        Length of a bar.
    horizon : int
        Bars ahead that the target looks.
    walk : WalkOptions
        Lengths of the windows.
    split : SplitOptions
        Its embargo and number of folds; its fractions are not looked at.
    n_rows : int or None
        Keep at most this many train rows of a window.

    Returns
    -------
    list of DataFrame
        Per window, earliest first, the table of `assign_rows` with the rows of that window alone. Train ends
        before val begins, val before test, each purged by t1 and embargoed; test blocks follow each other
        without overlap. A last block too short to hold one complete target is left out.

    Raises
    ------
    InputError
        If the bars are too few for two windows, or a window for its sets.

    Examples
    --------
    >>> bars = pd.DataFrame({"symbol": "SYN",
    ...     "open_time": pd.date_range("2024-01-01", periods=60, freq="h", tz="UTC")})
    >>> walk = WalkOptions(n_past=30, n_test=10, expanding=False, val=0.3)
    >>> split = SplitOptions(train=0.7, val=0.15, n_folds=2, embargo=0)
    >>> windows = walk_splits(bars, "1h", horizon=1, walk=walk, split=split)
    >>> [(one["set"] == "test").sum() for one in windows]
    [10, 10, 10]
    >>> windows[1]["set"].value_counts(sort=False).to_dict()
    {'train': 19, 'purged': 1, 'val': 9, 'test': 10}
    """
    step = interval_timedelta(interval)
    rows = unassigned_rows(bars, interval, horizon=horizon)
    embargo = embargo_bars(split, horizon=horizon) * step
    splitter = WalkForward(
        walk.n_past * step, walk.n_test * step, None, embargo=embargo, expanding=walk.expanding
    )
    windows = []
    for past, test in splitter.split(None, t0=rows["time"], t1=rows["t1"]):
        if rows["time"].iloc[test].nunique() <= horizon:
            continue
        sets = np.full(len(past), "train", dtype=object)
        start, end = (instants(rows[name].iloc[past]) for name in ("time", "t1"))
        cut_at(sets, start, end, name="val", fraction=1 - walk.val, embargo=embargo.value)
        window = rows.iloc[np.r_[past, test]].assign(set=np.r_[sets, np.full(len(test), "test")])
        window = window.sort_values(["symbol", "time"], kind="stable", ignore_index=True)
        windows.append(complete_rows(window, step, horizon=horizon, options=split, n_rows=n_rows))
    if len(windows) < 2:
        n_times = rows["time"].nunique()
        raise bad_input(
            "bars of a walk", f"at least n_past {walk.n_past} and two of n_test {walk.n_test}", n_times,
            "shorten walk_forward.n_past or n_test, or load more bars",
        )  # fmt: skip
    return windows
