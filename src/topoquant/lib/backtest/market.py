"""What the kernels are given: arrays of one symbol's bars and plain numbers."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from topoquant.lib.backtest.marks_kernel import Prices
from topoquant.lib.backtest.options import BacktestOptions
from topoquant.lib.bars.schema import check_one_symbol, interval_timedelta, stamps_ns
from topoquant.lib.errors import bad_input


@dataclass(frozen=True, kw_only=True)
class Market:
    """One symbol's bars as the kernels take them."""

    opens: NDArray[np.float64]
    highs: NDArray[np.float64]
    lows: NDArray[np.float64]
    closes: NDArray[np.float64]
    stamps: NDArray[np.int64]

    @property
    def arrays(self) -> Prices:
        """The five arrays as the kernels take them."""
        return self.opens, self.highs, self.lows, self.closes, self.stamps


def market_of(bars: pd.DataFrame) -> Market:
    """Take the arrays of one symbol's bars.

    Parameters
    ----------
    bars : DataFrame, shape (n, >= 6)
        One symbol, ascending `open_time`, at least two bars.

    Returns
    -------
    Market
        Float64 prices and nanosecond stamps.

    Raises
    ------
    InputError
        For fewer than two bars, several symbols, bars out of order, or a price that is missing, not
        positive or outside its bar's low and high.

    Examples
    --------
    >>> market_of(pd.DataFrame({"symbol": ["A"], "open_time": [pd.Timestamp("2024-01-01", tz="UTC")]}))
    Traceback (most recent call last):
    ...
    topoquant.lib.errors.InputError: bars must be two or more, got 1: load more bars
    """
    if len(bars) < 2:
        raise bad_input("bars", "two or more", len(bars), "load more bars")
    check_one_symbol(bars)
    stamps = stamps_ns(bars)
    if (np.diff(stamps) <= 0).any():
        raise bad_input("open_time", "strictly ascending", "bars out of order", "sort the bars by open_time")
    opens, highs, lows, closes = (
        np.ascontiguousarray(bars[name].to_numpy(np.float64)) for name in ("open", "high", "low", "close")
    )
    inside = (lows > 0) & (lows <= np.minimum(opens, closes)) & (highs >= np.maximum(opens, closes))
    wrong = ~(inside & np.isfinite(highs))
    if wrong.any():
        raise bad_input(
            "prices", "finite, positive, with open and close between low and high",
            f"{int(wrong.sum())} other bars, the first at {bars['open_time'].iloc[int(wrong.argmax())]}",
            "check the bars at the source",
        )  # fmt: skip
    return Market(opens=opens, highs=highs, lows=lows, closes=closes, stamps=stamps)


def kernel_costs(options: BacktestOptions, interval: str, multiple: float) -> tuple[float, float, float]:
    """Give the cost of a fill, funding per nanosecond and the largest exposure (infinite for no limit).

    Parameters
    ----------
    options : BacktestOptions
        Costs and limit.
    interval : str
        Length of a bar.
    multiple : float
        Costs, funding among them, are multiplied by it.

    Returns
    -------
    tuple of (float, float, float)
        What the kernels take after levels and time limits.

    Examples
    --------
    >>> options = BacktestOptions(fee=0.001, slippage=0.0, funding=0.005, max_exposure=2.0)
    >>> [float(f"{one:.3g}") for one in kernel_costs(options, "1s", 2.0)]
    [0.002, 1e-11, 2.0]
    """
    return (
        options.cost * multiple,
        (options.funding or 0.0) * multiple / interval_timedelta(interval).value,
        np.inf if options.max_exposure is None else options.max_exposure,
    )
