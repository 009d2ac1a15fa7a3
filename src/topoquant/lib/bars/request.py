"""A run's request, checked as far as it can be before anything is read, fetched or made."""

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from topoquant.lib.bars.instants import read_instant
from topoquant.lib.bars.options import MarketOptions, MarketRequest
from topoquant.lib.bars.panel import split_symbols
from topoquant.lib.bars.schema import interval_timedelta
from topoquant.lib.bars.sources.span import check_market
from topoquant.lib.errors import bad_input

SOURCES = ("synthetic", "files", "binance")


@dataclass(frozen=True)
class Asked:
    """What a request comes to.

    Attributes
    ----------
    symbols : tuple of str
        Those of the market, sorted.
    paths : dict
        Reference symbols and market symbols, in this order, each with the file or folder it is
        read from, or None where it is fetched or made.
    start, end : Timestamp or None
        Bars that open in [start, end), UTC.
    """

    symbols: tuple[str, ...]
    paths: dict[str, Path | None]
    start: pd.Timestamp | None
    end: pd.Timestamp | None


def check_request(request: MarketRequest, market: MarketOptions) -> Asked:
    """Refuse what contradicts itself or names files that are not there.

    Parameters
    ----------
    request : MarketRequest
        Source, symbols and span.
    market : MarketOptions
        Intervals, references and macro series.

    Returns
    -------
    Asked
        Symbols, paths and span.

    Raises
    ------
    InputError
        For the first thing that cannot be.

    Examples
    --------
    >>> request = MarketRequest(source="synthetic", path=None, symbol="B+A", kind="noise", seed=1,
    ...     start="2024-01-01", end=None, raw_folder="01_raw", binance=None)
    >>> market = MarketOptions(interval="15m", n_bars=500, correlation=0.5, drop_last=True,
    ...                        references={"ETH": None})
    >>> asked = check_request(request, market)
    >>> asked.symbols, list(asked.paths)
    (('A', 'B'), ['ETH', 'A', 'B'])
    """
    symbols = tuple(sorted(split_symbols(request.symbol)))
    start, end = (
        None if text is None else read_instant(name, text)
        for name, text in (("start", request.start), ("end", request.end))
    )
    if start is not None and end is not None and start >= end:
        raise bad_input("start", f"before end ({end})", start, "move one of them")
    _check_intervals(market)
    _check_source(request, symbols, market)
    _check_names(symbols, market)
    own = None if request.path is None else Path(request.path)
    # Files with several coins bring the others too.
    others = {name: own if path is None else Path(path) for name, path in market.references.items()}
    return Asked(symbols, others | dict.fromkeys(symbols, own), start, end)


def _check_names(symbols: tuple[str, ...], market: MarketOptions) -> None:
    """Refuse a reference that is the market itself, and paths that lead nowhere."""
    for name in market.references:
        if name in symbols:
            raise bad_input(
                f"market.references.{name}", "another symbol than the run's own", name, "take it away"
            )
    named = [(f"references.{name}", path) for name, path in market.references.items()]
    named += [(f"macro.{name}", path) for name, path in market.macro.items()]
    for name, path in named:
        if path is not None and not Path(path).exists():
            raise bad_input(f"market.{name}", "an existing file or folder", path, "check the spelling")


def _check_intervals(market: MarketOptions) -> None:
    """Refuse a source interval that does not make up the market's."""
    wanted = interval_timedelta(market.interval)
    if market.source_interval is not None and wanted % interval_timedelta(market.source_interval):
        raise bad_input(
            "market.source_interval", f"{market.interval} or a whole part of it", market.source_interval,
            "name a finer one, or change market.interval",
        )  # fmt: skip


def _check_source(request: MarketRequest, symbols: tuple[str, ...], market: MarketOptions) -> None:
    """Refuse what the source cannot give: files without a path, an exchange without a start."""
    if request.source not in SOURCES:
        raise bad_input("source", f"one of {', '.join(SOURCES)}", repr(request.source), "choose one of them")
    if request.source != "files" and request.path is not None:
        raise bad_input(
            "path", f"left out when source={request.source}", request.path, "add source=files to read it"
        )
    if request.source == "binance":
        if request.start is None or request.binance is None:
            raise bad_input("start", "given when source=binance", request.start, "add start=2024-01-01")
        fetched = [name for name, path in market.references.items() if path is None]
        for symbol in [*symbols, *fetched]:
            check_market(symbol, market.source_interval or market.interval)
    if request.source == "files" and request.path is None:
        raise bad_input("path", "a file or a folder when source=files", None, "add path=bars.parquet")
    for name, path in market.references.items():
        if request.source == "synthetic" and path is not None:
            raise bad_input(
                f"market.references.{name}", "null when source=synthetic: made up beside the market", path,
                "set it to null, or take it away",
            )  # fmt: skip
