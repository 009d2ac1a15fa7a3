"""Bars: what they are, reading and checking them, gaps, resampling, and made-up markets."""

from topoquant.lib.bars.gaps import contiguous_ahead, contiguous_length, gap_positions
from topoquant.lib.bars.ingestion import Market, read_market
from topoquant.lib.bars.options import MarketOptions, MarketRequest
from topoquant.lib.bars.panel import by_symbol, map_symbols, split_symbols, stack_symbols
from topoquant.lib.bars.quality import QualityReport, validate_bars
from topoquant.lib.bars.reading import read_bars, read_series
from topoquant.lib.bars.resampling import resample_bars
from topoquant.lib.bars.schema import (
    BAR_COLUMNS,
    OPTIONAL_BAR_COLUMNS,
    PRICE_COLUMNS,
    REQUIRED_BAR_COLUMNS,
    TIME_DTYPE,
    check_one_symbol,
    decision_time,
    infer_interval,
    interval_name,
    interval_timedelta,
    row_keys,
    stamps_ns,
)
from topoquant.lib.bars.synthetic import (
    MARKETS,
    SyntheticMarket,
    bayes_direction_score,
    bayes_trigger_score,
    synthetic_bars,
    synthetic_panel,
)

__all__ = [
    "BAR_COLUMNS",
    "MARKETS",
    "OPTIONAL_BAR_COLUMNS",
    "PRICE_COLUMNS",
    "REQUIRED_BAR_COLUMNS",
    "TIME_DTYPE",
    "Market",
    "MarketOptions",
    "MarketRequest",
    "QualityReport",
    "SyntheticMarket",
    "bayes_direction_score",
    "bayes_trigger_score",
    "by_symbol",
    "check_one_symbol",
    "contiguous_ahead",
    "contiguous_length",
    "decision_time",
    "gap_positions",
    "infer_interval",
    "interval_name",
    "interval_timedelta",
    "map_symbols",
    "read_bars",
    "read_market",
    "read_series",
    "resample_bars",
    "row_keys",
    "split_symbols",
    "stack_symbols",
    "stamps_ns",
    "synthetic_bars",
    "synthetic_panel",
    "validate_bars",
]
