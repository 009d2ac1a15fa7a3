"""A Sharpe ratio and everything it may not be printed without."""

from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.stats import kurtosis as plain_kurtosis
from scipy.stats import skew

from topoquant.lib.bars import interval_timedelta
from topoquant.lib.errors import bad_input
from topoquant.lib.validity.sharpe import (
    Convention,
    deflated_sharpe_ratio,
    finite_returns,
    minimum_track_record_length,
    probabilistic_sharpe_ratio,
    sharpe_ratio,
)


@dataclass(frozen=True)
class SharpeStatistics:
    """A Sharpe ratio and all that has to be printed with it."""

    sharpe: float
    n_observations: int
    skew: float
    kurtosis: float
    n_trials: int
    trial_variance: float
    psr: float
    dsr: float
    min_track_record: float

    def to_dict(self) -> dict[str, float | None]:
        """Give the fields, None for what is not finite."""
        return {name: value if np.isfinite(value) else None for name, value in asdict(self).items()}


def annual_sharpe(sharpe: float, interval: str) -> float:
    """Scale a per-bar Sharpe ratio to a year of 365.25 days, returns taken as independent.

    Parameters
    ----------
    sharpe : float
        Per bar.
    interval : str
        Length of a bar.

    Returns
    -------
    float
        Per year.

    Examples
    --------
    >>> round(annual_sharpe(0.1, "1d"), 2)
    1.91
    """
    bars_a_year = pd.Timedelta(days=365.25) / interval_timedelta(interval)
    return float(sharpe * np.sqrt(bars_a_year))


def sharpe_statistics(
    returns: ArrayLike, *, n_trials: int, trial_variance: float, convention: Convention = "2012"
) -> SharpeStatistics:
    """Give the Sharpe ratio of returns with everything that has to be printed beside it.

    Parameters
    ----------
    returns : array-like, shape (T,)
        Net returns, one per period, finite.
    n_trials, trial_variance
        As in `deflated_sharpe_ratio`; the variance stored is the one used, at least 1 / T.
    convention : {"2012", "2025"}
        Whose variance of a Sharpe ratio, as in `probabilistic_sharpe_ratio`.

    Returns
    -------
    SharpeStatistics
        NaN ratios and probabilities for returns without spread.

    Raises
    ------
    InputError
        If there are fewer than two returns.

    Examples
    --------
    >>> sharpe_statistics([0.01, -0.01, 0.02, 0.0], n_trials=1, trial_variance=0.0).n_observations
    4
    """
    values = finite_returns(returns)
    if len(values) < 2:
        raise bad_input("returns", "at least two", len(values), "lengthen the test period")
    n_observations, ratio = len(values), sharpe_ratio(values)
    variance = max(trial_variance, 1 / n_observations)
    if np.isnan(ratio):
        nan = float("nan")
        return SharpeStatistics(nan, n_observations, nan, nan, n_trials, variance, nan, nan, float("inf"))
    asymmetry, tails = float(skew(values)), float(plain_kurtosis(values, fisher=False))
    return SharpeStatistics(
        sharpe=ratio, n_observations=n_observations, skew=asymmetry, kurtosis=tails,
        n_trials=n_trials, trial_variance=variance,
        psr=probabilistic_sharpe_ratio(
            ratio, n_observations=n_observations, skew=asymmetry, kurtosis=tails, convention=convention
        ),
        dsr=deflated_sharpe_ratio(
            ratio, n_observations=n_observations, skew=asymmetry, kurtosis=tails,
            n_trials=n_trials, trial_variance=variance, convention=convention,
        ),
        min_track_record=minimum_track_record_length(
            ratio, skew=asymmetry, kurtosis=tails, convention=convention
        ),
    )  # fmt: skip
