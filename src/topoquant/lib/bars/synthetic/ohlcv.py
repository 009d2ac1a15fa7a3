"""Bars from a path of log-prices: opens, highs, lows, closes and volumes that fit together."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

_FIRST_PRICE = 30_000.0
_TYPICAL_VOLUME = 100.0
_TRADES_PER_UNIT = 20.0


def prices_from_steps(
    steps: NDArray[np.float64], step_volatility: NDArray[np.float64], rng: np.random.Generator
) -> pd.DataFrame:
    """Return open, high, low and close of a continuous path known at a few steps per bar.

    Between two steps the path is a Brownian bridge, whose maximum is drawn exactly: from a to
    b with variance v, ((a + b) + sqrt((b - a)^2 - 2 v log U)) / 2 with U uniform (its minimum
    by symmetry). So highs and lows are those of the continuous path, not of the steps. Given the
    steps, the two are drawn independently of each other.

    Parameters
    ----------
    steps : ndarray of float64, shape (n, n_steps)
        Log-price moves, in time order.
    step_volatility : ndarray of float64, shape (n,)
        Standard deviation of the moves of each bar.
    rng : Generator
        Source of randomness.

    Returns
    -------
    DataFrame, shape (n, 4)
        Positive prices; each bar opens at the last one's close.

    References
    ----------
    Beaglehole, Dybvig and Zhou (1997), Going to extremes.

    Examples
    --------
    >>> prices_from_steps(np.zeros((1, 2)), np.zeros(1), np.random.default_rng(0)).to_numpy().tolist()
    [[30000.0, 30000.0, 30000.0, 30000.0]]
    """
    after = np.cumsum(steps.ravel()).reshape(steps.shape)
    before = after - steps
    opens = np.concatenate([[0.0], after[:-1, -1]])
    closes = after[:, -1]
    variance = step_volatility[:, None] ** 2
    reach_up = np.sqrt(steps**2 - 2 * variance * np.log1p(-rng.random(steps.shape)))
    reach_down = np.sqrt(steps**2 - 2 * variance * np.log1p(-rng.random(steps.shape)))
    ends_high, ends_low = np.maximum(opens, closes), np.minimum(opens, closes)
    # The outer maximum keeps a high above both ends where rounding would put it a hair below.
    high = np.maximum((before + after + reach_up).max(axis=1) / 2, ends_high)
    low = np.minimum((before + after - reach_down).min(axis=1) / 2, ends_low)
    logs = {"open": opens, "high": high, "low": low, "close": closes}
    return pd.DataFrame({name: _FIRST_PRICE * np.exp(log) for name, log in logs.items()})


def volumes_from_prices(
    prices: pd.DataFrame, volatility: NDArray[np.float64], typical_range: float, rng: np.random.Generator
) -> pd.DataFrame:
    """Return volumes that grow with the bar's range and say nothing more about what comes.

    Parameters
    ----------
    prices : DataFrame, shape (n, 4)
        open, high, low, close.
    volatility : ndarray of float64, shape (n,)
        Standard deviation of each bar's log-return.
    typical_range : float
        Log-range of a bar that trades the typical volume.
    rng : Generator
        Source of randomness.

    Returns
    -------
    DataFrame, shape (n, 4)
        volume (base asset), quote_volume, trades (whole numbers as float64) and
        taker_buy_volume (part of volume; more of it where the bar rose).

    Examples
    --------
    >>> prices = pd.DataFrame({"open": [100.0], "high": [101.0], "low": [99.0], "close": [100.0]})
    >>> volumes_from_prices(prices, np.array([0.01]), 0.02, np.random.default_rng(0)).columns.tolist()
    ['volume', 'quote_volume', 'trades', 'taker_buy_volume']
    """
    noise = rng.standard_normal((3, len(prices)))
    log_range = np.log((prices["high"] / prices["low"]).to_numpy())
    volume = _TYPICAL_VOLUME * (log_range / typical_range) * np.exp(0.3 * noise[0])
    rise = np.log((prices["close"] / prices["open"]).to_numpy()) / volatility
    return pd.DataFrame(
        {
            "volume": volume,
            "quote_volume": volume * prices.mean(axis=1).to_numpy(),
            "trades": np.maximum(1.0, np.round(volume * _TRADES_PER_UNIT * np.exp(0.1 * noise[1]))),
            "taker_buy_volume": volume * np.clip(0.5 + 0.1 * rise + 0.05 * noise[2], 0.02, 0.98),
        }
    )
