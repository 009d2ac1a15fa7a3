"""The REST source against a fake exchange, and ccxt itself against a loopback server."""

import json
import sys
import threading
import urllib.parse
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from topoquant.lib.bars.schema import BAR_COLUMNS, OPTIONAL_BAR_COLUMNS
from topoquant.lib.bars.sources import SourceOptions, fetch_recent
from topoquant.lib.errors import InputError

ccxt = pytest.importorskip("ccxt", reason="the optional extra [binance] is not installed")

MINUTE = 60_000
START = 1_772_323_200_000  # 2026-03-01 00:00 UTC, milliseconds


def instant(minute: float) -> pd.Timestamp:
    return pd.Timestamp(START + int(minute * MINUTE), unit="ms", tz="UTC")


def kline(minute: int) -> list[Any]:
    opened = START + minute * MINUTE
    return [
        opened,
        "100.0",
        "102.0",
        "99.0",
        f"{100 + minute % 2}.5",
        "2.5",
        opened + MINUTE - 1,
        "251.0",
        7,
        "1.5",
        "150.0",
        "0",
    ]


class FakeExchange:
    """Has one bar for each of `minutes`, the last of them perhaps still being traded."""

    def __init__(self, minutes: list[int], clock: float, most_per_page: int = 1000) -> None:
        self.minutes = minutes
        self.clock = clock
        self.most_per_page = most_per_page
        self.requests: list[dict[str, Any]] = []
        self.failures: list[Exception] = []

    def public_get_time(self) -> dict[str, Any]:
        return {"serverTime": str(START + int(self.clock * MINUTE))}

    def public_get_klines(self, params: dict[str, Any]) -> list[list[Any]]:
        self.requests.append(params)
        if self.failures:
            raise self.failures.pop(0)
        rows = [kline(minute) for minute in self.minutes]
        inside = [row for row in rows if params["startTime"] <= row[0] <= params["endTime"]]
        return inside[: min(params["limit"], self.most_per_page)]


def options_for(**changed: Any) -> SourceOptions:
    values = {
        "base_url": "http://127.0.0.1:1",
        "listing_url": None,
        "rest_url": None,
        "timeout_seconds": 5.0,
        "file_timeout_seconds": 30.0,
        "n_retries": 2,
        "backoff_seconds": 1.0,
        "max_wait_seconds": 60.0,
        "publication_days": 2,
        "page_size": 1000,
    }
    return SourceOptions(**(values | changed))


def fetch(exchange: Any, first: float, last: float | None, **changed: Any) -> pd.DataFrame:
    waits = changed.pop("waits", [])
    end = None if last is None else instant(last)
    return fetch_recent(
        "BTCUSDT",
        "1m",
        instant(first),
        end,
        options=options_for(**changed),
        exchange=exchange,
        sleep=waits.append,
    )


def minutes_of(bars: pd.DataFrame) -> list[int]:
    return [int((stamp.value // 1_000_000 - START) // MINUTE) for stamp in bars["open_time"]]


def test_three_bars_by_hand() -> None:
    bars = fetch(FakeExchange([0, 1, 2, 3], clock=3.5), 0, None)
    assert tuple(bars.columns) == BAR_COLUMNS + OPTIONAL_BAR_COLUMNS
    assert str(bars["open_time"].dtype) == "datetime64[ns, UTC]"
    assert bars.iloc[1].tolist() == ["BTCUSDT", instant(1), 100.0, 102.0, 99.0, 101.5, 2.5, 251.0, 7.0, 1.5]
    assert minutes_of(bars) == [0, 1, 2]


def test_a_bar_counts_as_finished_only_when_it_is_over_by_the_exchange_clock() -> None:
    assert minutes_of(fetch(FakeExchange([0, 1, 2], clock=2.99), 0, None)) == [0, 1]
    assert minutes_of(fetch(FakeExchange([0, 1, 2], clock=3.0), 0, None)) == [0, 1, 2]


def test_nothing_finished_is_an_empty_frame_of_bars() -> None:
    bars = fetch(FakeExchange([0], clock=0.5), 0, None)
    assert len(bars) == 0
    assert str(bars["open_time"].dtype) == "datetime64[ns, UTC]"
    assert (bars.dtypes.iloc[2:] == "float64").all()


@given(
    minutes=st.sets(st.integers(0, 40)),
    first=st.integers(0, 39),
    width=st.integers(1, 40),
    page_size=st.integers(1, 7),
    most_per_page=st.integers(1, 7),
)
def test_pages_join_without_overlap_or_loss(
    minutes: set[int], first: int, width: int, page_size: int, most_per_page: int
) -> None:
    exchange = FakeExchange(sorted(minutes), clock=100, most_per_page=most_per_page)
    bars = fetch(exchange, first, first + width, page_size=page_size)
    assert minutes_of(bars) == [minute for minute in sorted(minutes) if first <= minute < first + width]


def test_start_inside_a_bar_leaves_that_bar_out() -> None:
    assert minutes_of(fetch(FakeExchange([0, 1, 2], clock=9), 0.5, 2)) == [1]
    just_after = instant(1) + pd.Timedelta(1, unit="ns")
    exchange = FakeExchange([0, 1, 2], clock=9)
    bars = fetch_recent("BTCUSDT", "1m", just_after, None, options=options_for(), exchange=exchange)
    assert minutes_of(bars) == [2]


def test_page_with_bars_outside_the_request_is_cut() -> None:
    class Generous(FakeExchange):
        def public_get_klines(self, params: dict[str, Any]) -> list[list[Any]]:
            super().public_get_klines(params)
            return [kline(minute) for minute in self.minutes]

    assert minutes_of(fetch(Generous([0, 1, 2, 3, 4], clock=9), 1, 3)) == [1, 2]


def test_network_errors_are_retried_a_bounded_number_of_times() -> None:
    exchange = FakeExchange([0, 1], clock=9)
    exchange.failures = [ccxt.RequestTimeout("slow"), ccxt.ExchangeNotAvailable("down")]
    waits: list[float] = []
    assert minutes_of(fetch(exchange, 0, 2, waits=waits)) == [0, 1]
    assert waits == [1.0, 2.0]
    exchange.failures = [ccxt.RequestTimeout("slow")] * 9
    with pytest.raises(InputError, match=r"RequestTimeout in 3 attempts: .*source=files.*source=synthetic"):
        fetch(exchange, 0, 2)


def test_unknown_symbol_is_named() -> None:
    exchange = FakeExchange([0], clock=9)
    exchange.failures = [ccxt.BadSymbol("Invalid symbol.")]
    with pytest.raises(InputError, match="symbol must be known to the exchange, got 'BTCUSDT'"):
        fetch(exchange, 0, 2)


def test_answer_that_is_no_list_is_refused() -> None:
    class Portal(FakeExchange):
        def public_get_klines(self, params: dict[str, Any]) -> Any:
            return "<html>Log in"

    with pytest.raises(InputError, match=r"got '<html>Log in', which is no list of bars"):
        fetch(Portal([0], clock=9), 0, 2)


def test_without_ccxt_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ccxt", None)
    with pytest.raises(InputError, match=r'pip install "topoquant\[binance\]", or set end=2026-03-01'):
        fetch_recent("BTCUSDT", "1m", "2026-03-01", None, options=options_for())


@contextmanager
def rest_server(answers: dict[str, list[tuple[int, dict[str, str], Any]]], asked: list[str]) -> Iterator[str]:
    """Answer each path with its next scripted reply; the last one stays."""

    class Handler(BaseHTTPRequestHandler):
        timeout = 5

        def do_GET(self) -> None:
            asked.append(self.path)
            replies = answers[urllib.parse.urlsplit(self.path).path]
            code, headers, content = replies.pop(0) if len(replies) > 1 else replies[0]
            body = json.dumps(content).encode()
            self.send_response(code)
            for name, value in {"Content-Length": str(len(body)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: Any) -> None:
            """Keep the test's output clean."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = False
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/api/v3"
        server.shutdown()
        thread.join()


CLOCK = (200, {}, {"serverTime": START + 10 * MINUTE})


def test_ccxt_itself_asks_the_configured_address() -> None:
    asked: list[str] = []
    limited = (429, {"Retry-After": "4"}, {"code": -1003, "msg": "Too many requests."})
    klines = [limited, (200, {}, [kline(0), kline(1)]), (200, {}, [])]
    waits: list[float] = []
    with rest_server({"/api/v3/time": [CLOCK], "/api/v3/klines": klines}, asked) as url:
        bars = fetch(None, 0, 5, rest_url=url, waits=waits)
    assert minutes_of(bars) == [0, 1]
    assert waits == [4.0]
    assert f"startTime={START + 2 * MINUTE}" in asked[-1]


@pytest.mark.parametrize(
    ("code", "content", "message"),
    [
        (
            451,
            {"code": 0, "msg": "Service unavailable from a restricted location"},
            r"got HTTP 451 .*source=files",
        ),
        (400, {"code": -1121, "msg": "Invalid symbol."}, "symbol must be known to the exchange"),
    ],
)
def test_ccxt_refusals_are_not_retried(code: int, content: Any, message: str) -> None:
    asked: list[str] = []
    answers = {"/api/v3/time": [CLOCK], "/api/v3/klines": [(code, {}, content)]}
    with rest_server(answers, asked) as url, pytest.raises(InputError, match=message):
        fetch(None, 0, 5, rest_url=url)
    assert len(asked) == 2
