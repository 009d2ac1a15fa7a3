"""Options of a market: which bars a recipe works on, and where a run gets them."""

from pathlib import Path
from typing import Annotated

from pydantic import Field

from topoquant.lib.bars.sources.options import SourceOptions
from topoquant.lib.options import options


@options
class MarketOptions:
    """What a recipe fixes: the interval of its bars, and how many the synthetic market makes."""

    interval: str
    n_bars: Annotated[int, Field(ge=200)]


@options
class MarketRequest:
    """What a run asks for: the runtime switches, as typed; `binance` may be None for other sources."""

    source: str
    path: str | None
    symbol: str
    kind: str
    seed: int
    start: str | None
    end: str | None
    raw_folder: Path
    binance: SourceOptions | None
