"""Train, val and test for a study whose predictions came from elsewhere."""

from dataclasses import replace

import numpy as np
import pandas as pd

from topoquant.lib.bars import decision_time
from topoquant.lib.errors import bad_input
from topoquant.lib.labeling import TargetOptions, split_bars
from topoquant.lib.sampling import SplitOptions
from topoquant.lib.sampling.overlap import instants


def split_judged_rows(
    bars: pd.DataFrame,
    times: pd.Series,
    label: TargetOptions,
    split: SplitOptions,
    *,
    interval: str,
    by: str,
    n_rows: int | None,
) -> pd.DataFrame:
    """Assign every bar's row to a set, at fractions of the bars or within the span of the tables.

    Parameters
    ----------
    bars : DataFrame
        Of one or several symbols.
    times : Series of datetime (UTC)
        Decision times that every table has.
    label : options of any kind of target
        Its horizon is what is purged by.
    split : SplitOptions
        Of the study. By "table", train is what lies before the first of `times`, and val and test
        share the rest in the proportion the options give them.
    interval : str
        Length of a bar.
    by : {"bars", "table"}
        What is cut.
    n_rows : int or None
        Thins train rows, which the baselines are fitted on.

    Returns
    -------
    DataFrame
        As `split_bars` gives.

    Raises
    ------
    InputError
        As `split_bars`, and by "table" when nothing lies before the tables.

    Examples
    --------
    >>> from topoquant.lib.labeling import DirectionOptions
    >>> bars = pd.DataFrame({"symbol": "SYN",
    ...     "open_time": pd.date_range("2024-01-01", periods=100, freq="h", tz="UTC")})
    >>> times = bars["open_time"][60:] + pd.Timedelta("1h")
    >>> options = SplitOptions(train=0.7, val=0.15, n_folds=2, embargo=0)
    >>> label = DirectionOptions(horizon=1)
    >>> splits = split_judged_rows(bars, times, label, options, interval="1h", by="table", n_rows=None)
    >>> int((splits["set"] == "train").sum()), int((splits["set"] == "test").sum())
    (59, 20)
    """
    if by == "table":
        split = _within(bars, times, split, interval)
    return split_bars(bars, interval, label=label, split=split, n_rows=n_rows)


def _within(bars: pd.DataFrame, times: pd.Series, options: SplitOptions, interval: str) -> SplitOptions:
    """Move the borders into the span of the tables."""
    every = np.unique(instants(decision_time(bars, interval)))
    known = instants(times)
    first, last = (int(place) for place in np.searchsorted(every, [known.min(), known.max()]))
    if first == 0:
        raise bad_input(
            "table.split", "bars where the table begins with the bars", "table",
            "leave it out, or bring earlier bars: the baselines are fitted before the table begins",
        )  # fmt: skip
    share = options.val / (1 - options.train)
    return replace(options, train=first / len(every), val=share * (last + 1 - first) / len(every))
