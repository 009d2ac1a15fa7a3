"""Compiled Hamilton filter of two symmetric drift states."""

import numpy as np
from numba import njit
from numpy.typing import NDArray


@njit(cache=True)
def filter_two_states(
    returns: NDArray[np.float64],
    volatility: NDArray[np.float64],
    strength: float,
    stay: float,
    degrees: float,
) -> NDArray[np.float64]:
    """Log-odds that the drift is up, after each return; Student-t noise, unit of the volatility."""
    log_odds = np.empty(returns.shape[0])
    odds = 0.0
    # A Student-t of unit variance: its scale is sqrt((degrees - 2) / degrees).
    scale = np.sqrt((degrees - 2.0) / degrees)
    for row in range(returns.shape[0]):
        up = 1.0 / (1.0 + np.exp(-odds))
        ahead = stay * up + (1.0 - stay) * (1.0 - up)
        odds = np.log(ahead / (1.0 - ahead))
        if volatility[row] > 0.0:
            above = (returns[row] / volatility[row] - strength) / scale
            below = (returns[row] / volatility[row] + strength) / scale
            odds += 0.5 * (degrees + 1.0) * np.log((degrees + below * below) / (degrees + above * above))
        log_odds[row] = odds
    return log_odds
