"""Bring the bars of the run in, checked."""

from pathlib import Path
from typing import Any

import pandas as pd

from topoquant.lib.bars import MarketOptions, MarketRequest, read_market
from topoquant.lib.bars.sources import SourceOptions
from topoquant.progress import show


def ingest_bars(
    market: MarketOptions,
    binance: SourceOptions,
    data_root: str,
    **switches: Any,  # noqa: ANN401
) -> tuple[pd.DataFrame, list[dict[str, Any]], pd.DataFrame]:
    """Make, read or fetch the bars the switches ask for."""
    request = MarketRequest(raw_folder=Path(data_root) / "01_raw", binance=binance, **switches)
    got = read_market(request, market, progress=show("ingest"))
    return got.bars, got.quality, got.truth
