"""Indicators of every bar."""

import logging

import pandas as pd

from topoquant.lib.bars import MarketOptions, map_symbols
from topoquant.lib.indicators import (
    BlindOptions,
    IndicatorOptions,
    indicators,
    sign_blind_features,
    without_absent_sets,
)

LOG = logging.getLogger(__name__)


def make_tabular_features(
    bars: pd.DataFrame, market: MarketOptions, options: IndicatorOptions
) -> pd.DataFrame:
    """Compute the indicator sets the recipe names, and say which of them these bars cannot give."""
    there = without_absent_sets(options, bars.columns).sets
    if absent := [name for name in options.sets if name not in there]:
        LOG.warning("features_tabular.sets: no %s, for the bars have no taker_buy_volume", ", ".join(absent))
    return map_symbols(lambda one: indicators(one, options, interval=market.interval), bars)


def make_blind_features(bars: pd.DataFrame, market: MarketOptions, options: BlindOptions) -> pd.DataFrame:
    """Compute what is known about volatility and the clock, blind to the sign of every return."""
    return map_symbols(lambda one: sign_blind_features(one, options, interval=market.interval), bars)
