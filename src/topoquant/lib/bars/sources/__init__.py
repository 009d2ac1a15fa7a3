"""Bars from an exchange: its public archive first, then its REST interface."""

from topoquant.lib.bars.sources.archive import days_covered, fetch_archive
from topoquant.lib.bars.sources.binance import fetch_bars, fetch_markets
from topoquant.lib.bars.sources.options import SourceOptions
from topoquant.lib.bars.sources.rest import Exchange, fetch_recent

__all__ = [
    "Exchange",
    "SourceOptions",
    "days_covered",
    "fetch_archive",
    "fetch_bars",
    "fetch_markets",
    "fetch_recent",
]
