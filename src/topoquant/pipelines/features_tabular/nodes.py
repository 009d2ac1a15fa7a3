"""Indicators of every bar."""

import logging
from functools import partial

import pandas as pd

from topoquant.lib.bars import MarketOptions, map_symbols
from topoquant.lib.indicators import (
    NEEDS,
    BlindOptions,
    IndicatorOptions,
    chosen_sets,
    indicators,
    sign_blind_features,
    without_absent_sets,
)

LOG = logging.getLogger(__name__)


def make_tabular_features(
    bars: pd.DataFrame,
    references: pd.DataFrame,
    macro: pd.DataFrame,
    market: MarketOptions,
    options: IndicatorOptions,
) -> pd.DataFrame:
    """Compute the indicator sets the recipe names, and say which of them these inputs cannot give."""
    there = without_absent_sets(options, bars.columns, references=references, macro=macro)
    for name in [one for one in chosen_sets(options) if one not in there.sets]:
        LOG.warning("features_tabular.sets: no %s, which needs %s", name, NEEDS[name])
    compute = partial(indicators, options=there, interval=market.interval, references=references, macro=macro)
    return map_symbols(compute, bars)


def make_blind_features(bars: pd.DataFrame, market: MarketOptions, options: BlindOptions) -> pd.DataFrame:
    """Compute what is known about volatility and the clock, blind to the sign of every return."""
    return map_symbols(lambda one: sign_blind_features(one, options, interval=market.interval), bars)
