"""The exchange's REST interface, through ccxt, for the days that have no archive file yet."""

import contextlib
import importlib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import ModuleType
from typing import Any, Protocol, TypeVar

import pandas as pd
import requests

from topoquant.lib.bars.instants import read_instant
from topoquant.lib.bars.schema import interval_timedelta
from topoquant.lib.bars.sources.options import SourceOptions
from topoquant.lib.bars.sources.retrying import (
    Sleep,
    TemporaryError,
    retry_after,
    unavailable,
    with_retries,
)
from topoquant.lib.bars.sources.span import check_market, time_span
from topoquant.lib.errors import bad_input
from topoquant.lib.progress import Progress, silent

T = TypeVar("T")
Kline = list[Any]

# Position of each column in a row of the exchange's answer.
KLINE_COLUMNS = {
    "open": 1,
    "high": 2,
    "low": 3,
    "close": 4,
    "volume": 5,
    "quote_volume": 7,
    "trades": 8,
    "taker_buy_volume": 9,
}


class Exchange(Protocol):
    """The two public calls used here, as ccxt names them."""

    def public_get_klines(self, params: dict[str, Any]) -> list[Kline]:
        """Return bars of `symbol` and `interval` from `startTime` to `endTime`, at most `limit`."""
        ...

    def public_get_time(self) -> dict[str, Any]:
        """Return the exchange's clock as `serverTime`, in milliseconds since 1970."""
        ...


def fetch_recent(
    symbol: str,
    interval: str,
    start: str | pd.Timestamp,
    end: str | pd.Timestamp | None,
    *,
    options: SourceOptions,
    exchange: Exchange | None = None,
    progress: Progress = silent,
    sleep: Sleep = time.sleep,
    now: pd.Timestamp | None = None,
) -> pd.DataFrame:
    """Fetch the bars that opened in [start, end) and are over, page by page.

    Parameters
    ----------
    symbol, interval : str
        The market ("BTCUSDT", "15m").
    start, end : str, Timestamp
        The half-open stretch of `open_time` wanted, UTC; `end=None` means now.
    options : SourceOptions
        Address, patience and page size.
    exchange : Exchange, optional
        A ccxt exchange; otherwise one is opened and closed here.
    progress : Progress
        Counts bars.
    sleep : callable
        Waits for a number of seconds.
    now : Timestamp, optional
        The present instant; by default the exchange's own clock, since a bar that is still being
        traded must not be taken for a finished one because this machine's clock runs fast.

    Returns
    -------
    DataFrame, shape (n, 10)
        Bars in order of `open_time` without duplicates; the bar that is not over is left out, and
        what the exchange does not have is a gap. Empty when nothing is over yet.

    Raises
    ------
    InputError
        Without ccxt; for a symbol that the exchange does not know; when it cannot be reached.
    """
    check_market(symbol, interval)
    ccxt = _import_ccxt(read_instant("start", start))
    step = interval_timedelta(interval)
    with _opened(ccxt, exchange, options) as opened:
        caller = _Caller(ccxt=ccxt, symbol=symbol, options=options, sleep=sleep)
        present = _clock(opened, caller) if now is None else now
        since, until = time_span(start, end, present)
        rows: list[Kline] = []
        with progress(int((until - since) // step), "bars") as advance:
            for page in _pages(opened, caller, interval, (since, until)):
                rows += page
                advance(len(page))
    bars = _frame(symbol, rows)
    return bars[bars["open_time"] + step <= present].reset_index(drop=True)


@dataclass(frozen=True, kw_only=True)
class _Caller:
    """What every call to the exchange needs."""

    ccxt: Any
    symbol: str
    options: SourceOptions
    sleep: Sleep

    def call(self, request: Callable[[], T]) -> T:
        """Return what `request` returns, with retries and this package's refusals."""
        url = self.options.rest_url or "the exchange's REST interface"
        return with_retries(lambda: self._once(request, url), url, options=self.options, sleep=self.sleep)

    def _once(self, request: Callable[[], T], url: str) -> T:
        """Make one call; ccxt raises its errors while handling the HTTP error that has the answer."""
        try:
            return request()
        except self.ccxt.BadSymbol as error:
            remedy = "check it against the exchange's list"
            raise bad_input("symbol", "known to the exchange", repr(self.symbol), remedy) from error
        except self.ccxt.BaseError as error:
            response = getattr(error.__context__, "response", None)
            status = None if response is None else response.status_code
            reason = type(error).__name__ if status is None else f"HTTP {status}"
            if status in (403, 451) or not isinstance(error, self.ccxt.OperationFailed):
                raise unavailable(url, f"{reason} ({error})") from error
            wait = None if response is None else retry_after(response.headers)
            raise TemporaryError(reason, wait) from error


def _pages(
    exchange: Exchange, caller: _Caller, interval: str, span: tuple[pd.Timestamp, pd.Timestamp]
) -> Iterator[list[Kline]]:
    """Yield pages that neither overlap nor leave anything out, until the exchange has no more."""
    width = interval_timedelta(interval) // pd.Timedelta(milliseconds=1)
    cursor, stop = (_milliseconds(instant) for instant in span)
    while cursor < stop:
        request = {
            "symbol": caller.symbol,
            "interval": interval,
            "startTime": cursor,
            "endTime": stop - 1,
            "limit": caller.options.page_size,
        }
        answer = caller.call(lambda params=request: exchange.public_get_klines(params))  # type: ignore[misc]
        if not isinstance(answer, list):
            raise unavailable(str(caller.options.rest_url), f"{str(answer)[:60]!r}, which is no list of bars")
        page = {int(row[0]): row for row in answer if cursor <= int(row[0]) < stop}
        if not page:
            return
        yield [page[stamp] for stamp in sorted(page)]
        # A short page is no sign of the end: servers may cut it. An empty one is.
        cursor = max(page) + width


def _frame(symbol: str, rows: list[Kline]) -> pd.DataFrame:
    """Turn the exchange's rows into bars."""
    stamps = pd.to_datetime([int(row[0]) for row in rows], unit="ms", utc=True).as_unit("ns")
    bars = pd.DataFrame({"symbol": pd.Series([symbol] * len(rows), dtype="str"), "open_time": stamps})
    for column, position in KLINE_COLUMNS.items():
        bars[column] = pd.Series([float(row[position]) for row in rows], dtype="float64")
    return bars


def _clock(exchange: Exchange, caller: _Caller) -> pd.Timestamp:
    """Return the exchange's time, asked before its bars: what ends in between is left for next time."""
    answer = caller.call(exchange.public_get_time)
    return pd.Timestamp(int(answer["serverTime"]), unit="ms", tz="UTC").as_unit("ns")


def _milliseconds(instant: pd.Timestamp) -> int:
    """Return milliseconds since 1970, rounded up so that nothing before `instant` is asked for."""
    return -(-instant.as_unit("ns").value // 1_000_000)


def _import_ccxt(start: pd.Timestamp) -> ModuleType:
    """Import ccxt, which only the days outside the archive need."""
    try:
        return importlib.import_module("ccxt")
    except ModuleNotFoundError as error:
        day = start.date().isoformat()
        remedy = f'pip install "topoquant[binance]", or set end={day} to need the archive alone'
        raise bad_input("ccxt", f"installed for the days from {day}", "no such module", remedy) from error


@contextlib.contextmanager
def _opened(ccxt: ModuleType, given: Exchange | None, options: SourceOptions) -> Iterator[Exchange]:
    """Use the caller's exchange, or open one whose connection is closed at the end."""
    if given is not None:
        yield given
        return
    # A session of our own honours the proxy variables of the environment, which ccxt's does not.
    with requests.Session() as session:
        settings = {"session": session, "timeout": int(options.timeout_seconds * 1000)}
        if options.rest_url is not None:
            settings["urls"] = {"api": {"public": options.rest_url}}
        yield ccxt.binance(settings)
