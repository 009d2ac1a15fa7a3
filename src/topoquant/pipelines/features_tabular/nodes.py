"""Indicators of every bar."""

import pandas as pd

from topoquant.lib.bars import MarketOptions, map_symbols
from topoquant.lib.indicators import BlindOptions, IndicatorOptions, indicators, sign_blind_features


def make_tabular_features(
    bars: pd.DataFrame, market: MarketOptions, options: IndicatorOptions
) -> pd.DataFrame:
    """Compute the indicator sets the recipe names."""
    return map_symbols(lambda one: indicators(one, options, interval=market.interval), bars)


def make_blind_features(bars: pd.DataFrame, market: MarketOptions, options: BlindOptions) -> pd.DataFrame:
    """Compute what is known about volatility and the clock, blind to the sign of every return."""
    return map_symbols(lambda one: sign_blind_features(one, options, interval=market.interval), bars)
