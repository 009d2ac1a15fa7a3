"""Regimes fitted on train rows, filtered over all bars, and looked at."""

from typing import Any

import pandas as pd

from topoquant.lib.bars import MarketOptions, interval_timedelta
from topoquant.lib.labeling import TargetOptions
from topoquant.lib.regimes import RegimeOptions, fit_regimes, regimes_of_bars, summarise_regimes
from topoquant.lib.reporting import regime_figure
from topoquant.lib.sampling import SplitOptions, embargo_bars
from topoquant.progress import show


def fit_regime_models(
    bars: pd.DataFrame,
    splits: pd.DataFrame,
    market: MarketOptions,
    label: TargetOptions,
    split: SplitOptions,
    options: RegimeOptions,
    seed: int,
) -> dict[str, Any]:
    """Fit one hidden Markov model per symbol and fold, and one on all train rows."""
    embargo = embargo_bars(split, horizon=label.horizon) * interval_timedelta(market.interval)
    return fit_regimes(
        bars,
        splits,
        options,
        interval=market.interval,
        embargo=embargo,
        seed=seed,
        progress=show("fit_regime_models"),
    )


def filter_regimes(
    bars: pd.DataFrame, models: dict[str, Any], market: MarketOptions, options: RegimeOptions
) -> pd.DataFrame:
    """Filter every bar by every fit."""
    return regimes_of_bars(bars, models, options, interval=market.interval)


def describe_regimes(
    regimes: pd.DataFrame,
    bars: pd.DataFrame,
    splits: pd.DataFrame,
    models: dict[str, Any],
    market: MarketOptions,
) -> tuple[list[dict[str, Any]], Any]:
    """Count occupancy, durations and transitions, and draw the price coloured by regime."""
    summary = summarise_regimes(regimes, bars, splits, models, interval=market.interval)
    return summary, regime_figure(summary)
