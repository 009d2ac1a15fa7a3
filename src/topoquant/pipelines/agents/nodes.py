"""Inputs of the agents, and who of them speaks when."""

from collections.abc import Callable
from typing import Any

import pandas as pd

from topoquant.lib.bars import MarketOptions, interval_timedelta
from topoquant.lib.ensemble import AgentOptions, combine_agents
from topoquant.lib.indicators import ResidualOptions, moving_mean_residuals
from topoquant.lib.labeling import TargetOptions, with_move_sizes
from topoquant.lib.sampling import SplitOptions, embargo_bars


def take_residuals(features: pd.DataFrame, options: ResidualOptions) -> pd.DataFrame:
    """Take what is left of price beside its moving means."""
    return moving_mean_residuals(features, options)


def measure_moves(
    development_targets: pd.DataFrame, bars: pd.DataFrame, market: MarketOptions, label: TargetOptions
) -> pd.DataFrame:
    """Add the size of the move to the targets of the agent that predicts it."""
    return with_move_sizes(development_targets, bars, interval=market.interval, horizon=label.horizon)


def agents_node(agents: tuple[str, ...]) -> Callable[..., tuple[pd.DataFrame, dict[str, Any]]]:
    """Return the node function for a recipe's agents."""

    def let_agents_speak(
        regimes: pd.DataFrame,
        market: MarketOptions,
        label: TargetOptions,
        split: SplitOptions,
        options: AgentOptions,
        **tables: pd.DataFrame,
    ) -> tuple[pd.DataFrame, dict[str, Any]]:
        """Combine what the agents say by the regime of each row."""
        embargo = embargo_bars(split, horizon=label.horizon) * interval_timedelta(market.interval)
        return combine_agents({name: tables[name] for name in agents}, regimes, options, embargo=embargo)

    return let_agents_speak
