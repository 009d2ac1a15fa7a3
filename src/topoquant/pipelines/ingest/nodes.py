"""Bring the bars of the run in, checked."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from topoquant.lib.bars import MarketOptions, MarketRequest, read_market
from topoquant.lib.bars.sources import SourceOptions
from topoquant.lib.reporting import quality_figure
from topoquant.progress import show

if TYPE_CHECKING:
    from plotly.graph_objects import Figure


def ingest_bars(
    market: MarketOptions,
    binance: SourceOptions,
    data_root: str,
    **switches: Any,  # noqa: ANN401
) -> tuple[pd.DataFrame, list[dict[str, Any]], pd.DataFrame, pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Make, read or fetch the bars the switches ask for, and what the recipe wants beside them."""
    request = MarketRequest(raw_folder=Path(data_root) / "01_raw", binance=binance, **switches)
    got = read_market(request, market, progress=show("ingest"))
    return got.bars, got.quality, got.truth, got.references, got.finer, got.macro


def draw_quality(bars: pd.DataFrame, quality: list[dict[str, Any]]) -> "Figure":
    """Draw the bars and what is missing from them."""
    return quality_figure(bars, quality)
