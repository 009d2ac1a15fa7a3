"""From a request to checked bars: made, read or fetched, one symbol at a time."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from topoquant.lib.bars.options import MarketOptions, MarketRequest
from topoquant.lib.bars.panel import split_symbols
from topoquant.lib.bars.quality import QualityReport, validate_bars
from topoquant.lib.bars.reading import read_bars
from topoquant.lib.bars.resampling import resample_bars
from topoquant.lib.bars.schema import infer_interval, interval_name, interval_timedelta
from topoquant.lib.bars.sources import fetch_bars
from topoquant.lib.bars.synthetic import synthetic_bars
from topoquant.lib.errors import bad_input
from topoquant.lib.progress import Progress, silent

TRUTH_COLUMNS = ["symbol", "time", "drift", "volatility"]


@dataclass(frozen=True)
class Market:
    """Bars of all symbols, a quality report per symbol, and the truth where it is known.

    Attributes
    ----------
    bars : DataFrame
        Sorted by (symbol, open_time).
    quality : list of dict
        One JSON-able report per symbol.
    truth : DataFrame
        `symbol, time, drift, volatility` of a synthetic market, known at `time`; no rows elsewhere.
    """

    bars: pd.DataFrame
    quality: list[dict[str, Any]]
    truth: pd.DataFrame


def read_market(request: MarketRequest, market: MarketOptions, *, progress: Progress = silent) -> Market:
    """Make, read or fetch the bars a run asks for, and check them.

    Parameters
    ----------
    request : MarketRequest
        Source, symbols and span.
    market : MarketOptions
        Interval of the recipe; finer files are resampled up to it.
    progress : Progress
        Told about every symbol, and about downloads.

    Returns
    -------
    Market
        Nothing is filled, nothing invented.

    Raises
    ------
    InputError
        For whatever would corrupt research; see `read_bars` and `validate_bars`.

    Examples
    --------
    >>> request = MarketRequest(source="synthetic", path=None, symbol="SYN", kind="noise", seed=1, start=None,
    ...                         end=None, raw_folder="01_raw", binance=None)
    >>> market = read_market(request, MarketOptions(interval="15m", n_bars=500))
    >>> len(market.bars), market.quality[0]["n_gaps"]
    (500, 0)
    """
    frames, quality, truths = [], [], []
    for number, symbol in enumerate(sorted(split_symbols(request.symbol))):
        report, truth = _checked_bars(symbol, number, request, market, progress)
        frames.append(report.bars)
        quality.append({**report.to_dict(), "symbol": symbol, "source": request.source})
        truths.append(truth)
    known = [truth for truth in truths if truth is not None]
    nothing = {"symbol": pd.Series(dtype=str), "time": pd.to_datetime([], utc=True).as_unit("ns")}
    empty = pd.DataFrame({**nothing, "drift": pd.Series(dtype=float), "volatility": pd.Series(dtype=float)})
    truth = pd.concat(known, ignore_index=True)[TRUTH_COLUMNS] if known else empty
    return Market(pd.concat(frames, ignore_index=True), quality, truth)


def _checked_bars(
    symbol: str, number: int, request: MarketRequest, market: MarketOptions, progress: Progress
) -> tuple[QualityReport, pd.DataFrame | None]:
    """Return the checked bars of one symbol, and the truth about them where it is known."""
    start, end = _instant("start", request.start), _instant("end", request.end)
    if request.source == "synthetic":
        made = synthetic_bars(
            request.kind,
            n_bars=market.n_bars,
            seed=request.seed + number,
            interval=market.interval,
            symbol=symbol,
        )
        return validate_bars(_within(made.bars, start, end), market.interval), made.truth
    now = pd.Timestamp.now("UTC")
    if request.source == "binance":
        bars = _fetch(symbol, request, market, start, end, progress)
        return validate_bars(bars, market.interval, now=now), None
    if request.path is None:
        raise bad_input("path", "a file or a folder when source=files", None, "add path=bars.parquet")
    bars = read_bars(request.path, symbol=symbol, start=start, end=end)
    return _at_interval(bars, market.interval, now), None


def _fetch(
    symbol: str,
    request: MarketRequest,
    market: MarketOptions,
    start: pd.Timestamp | None,
    end: pd.Timestamp | None,
    progress: Progress,
) -> pd.DataFrame:
    """Bring bars from the exchange; unlike a file, it has no first bar of its own."""
    if start is None or request.binance is None:
        raise bad_input("start", "given when source=binance", request.start, "add start=2024-01-01")
    folder = request.raw_folder / "binance" / symbol / market.interval
    return fetch_bars(symbol, market.interval, start, end, folder, options=request.binance, progress=progress)


def _at_interval(bars: pd.DataFrame, interval: str, now: pd.Timestamp) -> QualityReport:
    """Check bars as they are; finer ones are then resampled up, and their defects stay reported."""
    wanted, found = interval_timedelta(interval), interval_timedelta(infer_interval(bars))
    if found >= wanted or wanted % found != pd.Timedelta(0):
        return validate_bars(bars, interval, now=now)
    finer = validate_bars(bars, interval_name(found), now=now)
    coarse = validate_bars(resample_bars(finer.bars, interval), interval, now=now)
    note = (
        f"resampled from {len(finer.bars):,} bars of {interval_name(found)}, {finer.n_missing_bars} missing"
    )
    return replace(
        coarse,
        n_duplicates_dropped=finer.n_duplicates_dropped,
        dropped_unfinished=finer.dropped_unfinished,
        notes=(*finer.notes, note),
    )


def _within(bars: pd.DataFrame, start: pd.Timestamp | None, end: pd.Timestamp | None) -> pd.DataFrame:
    """Cut made bars to [start, end)."""
    inside = np.ones(len(bars), dtype=bool)
    if start is not None:
        inside &= (bars["open_time"] >= start).to_numpy()
    if end is not None:
        inside &= (bars["open_time"] < end).to_numpy()
    if not inside.any():
        span = f"within {bars['open_time'].min()} to {bars['open_time'].max()}"
        raise bad_input("start and end", span, f"{start} to {end}", "widen them")
    return bars.loc[inside].reset_index(drop=True)


def _instant(name: str, text: str | None) -> pd.Timestamp | None:
    """Parse a date, taken as UTC."""
    if text is None:
        return None
    try:
        instant = pd.Timestamp(str(text))
    except ValueError:
        raise bad_input(name, "a date such as 2024-01-31", text, "write it so") from None
    return instant.tz_localize("UTC") if instant.tzinfo is None else instant.tz_convert("UTC")
