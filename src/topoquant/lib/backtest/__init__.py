"""Backtest: what a signal would have earned, filled at the next open, after costs."""

from topoquant.lib.backtest.engine import BacktestResult, simulate
from topoquant.lib.backtest.metrics import performance
from topoquant.lib.backtest.options import BacktestOptions, CostOptions, trading_options
from topoquant.lib.backtest.portfolio import Traded, pool_equity, trade_predictions
from topoquant.lib.backtest.random_entries import RandomEntries, random_entries
from topoquant.lib.backtest.signals import entry_signal
from topoquant.lib.backtest.trade_metrics import break_even_cost

__all__ = [
    "BacktestOptions",
    "BacktestResult",
    "CostOptions",
    "RandomEntries",
    "Traded",
    "break_even_cost",
    "entry_signal",
    "performance",
    "pool_equity",
    "random_entries",
    "simulate",
    "trade_predictions",
    "trading_options",
]
