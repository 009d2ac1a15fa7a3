"""What trading the one prediction would have done on test rows."""

from typing import Any

import pandas as pd

from topoquant.lib.backtest import CostOptions, trade_predictions, trading_options
from topoquant.lib.bars import MarketOptions
from topoquant.lib.labeling import TargetOptions


def trade_test_rows(
    bars: pd.DataFrame,
    predictions: pd.DataFrame,
    operating_point: dict[str, Any],
    market: MarketOptions,
    label: TargetOptions,
    costs: CostOptions,
    seed: int,
) -> tuple[pd.DataFrame, pd.DataFrame, dict[str, Any]]:
    """Fill at the next open, hold for the horizon, pay on both sides."""
    test = predictions.loc[predictions["set"] == "test"]
    options = trading_options(costs, holding=label.horizon, side=label.side)
    # A move without a side says when, not which way: nothing to trade. The operating point of a direction
    # is that of up; no level was chosen for down.
    level = None if label.side == "both" else operating_point["threshold"]
    traded = trade_predictions(bars, test, options, upper=level, interval=market.interval, seed=seed)
    return traded.trades, traded.equity, traded.metrics
