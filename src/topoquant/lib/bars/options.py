"""Options of a market: which bars a recipe works on, and where a run gets them."""

from pathlib import Path
from typing import Annotated

from pydantic import Field

from topoquant.lib.bars.sources.options import SourceOptions
from topoquant.lib.options import options

Name = Annotated[str, Field(min_length=1)]


@options
class MarketOptions:
    """What a recipe fixes: the interval of its bars, what stands beside them, how they are read.

    Attributes
    ----------
    interval : str
        Length of a bar; finer bars are resampled up to it.
    n_bars : int
        Bars of a synthetic market.
    correlation : float
        Of the returns of several synthetic symbols, references included.
    source_interval : str or None
        Of files and exchanges: the interval to read. None takes the finest of a folder, and
        from an exchange `interval` itself.
    format, time_zone : str or None
        Of files: their layout and the zone of stamps that carry none. None recognises the
        layout and refuses such stamps.
    drop_last : bool
        Of files: leave the last bar out, which may have been unfinished when it was downloaded.
    max_move : float or None
        Largest factor between neighbouring prices. None takes that of the interval; see
        `validate_bars`.
    references : dict
        Other coins: name to path. Without a path (None) an exchange's symbol of that name is
        fetched, or a synthetic one made.
    macro : dict
        Series that are no bars: name to path.
    """

    interval: str
    n_bars: Annotated[int, Field(ge=200)]
    correlation: Annotated[float, Field(ge=0, lt=1)]
    source_interval: str | None = None
    format: str | None = None
    time_zone: str | None = None
    drop_last: bool
    max_move: Annotated[float, Field(gt=1)] | None = None
    references: dict[Name, str | None] = Field(default_factory=dict)
    macro: dict[Name, str] = Field(default_factory=dict)


@options
class MarketRequest:
    """What a run asks for: the runtime switches, as typed.

    Attributes
    ----------
    source : str
        "synthetic", "files" or "binance".
    path : str or None
        File or folder of the market's bars, for files.
    symbol : str
        One name, or several joined by "+".
    kind : str
        Which synthetic market.
    seed : int
        Of the synthetic market.
    start, end : str or None
        Bars that open in [start, end), UTC.
    raw_folder : Path
        Where fetched files are kept.
    binance : SourceOptions or None
        How to fetch; None for other sources.
    """

    source: str
    path: str | None
    symbol: str
    kind: str
    seed: int
    start: str | None
    end: str | None
    raw_folder: Path
    binance: SourceOptions | None
