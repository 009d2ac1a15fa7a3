"""What the hidden Markov model looks at: a few stationary columns known at each decision."""

import math

import numpy as np
import pandas as pd

from topoquant.lib.indicators.rolling_kernel import exponential_mean, rolling_sum
from topoquant.lib.indicators.table import (
    Arrays,
    Column,
    Indicator,
    Named,
    Values,
    previous,
    ratio,
    table_by_run,
    with_returns,
)
from topoquant.lib.regimes.naming import EFFICIENCY, VOLATILITY
from topoquant.lib.regimes.options import RegimeInputOptions

# Mean squared returns below that of a return of 1e-8 are no market's; the logarithm needs a floor.
SMALLEST_SQUARED_RETURN = 1e-16
# Half-lives after which what a run began with weighs little in an exponential average.
WARM_HALF_LIVES = 2


def input_columns(options: RegimeInputOptions) -> tuple[Column, ...]:
    """Name, formula and warm-up of every input.

    Parameters
    ----------
    options : RegimeInputOptions
        Which inputs, and over how many bars.

    Returns
    -------
    tuple of Column
        Efficiency ratios, log volatilities, log-returns.

    Examples
    --------
    >>> options = RegimeInputOptions(efficiency=[96], log_volatility=[48.0], log_return=[])
    >>> [(column.name, column.warm_up) for column in input_columns(options)]
    [('efficiency_96', 96), ('log_volatility_48', 96)]
    """
    return _columns(options)


def regime_inputs(bars: pd.DataFrame, options: RegimeInputOptions, *, interval: str) -> pd.DataFrame:
    """Compute the inputs of the hidden Markov model at each decision.

    Parameters
    ----------
    bars : DataFrame
        Bars of one symbol in time order, with or without `symbol`.
    options : RegimeInputOptions
        Which inputs, and over how many bars.
    interval : str
        Length of a bar ("15m").

    Returns
    -------
    DataFrame, shape (n_bars, 1 or 2 + n_inputs)
        `symbol` where `bars` has it, `time` and float64 columns: `efficiency_<n>`, the absolute
        log-return of n bars over the sum of the absolute ones of each (0 without movement, 1 for a
        straight line); `log_volatility_<h>`, half the log of the exponential average of squared
        log-returns; `log_return_<n>`. After the start and after every gap the rows of the longest
        warm-up are NaN in at least one column; no other row is.

    Raises
    ------
    InputError
        For several symbols, or a price that is not positive.

    Notes
    -----
    A row depends on bars up to and including its own, back to the last gap. The exponential average is
    normalised by the weights seen so far.

    References
    ----------
    Kaufman, P. J. (1995), Smarter Trading (the efficiency ratio).

    Examples
    --------
    >>> options = RegimeInputOptions(efficiency=[2], log_volatility=[], log_return=[])
    >>> bars = pd.DataFrame({
    ...     "symbol": "SYN", "open_time": pd.date_range("2024", periods=4, freq="15min", tz="UTC"),
    ...     "open": 1.0, "high": 9.0, "low": 1.0, "close": [1.0, 2.0, 4.0, 2.0], "volume": 1.0,
    ... })
    >>> regime_inputs(bars, options, interval="15m")["efficiency_2"].tolist()
    [nan, nan, 1.0, 0.0]
    """
    columns = _columns(options)

    def compute(arrays: Arrays) -> Named:
        if arrays["close"].size > 1:
            run = with_returns(arrays)
            for column in columns:
                yield column.name, column.compute(run)

    return table_by_run(bars, compute, {one.name: one.warm_up for one in columns}, interval=interval)


def _columns(options: RegimeInputOptions) -> tuple[Indicator, ...]:
    """Build each column with its function of one run of bars."""
    return (
        *map(_efficiency_column, options.efficiency),
        *map(_volatility_column, options.log_volatility),
        *map(_return_column, options.log_return),
    )


def _efficiency_column(period: int) -> Indicator:
    return Indicator(
        f"{EFFICIENCY}_{period}", f"|log return of {period} bars| / sum of |log return|", period,
        compute=lambda bars: _efficiency(bars, period),
    )  # fmt: skip


def _volatility_column(half_life: float) -> Indicator:
    return Indicator(
        f"{VOLATILITY}_{half_life:g}", f"log of the volatility, half-life {half_life:g} bars",
        math.ceil(WARM_HALF_LIVES * half_life), recursive=True,
        compute=lambda bars: _log_volatility(bars, half_life),
    )  # fmt: skip


def _return_column(period: int) -> Indicator:
    return Indicator(
        f"log_return_{period}", f"log return of {period} bars", period,
        compute=lambda bars: bars["log_close"] - previous(bars["log_close"], period),
    )  # fmt: skip


def _efficiency(bars: Arrays, period: int) -> Values:
    """Net move over path; the path may be longer by rounding, never shorter."""
    path = rolling_sum(np.abs(bars["log_return"]), period)
    move = np.abs(bars["log_close"] - previous(bars["log_close"], period))
    return np.minimum(ratio(move, path, 0.0), 1.0)


def _log_volatility(bars: Arrays, half_life: float) -> Values:
    """Half the log of the average square; the first return of a run is unknown."""
    values = np.full(bars["log_return"].size, np.nan)
    mean = exponential_mean(np.square(bars["log_return"][1:]), half_life)
    values[1:] = 0.5 * np.log(np.maximum(mean, SMALLEST_SQUARED_RETURN))
    return values
