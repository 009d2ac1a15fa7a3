"""How much of the equity a signal puts at stake."""

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtr

from topoquant.lib.backtest.options import CostOptions
from topoquant.lib.bars.gaps import gap_positions
from topoquant.lib.bars.schema import interval_timedelta
from topoquant.lib.errors import bad_input

YEAR = pd.Timedelta(days=365.25)
Floats = NDArray[np.float64]


def position_sizes(
    bars: pd.DataFrame, signal: ArrayLike, options: CostOptions, *, interval: str,
    probability: ArrayLike | None = None, base_rate: float | None = None,
) -> Floats:  # fmt: skip
    """Multiply a signal by what `options.sizing` says of every bar.

    - "fixed": `size`.
    - "volatility": `size` times `target_volatility` over the volatility expected (see
      `expected_volatility`); 0 while that is not known.
    - "probability": `size` times 2 Phi(z) - 1 with z = |p - base_rate| / sqrt(p (1 - p)), which is 0 at
      chance and below 1: the nearer to chance, the smaller. A signal below chance keeps its side.

    Parameters
    ----------
    bars : DataFrame, shape (n_bars, ...)
        One symbol, in time order.
    signal : array-like, shape (n_bars,)
        Usually -1, 0, 1; row t may depend on bars up to and including t.
    options : CostOptions
        Sizing and its numbers.
    interval : str
        Length of a bar.
    probability : array-like, shape (n_bars,), optional
        Of label 1, in (0, 1) wherever the signal is not 0; for "probability" alone.
    base_rate : float, optional
        What p is without any knowledge, in (0, 1): 0.5 for a direction, the rate of train for a trigger.

    Returns
    -------
    ndarray, shape (n_bars,)
        Signed fractions of the equity, for `simulate` with `size` and sizing left as they are: what this
        gives is not multiplied again. Row t depends on bars up to t.

    Raises
    ------
    InputError
        For a signal of another length or with NaN, and for probabilities that are missing or none.

    References
    ----------
    Lopez de Prado (2018), ch. 10.3, for two outcomes, here about the base rate.

    Examples
    --------
    >>> bars = pd.DataFrame({"open_time": pd.date_range("2024-01-01", periods=3, freq="h", tz="UTC")})
    >>> options = CostOptions(fee=0.0, slippage=0.0, sizing="probability")
    >>> p = [0.5, 0.6, 0.9]
    >>> position_sizes(bars, [1, 1, 1], options, interval="1h", probability=p, base_rate=0.5).round(3)
    array([0.   , 0.162, 0.818])
    """
    signs = _finite_signal(signal, len(bars))
    if options.sizing == "fixed":
        return signs * options.size
    if options.sizing == "volatility":
        assert options.volatility_half_life is not None  # noqa: S101  (the options refuse it)
        assert options.target_volatility is not None  # noqa: S101
        expected = expected_volatility(bars, options.volatility_half_life, interval=interval)
        scale = np.divide(
            options.target_volatility, expected, out=np.zeros(len(bars)), where=np.nan_to_num(expected) > 0
        )
        return signs * options.size * scale
    return signs * options.size * _bet_size(signs, probability, base_rate)


def expected_volatility(bars: pd.DataFrame, half_life: int, *, interval: str) -> Floats:
    """Return the exponentially weighted volatility of close-to-close returns, per year.

    Parameters
    ----------
    bars : DataFrame, shape (n_bars, ...)
        One symbol, in time order.
    half_life : int
        Bars in which the weight of a return halves, gaps not counted.
    interval : str
        Length of a bar.

    Returns
    -------
    ndarray, shape (n_bars,)
        Known at the close of its bar; the returns across gaps are left out. NaN until `half_life` returns
        have been seen.

    Examples
    --------
    >>> bars = pd.DataFrame({"open_time": pd.date_range("2024-01-01", periods=3, freq="D", tz="UTC"),
    ...                      "close": [100.0, 101.0, 102.01]})
    >>> (expected_volatility(bars, 1, interval="1d") / 365.25**0.5).round(4).tolist()
    [nan, 0.01, 0.01]
    """
    returns = np.diff(np.log(bars["close"].to_numpy(np.float64)), prepend=np.nan)
    returns[gap_positions(bars, interval)] = np.nan
    squares = pd.Series(returns**2)
    mean = squares.ewm(halflife=half_life, ignore_na=True, min_periods=half_life).mean()
    return np.asarray(np.sqrt(mean * (YEAR / interval_timedelta(interval))), np.float64)


def _finite_signal(signal: ArrayLike, n_bars: int) -> Floats:
    """Refuse a signal that does not fit the bars."""
    signs = np.asarray(signal, np.float64)
    if signs.shape != (n_bars,):
        raise bad_input(
            "signal", f"of shape ({n_bars},), as the bars are", signs.shape, "align it with the bars on time"
        )
    if not np.isfinite(signs).all():
        raise bad_input(
            "signal", "finite", f"{int((~np.isfinite(signs)).sum())} other values",
            "write 0 where there is no prediction",
        )  # fmt: skip
    return signs


def _bet_size(signs: Floats, probability: ArrayLike | None, base_rate: float | None) -> Floats:
    """Give 2 Phi(z) - 1 where there is a signal."""
    if probability is None or base_rate is None or not 0 < base_rate < 1:
        raise bad_input(
            "probability and base_rate", "given with sizing probability, the rate in (0, 1)", base_rate,
            "pass both, or choose another sizing",
        )  # fmt: skip
    p = np.asarray(probability, np.float64)
    traded = signs != 0
    if p.shape != signs.shape or not ((p[traded] > 0) & (p[traded] < 1)).all():
        raise bad_input(
            "probability", f"{len(signs)} values, in (0, 1) wherever there is a signal",
            f"shape {p.shape}", "pass probabilities, not logits",
        )  # fmt: skip
    sizes = np.zeros(len(signs))
    own = p[traded]
    sizes[traded] = 2.0 * ndtr(np.abs(own - base_rate) / np.sqrt(own * (1.0 - own))) - 1.0
    return sizes
