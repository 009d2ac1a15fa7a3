"""What trading the one prediction would have done on test rows, and what choosing another would have."""

from collections.abc import Callable
from typing import Any

import pandas as pd

from topoquant.lib.backtest import (
    CostOptions,
    Exits,
    ProfilesOptions,
    compare_profiles,
    drawdown_table,
    pool_equity,
    trade_predictions,
    trading_options,
)
from topoquant.lib.bars import MarketOptions
from topoquant.lib.ensemble import second_half_rows
from topoquant.lib.labeling import TargetOptions, label_exits
from topoquant.lib.validity import (
    AuditOptions,
    Question,
    TrialLog,
    check_accounts,
    check_overfitting,
    count_trials,
    market_fingerprint,
    next_open_returns,
    with_sharpe_statistics,
)

Record = dict[str, Any]


def trade_test_rows(
    bars: pd.DataFrame,
    predictions: pd.DataFrame,
    development_targets: pd.DataFrame,
    operating_point: Record,
    market: MarketOptions,
    label: TargetOptions,
    costs: CostOptions,
    seed: int,
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame, Record]:
    """Fill at the next open, leave as the label does, pay on both sides."""
    test = predictions.loc[predictions["set"] == "test"]
    # A move without a side says when, not which way: nothing to trade. The operating point of a direction
    # is that of up; no level was chosen for down.
    level = None if label.side == "both" else operating_point["threshold"]
    traded = trade_predictions(
        bars,
        test,
        trading_options(costs, holding=label.horizon, side=label.side),
        upper=level,
        interval=market.interval,
        seed=seed,
        exits_of=exits_of(label, market.interval),
        base_rate=base_rate(development_targets),
    )
    drawdowns = drawdown_table(pool_equity(traded.equity).assign(symbol="all"))
    return traded.trades, traded.equity, drawdowns, traded.metrics


def exits_of(label: TargetOptions, interval: str) -> Callable[[pd.DataFrame], Exits]:
    """Say how one symbol's bars become the exits of the label's trades."""

    def exits(bars: pd.DataFrame) -> Exits:
        return Exits(**(label_exits(bars, label, interval=interval) or {}))

    return exits


def base_rate(targets: pd.DataFrame) -> float | None:
    """Give the rate of label 1 on train and val rows, which is what no knowledge predicts."""
    if "label" not in targets:
        return None
    return float((targets["label"] == 1).mean())


def check_trades(
    trades: pd.DataFrame, equity: pd.DataFrame, bars: pd.DataFrame, market: MarketOptions
) -> list[Record]:
    """Recompute the accounts from the tables as they are stored."""
    return [check_accounts(trades, equity, bars, interval=market.interval).to_dict()]


def strategies_node(n_compared: int) -> Callable[..., tuple[list[Record], pd.DataFrame]]:
    """Return the node function of a recipe that compares as many predictions."""

    def compare_strategies(
        bars: pd.DataFrame,
        splits: pd.DataFrame,
        predictions: pd.DataFrame,
        development_targets: pd.DataFrame,
        tried: TrialLog,
        market: MarketOptions,
        label: TargetOptions,
        costs: CostOptions,
        profiles: ProfilesOptions,
        seed: int,
        **frames: pd.DataFrame,
    ) -> tuple[list[Record], pd.DataFrame]:
        """Trade every profile on test rows; regimes and the auditor where the recipe has them."""
        if label.side == "both":
            return [], pd.DataFrame({"name": [], "time": [], "equity": []})
        compared = compare_profiles(
            bars,
            predictions.loc[predictions["set"] == "test"],
            trading_options(costs, holding=label.horizon, side=label.side),
            profiles,
            val=second_half_rows(predictions),
            interval=market.interval,
            seed=seed,
            exits_of=exits_of(label, market.interval),
            base_rate=base_rate(development_targets),
            **frames,
        )
        trials = count_trials(tried, market_fingerprint(bars, splits), n_compared=n_compared)
        rows = with_sharpe_statistics(
            compared.table, compared.equity, n_predictions=trials["n_trials"], interval=market.interval
        )
        return rows, compared.equity

    return compare_strategies


def overfitting_node(tables: tuple[str, ...]) -> Callable[..., list[Record]]:
    """Return the node function for the predictions of a recipe."""

    def check_candidates(
        bars: pd.DataFrame,
        market: MarketOptions,
        label: TargetOptions,
        costs: CostOptions,
        audit: AuditOptions,
        seed: int,
        **predictions: pd.DataFrame,
    ) -> list[Record]:
        """Rank the best of all predictions and position levels where it was not chosen."""
        question = Question(
            side=label.side, horizon=label.horizon, interval=market.interval, cost=costs.cost, seed=seed
        )
        compared = {name: predictions[name] for name in tables}
        returns = next_open_returns(bars, market.interval)
        n_blocks = audit.n_overfitting_blocks
        return [check_overfitting(compared, returns, question, n_blocks=n_blocks).to_dict()]

    return check_candidates
