"""One symbol's signals made ready to trade: everything that looks back on earlier bars is computed."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from topoquant.lib.backtest.levels import Exits, distances
from topoquant.lib.backtest.options import BacktestOptions
from topoquant.lib.backtest.signals import place_on_bars
from topoquant.lib.backtest.sizing import position_sizes
from topoquant.lib.bars.schema import decision_time

ExitsOf = Callable[[pd.DataFrame], Exits]


@dataclass(frozen=True, kw_only=True)
class Prepared:
    """One symbol from its first signal on.

    Attributes
    ----------
    bars : DataFrame
        From the first signal on.
    sizes : ndarray
        Signed, of every bar: not to be multiplied again.
    stakes : ndarray
        Unsigned, what a signal at each bar would have put at stake.
    exits : Exits
        Of every bar.
    options : BacktestOptions
        What is left to apply: costs, holding, side and limits.
    """

    bars: pd.DataFrame
    sizes: NDArray[np.float64]
    stakes: NDArray[np.float64]
    exits: Exits
    options: BacktestOptions


def prepare_symbol(
    bars: pd.DataFrame, rows: pd.DataFrame, options: BacktestOptions, interval: str,
    exits_of: ExitsOf | None, base_rate: float | None,
) -> Prepared:  # fmt: skip
    """Compute what looks back on all bars, and keep those from the first signal on.

    Parameters
    ----------
    bars : DataFrame
        One symbol, in time order.
    rows : DataFrame
        Its signals, as `trade_signals` takes them.
    options, interval, exits_of, base_rate
        As in `trade_signals`.

    Returns
    -------
    Prepared
        For `simulate` and `random_entries`: ranges and volatilities are warm where trading begins.

    Examples
    --------
    >>> time = pd.date_range("2024-01-01", periods=3, freq="h", tz="UTC")
    >>> bars = pd.DataFrame({"symbol": "SYN", "open_time": time, "high": 11.0, "low": 9.0, "close": 10.0})
    >>> rows = pd.DataFrame({"symbol": "SYN", "time": time[2:], "signal": [1.0]})
    >>> options = BacktestOptions(fee=0.0, slippage=0.0, size=0.5)
    >>> prepare_symbol(bars, rows, options, "1h", None, None).sizes.tolist()
    [0.5, 0.0]
    """
    bars = bars.reset_index(drop=True)
    signal = np.nan_to_num(place_on_bars(bars, rows, "signal", interval=interval))
    probability = None
    if options.sizing == "probability":
        probability = place_on_bars(bars, rows, "p_label", interval=interval)
    sizes = position_sizes(
        bars, signal, options, interval=interval, probability=probability, base_rate=base_rate
    )
    stakes = np.full(len(bars), options.size)
    if options.sizing == "volatility":
        stakes = position_sizes(bars, np.ones(len(bars)), options, interval=interval)
    elif options.sizing == "probability" and (sizes != 0).any():
        # A bar without a prediction has no probability: random entries put the usual size at stake.
        stakes = np.full(len(bars), float(np.abs(sizes[sizes != 0]).mean()))
    exits = Exits() if exits_of is None else exits_of(bars)
    levels = np.broadcast_to(distances(bars, options, exits, interval=interval), (len(bars), 3))
    kept = np.flatnonzero((decision_time(bars, interval) >= rows["time"].min()).to_numpy())
    stop, take_profit, trailing = levels[kept].T
    holding = None if exits.holding is None else np.asarray(exits.holding)[kept]
    plain = replace(
        options, size=1.0, sizing="fixed", target_volatility=None, volatility_half_life=None,
        stop=None, take_profit=None, trailing=None, atr_period=None,
    )  # fmt: skip
    return Prepared(
        bars=bars.iloc[kept].reset_index(drop=True), sizes=sizes[kept], stakes=stakes[kept], options=plain,
        exits=Exits(stop=stop, take_profit=take_profit, trailing=trailing, holding=holding),
    )  # fmt: skip
