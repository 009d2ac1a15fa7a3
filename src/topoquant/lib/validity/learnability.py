"""What a score is worth: its gain in log-loss over naive, and the timing return volatility cannot fake."""

from typing import NamedTuple

import pandas as pd
from numpy.typing import ArrayLike

from topoquant.lib.validity.binary import row_log_loss
from topoquant.lib.validity.intervals import (
    LEVEL,
    Interval,
    bootstrap_bounds,
    bootstrap_mean,
    mean_replicates,
)


class TimingStatistics(NamedTuple):
    """Mean timing return per bar, its one-sided lower bound and its t (mean over bootstrap se)."""

    mean: float
    lower: float
    t: float


def log_loss_gain(
    time: ArrayLike, label: ArrayLike, probability: ArrayLike, naive_probability: ArrayLike, *,
    block: int, seed: int, level: float = LEVEL, sided: int = 2,
) -> Interval:  # fmt: skip
    """Log-loss of the naive forecast less that of the member, mean over rows, with block bounds.

    Parameters
    ----------
    time : array-like of datetimes, shape (n,)
        Time of each row.
    label, probability, naive_probability : array-like, shape (n,)
        Rows of one table, joined on the key.
    block, seed, level, sided
        As in `bootstrap_mean`; `sided` is 1 for the bound the verdict uses.

    Returns
    -------
    Interval
        Positive: the member is better than naive.

    Examples
    --------
    >>> time = pd.date_range("2024", periods=400, freq="15min", tz="UTC")
    >>> import numpy as np
    >>> label = np.tile([0, 1], 200)
    >>> round(log_loss_gain(time, label, 0.25 + 0.5 * label, label * 0 + 0.5, block=10, seed=0).value, 4)
    0.4055
    """
    gain = row_log_loss(label, naive_probability) - row_log_loss(label, probability)
    return bootstrap_mean(time, gain, block=block, seed=seed, level=level, sided=sided)


def timing_statistics(series: pd.Series, *, block: int, seed: int, level: float = LEVEL) -> TimingStatistics:
    """Test the mean of a timing return against 0.

    Parameters
    ----------
    series : Series, shape (n_times,), indexed by time
        From `timing_return`.
    block : int
        Block length in bars.
    seed : int
        Seed of the bootstrap.
    level : float
        Level of the one-sided bound.

    Returns
    -------
    TimingStatistics
        All NaN for an empty series; `t` is 0 when there is no spread at all (a constant position).

    Examples
    --------
    >>> time = pd.date_range("2024", periods=960, freq="15min", tz="UTC", name="time")
    >>> import numpy as np
    >>> noise = pd.Series(np.random.default_rng(0).normal(0.5, 1.0, 960), index=time)
    >>> timing_statistics(noise, block=96, seed=0).lower > 0
    True
    """
    if not len(series):
        return TimingStatistics(float("nan"), float("nan"), float("nan"))
    values, replicates, n_blocks = mean_replicates(series.index, series.to_numpy(), block=block, seed=seed)
    mean = float(values.mean())
    bounds = bootstrap_bounds(mean, replicates, n_blocks=n_blocks, level=level, sided=1)
    spread = float(replicates.std())
    if n_blocks < 2:
        return TimingStatistics(mean, float("nan"), float("nan"))
    return TimingStatistics(mean, bounds.low, mean / spread if spread > 0 else 0.0)


def timing_return(position: pd.DataFrame, next_return: pd.DataFrame, *, cost: float = 0.0) -> pd.Series:
    """Return of being in the market at the right times: (position - its mean) * next-open return.

    Without the mean, a position that is long more often than not earns the market's drift.

    Parameters
    ----------
    position : DataFrame
        From `trading_position`.
    next_return : DataFrame
        From `next_open_returns`; rows without a return (a gap, the end of the data) are left out.
    cost : float
        Fee and slippage as a fraction of what is traded, charged on `turnover`; 0 is the return
        before costs, on which an edge is judged.

    Returns
    -------
    Series, indexed by time
        The mean over the symbols of a time, sorted; the mean position is that of each symbol.

    Examples
    --------
    >>> time = pd.date_range("2024", periods=2, freq="15min", tz="UTC")
    >>> position = pd.DataFrame({"symbol": "SYN", "time": time, "position": [1.0, 0.0], "turnover": 1.0})
    >>> returns = pd.DataFrame({"symbol": "SYN", "time": time, "next_return": [0.02, -0.02]})
    >>> timing_return(position, returns).tolist()
    [0.01, 0.01]
    """
    rows = position.merge(next_return, on=["symbol", "time"], how="inner", validate="one_to_one")
    rows = rows.loc[rows["next_return"].notna()]
    centred = rows["position"] - rows.groupby("symbol")["position"].transform("mean")
    value = centred * rows["next_return"] - cost * rows["turnover"]
    return value.groupby(rows["time"]).mean().rename("timing_return")
