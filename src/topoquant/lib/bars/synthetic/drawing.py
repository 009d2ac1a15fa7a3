"""What every kind of market is drawn on, and what its maker hands over."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray


@dataclass(frozen=True)
class Clock:
    """How many bars, how long, and when the first one opens.

    Attributes
    ----------
    n_bars : int
        Bars wanted.
    bar_days : float
        Length of a bar in days.
    first_hour : float
        UTC hour of day at which the first bar opens.
    """

    n_bars: int
    bar_days: float
    first_hour: float


@dataclass(frozen=True)
class Drawn:
    """The prices of one market, and what could be known before each bar.

    Attributes
    ----------
    prices : DataFrame, shape (n_bars, 4)
        open, high, low, close.
    volatility : ndarray of float64, shape (n_bars,)
        Standard deviation of each bar's noise, from the bars before it alone.
    truth : DataFrame, shape (n_bars, any)
        Of the bar after each row: `drift`, `volatility`, and what else its kind has to say, from
        the bars up to the row alone.
    """

    prices: pd.DataFrame
    volatility: NDArray[np.float64]
    truth: pd.DataFrame


def correlated_normals(
    shape: tuple[int, ...], rngs: list[np.random.Generator], correlation: float
) -> list[NDArray[np.float64]]:
    """Draw standard normal numbers for each market, the same correlation between any two.

    Parameters
    ----------
    shape : tuple of int
        Of one market's numbers.
    rngs : list of Generator
        One per market.
    correlation : float
        In [0, 1).

    Returns
    -------
    list of ndarray of float64
        The first market's are its own draws to the last bit, whoever is beside it.

    Examples
    --------
    >>> rngs = [np.random.default_rng(seed) for seed in (1, 2)]
    >>> first, second = correlated_normals((10_000,), rngs, 0.5)
    >>> round(float(np.corrcoef(first, second)[0, 1]), 1)
    0.5
    """
    n = len(rngs)
    draws = [rng.standard_normal(shape) for rng in rngs]
    weights = np.linalg.cholesky(np.full((n, n), correlation) + (1 - correlation) * np.eye(n))
    # The factor's corner is 1, but the matrix may not be to the last bit.
    return [draws[0]] + [np.tensordot(weights[row], draws, axes=1) for row in range(1, n)]
