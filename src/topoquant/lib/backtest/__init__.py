"""Backtest: what a signal would have earned, filled at the next open, after costs."""

from topoquant.lib.backtest.accounts import account_errors, misplaced_fills
from topoquant.lib.backtest.drawdowns import drawdown_table
from topoquant.lib.backtest.engine import BacktestResult, simulate
from topoquant.lib.backtest.grid import GridResult, simulate_grid
from topoquant.lib.backtest.levels import Exits
from topoquant.lib.backtest.metrics import performance
from topoquant.lib.backtest.options import BacktestOptions, CostOptions, trading_options
from topoquant.lib.backtest.path_metrics import bar_returns
from topoquant.lib.backtest.portfolio import Traded, pool_equity, trade_predictions, trade_signals
from topoquant.lib.backtest.profiles import (
    ProfileComparison,
    ProfileOptions,
    ProfilesOptions,
    compare_profiles,
)
from topoquant.lib.backtest.random_entries import RandomEntries, random_entries
from topoquant.lib.backtest.signals import entry_signal
from topoquant.lib.backtest.sizing import position_sizes
from topoquant.lib.backtest.trade_metrics import break_even_cost

__all__ = [
    "BacktestOptions",
    "BacktestResult",
    "CostOptions",
    "Exits",
    "GridResult",
    "ProfileComparison",
    "ProfileOptions",
    "ProfilesOptions",
    "RandomEntries",
    "Traded",
    "account_errors",
    "bar_returns",
    "break_even_cost",
    "compare_profiles",
    "drawdown_table",
    "entry_signal",
    "misplaced_fills",
    "performance",
    "pool_equity",
    "position_sizes",
    "random_entries",
    "simulate",
    "simulate_grid",
    "trade_predictions",
    "trade_signals",
    "trading_options",
]
