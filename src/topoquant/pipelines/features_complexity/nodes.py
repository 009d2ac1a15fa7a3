"""Complexity of the windows that end at every decision."""

import logging

import pandas as pd

from topoquant.lib.bars import MarketOptions
from topoquant.lib.complexity import ComplexityOptions, coarse_symbols, complexity_of_symbols

LOG = logging.getLogger(__name__)


def make_complexity_features(
    bars: pd.DataFrame, fine_bars: pd.DataFrame, market: MarketOptions, options: ComplexityOptions
) -> pd.DataFrame:
    """Compute six measures on the finer bars there are, and say which symbols have none as fine as asked."""
    for symbol, finest in coarse_symbols(bars, fine_bars, options, interval=market.interval).items():
        LOG.warning(
            "features_complexity.interval: no bars of %s of %s: computed on %s",
            options.interval,
            symbol,
            finest,
        )
    return complexity_of_symbols(bars, fine_bars, options, interval=market.interval)
