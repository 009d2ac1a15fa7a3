"""What trading the one prediction would have done on test rows, and what choosing another would have."""

from collections.abc import Callable
from typing import Any

import pandas as pd

from topoquant.lib.backtest import CostOptions, trade_predictions, trading_options
from topoquant.lib.bars import MarketOptions
from topoquant.lib.labeling import TargetOptions
from topoquant.lib.validity import AuditOptions, Question, check_overfitting, next_open_returns


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


def overfitting_node(tables: tuple[str, ...]) -> Callable[..., list[dict[str, Any]]]:
    """Return the node function for the predictions of a recipe."""

    def check_candidates(
        bars: pd.DataFrame,
        market: MarketOptions,
        label: TargetOptions,
        costs: CostOptions,
        audit: AuditOptions,
        seed: int,
        **predictions: pd.DataFrame,
    ) -> list[dict[str, Any]]:
        """Rank the best of all predictions and position levels where it was not chosen."""
        question = Question(
            side=label.side, horizon=label.horizon, interval=market.interval, cost=costs.cost, seed=seed
        )
        compared = {name: predictions[name] for name in tables}
        returns = next_open_returns(bars, market.interval)
        n_blocks = audit.n_overfitting_blocks
        return [check_overfitting(compared, returns, question, n_blocks=n_blocks).to_dict()]

    return check_candidates
