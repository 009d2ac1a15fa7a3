"""The archive source against a loopback server that answers well and badly."""

import hashlib
import io
import os
import sys
import threading
import zipfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pandas as pd
import pydantic
import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

from topoquant.lib.bars import MarketOptions, MarketRequest, read_market
from topoquant.lib.bars.schema import BAR_COLUMNS, OPTIONAL_BAR_COLUMNS
from topoquant.lib.bars.sources import (
    SourceOptions,
    days_covered,
    fetch_archive,
    fetch_bars,
    fetch_markets,
)
from topoquant.lib.bars.sources.span import days_between, time_span
from topoquant.lib.errors import InputError

NOW = pd.Timestamp("2026-03-03 12:00", tz="UTC")
FOLDER = "/data/spot/{cadence}/klines/BTCUSDT/1h/"
MONTHLY = FOLDER.format(cadence="monthly")
DAILY = FOLDER.format(cadence="daily")
FEBRUARY = MONTHLY + "BTCUSDT-1h-2026-02.zip"

Reply = Callable[[BaseHTTPRequestHandler, bytes], None]


class Server(ThreadingHTTPServer):
    """Serves `files`; a path's `script` of odd replies is used up first."""

    # Joined on close, so that no thread outlives its test.
    daemon_threads = False

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.files: dict[str, bytes] = {}
        self.script: dict[str, list[Reply]] = {}
        self.asked: list[tuple[str, str | None]] = []
        self.closing = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def publish(self, path: str, body: bytes) -> None:
        name = path.rsplit("/", 1)[1]
        self.files[path] = body
        self.files[path + ".CHECKSUM"] = f"{hashlib.sha256(body).hexdigest()}  {name}\n".encode()

    def bodies(self) -> list[tuple[str, str | None]]:
        return [(path, span) for path, span in self.asked if path.endswith(".zip")]


class Handler(BaseHTTPRequestHandler):
    """Answers GET with ranges, as the archive does."""

    protocol_version = "HTTP/1.1"
    timeout = 5
    server: Server

    def do_GET(self) -> None:
        server, path = self.server, self.path
        server.asked.append((path, self.headers.get("Range")))
        body = server.files.get(path)
        script = server.script.get(path)
        if script:
            script.pop(0)(self, body or b"")
        elif body is None:
            status(404)(self, b"")
        else:
            serve(self, body)

    def log_message(self, *args: Any) -> None:
        """Keep the test's output clean."""


def serve(handler: BaseHTTPRequestHandler, body: bytes) -> None:
    span = handler.headers.get("Range")
    first = 0 if span is None else int(span.removeprefix("bytes=").rstrip("-"))
    if first and first >= len(body):
        status(416, {"Content-Range": f"bytes */{len(body)}"})(handler, b"")
        return
    handler.send_response(200 if span is None else 206)
    if span is not None:
        handler.send_header("Content-Range", f"bytes {first}-{len(body) - 1}/{len(body)}")
    handler.send_header("Content-Length", str(len(body) - first))
    handler.end_headers()
    handler.wfile.write(body[first:])


def status(code: int, headers: dict[str, str] | None = None) -> Reply:
    def reply(handler: BaseHTTPRequestHandler, _: bytes) -> None:
        handler.send_response(code)
        for name, value in {"Content-Length": "0", **(headers or {})}.items():
            handler.send_header(name, value)
        handler.end_headers()

    return reply


def truncated(n_bytes: int) -> Reply:
    def reply(handler: BaseHTTPRequestHandler, body: bytes) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body[:n_bytes])
        handler.close_connection = True

    return reply


def whole(handler: BaseHTTPRequestHandler, body: bytes) -> None:
    """Ignore the range, as servers may."""
    handler.send_response(200)
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)


def hang(handler: BaseHTTPRequestHandler, _: bytes) -> None:
    handler.server.closing.wait(5)  # type: ignore[attr-defined]
    handler.close_connection = True


def drip(handler: BaseHTTPRequestHandler, body: bytes) -> None:
    handler.send_response(200)
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    try:
        for position in range(len(body)):
            handler.wfile.write(body[position : position + 1])
            if handler.server.closing.wait(0.02):  # type: ignore[attr-defined]
                break
    except ConnectionError:
        pass
    handler.close_connection = True


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as running:
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield running
        running.closing.set()
        running.shutdown()
        thread.join()


def options_for(server: Server, **changed: Any) -> SourceOptions:
    values = {
        "base_url": server.url,
        "listing_url": server.url + "/listing",
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


def hourly_zip(day: str, n_bars: int, name: str) -> bytes:
    """Make a small archive file: 12 columns, no header, microseconds."""
    first = pd.Timestamp(day, tz="UTC").value // 1000
    hour = 3_600_000_000
    lines = [
        f"{first + k * hour},100.0,103.0,99.0,{100 + k % 3}.5,2.0,"
        f"{first + (k + 1) * hour - 1},200.0,7,1.0,100.0,0\n"
        for k in range(n_bars)
    ]
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name + ".csv", "".join(lines))
    return buffer.getvalue()


@pytest.fixture
def published(server: Server) -> Server:
    """Publish February whole and the first two days of March."""
    server.publish(FEBRUARY, hourly_zip("2026-02-01", 28 * 24, "BTCUSDT-1h-2026-02"))
    for day in ("2026-03-01", "2026-03-02"):
        server.publish(f"{DAILY}BTCUSDT-1h-{day}.zip", hourly_zip(day, 24, f"BTCUSDT-1h-{day}"))
    return server


def fetch(server: Server, directory: Path, start: str, end: str | None, **changed: Any) -> list[Path]:
    waits = changed.pop("waits", [])
    keywords = {key: changed.pop(key) for key in ("session", "now") if key in changed}
    keywords.setdefault("now", NOW)
    options = options_for(server, **changed)
    return fetch_archive(
        "BTCUSDT", "1h", start, end, directory, options=options, sleep=waits.append, **keywords
    )


def fetch_february(server: Server, directory: Path, **changed: Any) -> list[Path]:
    return fetch(server, directory, "2026-02-01", "2026-03-01", **changed)


def names(directory: Path) -> list[str]:
    return sorted(path.name for path in directory.iterdir() if path.name != ".lock")


def test_closed_month_is_monthly_and_current_month_daily(published: Server, tmp_path: Path) -> None:
    directory = tmp_path / "binance" / "BTCUSDT" / "1h"
    paths = fetch(published, directory, "2026-02-27", None)
    assert [path.name for path in paths] == [
        "BTCUSDT-1h-2026-02.zip",
        "BTCUSDT-1h-2026-03-01.zip",
        "BTCUSDT-1h-2026-03-02.zip",
    ]
    for path in paths:
        cadence = MONTHLY if path.name.endswith("2026-02.zip") else DAILY
        assert path.read_bytes() == published.files[cadence + path.name]
        checksum = path.with_name(path.name + ".CHECKSUM")
        assert checksum.read_bytes() == published.files[f"{cadence}{path.name}.CHECKSUM"]
    assert not [name for name in names(directory) if name.endswith(".part")]
    assert len(names(directory)) == 6
    assert not [path for path, _ in published.asked if "2026-03.zip" in path]


def test_second_call_connects_to_nothing(published: Server, tmp_path: Path) -> None:
    first = fetch(published, tmp_path, "2026-02-01", None)
    published.asked.clear()
    assert fetch(published, tmp_path, "2026-02-01", None) == first
    assert published.asked == []


def test_lost_checksum_costs_no_second_body(published: Server, tmp_path: Path) -> None:
    (path,) = fetch_february(published, tmp_path)
    path.with_name(path.name + ".CHECKSUM").unlink()
    published.asked.clear()
    fetch_february(published, tmp_path)
    assert published.asked == [(FEBRUARY + ".CHECKSUM", None)]
    assert path.with_name(path.name + ".CHECKSUM").exists()


def test_damaged_file_is_fetched_again(published: Server, tmp_path: Path) -> None:
    (path,) = fetch_february(published, tmp_path)
    path.write_bytes(b"damaged")
    fetch_february(published, tmp_path)
    assert path.read_bytes() == published.files[FEBRUARY]


def test_truncated_body_is_resumed_by_range(published: Server, tmp_path: Path) -> None:
    published.script[FEBRUARY] = [truncated(100)]
    waits: list[float] = []
    (path,) = fetch_february(published, tmp_path, waits=waits)
    assert published.bodies() == [(FEBRUARY, None), (FEBRUARY, "bytes=100-")]
    assert path.read_bytes() == published.files[FEBRUARY]
    assert waits == [1.0]


def test_broken_download_leaves_a_part_that_the_next_run_resumes(published: Server, tmp_path: Path) -> None:
    published.script[FEBRUARY] = [truncated(64)]
    with pytest.raises(InputError, match=r"broke off after 64 of \d+ bytes in 1 attempts.*source=synthetic"):
        fetch_february(published, tmp_path, n_retries=0)
    part = tmp_path / "BTCUSDT-1h-2026-02.zip.part"
    assert names(tmp_path) == [part.name]
    assert part.read_bytes() == published.files[FEBRUARY][:64]
    published.asked.clear()
    (path,) = fetch_february(published, tmp_path)
    assert published.bodies() == [(FEBRUARY, "bytes=64-")]
    assert path.read_bytes() == published.files[FEBRUARY]
    assert not part.exists()


@pytest.mark.parametrize(
    ("body", "n_checks"), [(b"of another version", 2), (b"x" * 100_000, 1)], ids=["stale", "too long"]
)
def test_part_that_does_not_fit_is_dropped(
    published: Server, tmp_path: Path, body: bytes, n_checks: int
) -> None:
    (tmp_path / "BTCUSDT-1h-2026-02.zip.part").write_bytes(body)
    (path,) = fetch_february(published, tmp_path)
    assert path.read_bytes() == published.files[FEBRUARY]
    assert published.bodies()[-1] == (FEBRUARY, None)
    assert published.asked.count((FEBRUARY + ".CHECKSUM", None)) == n_checks


def test_complete_part_needs_no_body(published: Server, tmp_path: Path) -> None:
    (tmp_path / "BTCUSDT-1h-2026-02.zip.part").write_bytes(published.files[FEBRUARY])
    (path,) = fetch_february(published, tmp_path)
    assert path.read_bytes() == published.files[FEBRUARY]
    assert len(published.bodies()) == 1


def test_server_without_ranges_sends_the_whole(published: Server, tmp_path: Path) -> None:
    published.script[FEBRUARY] = [truncated(50), whole]
    (path,) = fetch_february(published, tmp_path)
    assert path.read_bytes() == published.files[FEBRUARY]


def test_range_from_the_wrong_byte_is_not_appended(published: Server, tmp_path: Path) -> None:
    wrong = status(206, {"Content-Range": "bytes 7-9/10"})
    published.script[FEBRUARY] = [truncated(50), wrong]
    (path,) = fetch_february(published, tmp_path)
    assert path.read_bytes() == published.files[FEBRUARY]
    assert published.bodies() == [(FEBRUARY, None), (FEBRUARY, "bytes=50-"), (FEBRUARY, None)]
    assert published.asked.count((FEBRUARY + ".CHECKSUM", None)) == 1


def test_wrong_checksum_is_tried_twice_then_refused(published: Server, tmp_path: Path) -> None:
    expected = "0" * 64
    published.files[FEBRUARY + ".CHECKSUM"] = f"{expected}  BTCUSDT-1h-2026-02.zip\n".encode()
    got = hashlib.sha256(published.files[FEBRUARY]).hexdigest()
    with pytest.raises(InputError, match=f"BTCUSDT-1h-2026-02.zip must be .*{expected}, got {got}"):
        fetch_february(published, tmp_path)
    assert published.bodies() == [(FEBRUARY, None)] * 2
    assert names(tmp_path) == []


def test_republished_file_is_right_the_second_time(published: Server, tmp_path: Path) -> None:
    published.script[FEBRUARY] = [lambda handler, _: serve(handler, b"the older version")]
    (path,) = fetch_february(published, tmp_path)
    assert path.read_bytes() == published.files[FEBRUARY]


def test_page_in_place_of_a_checksum_is_refused(published: Server, tmp_path: Path) -> None:
    published.files[FEBRUARY + ".CHECKSUM"] = b"<html>Log in to this network</html>"
    with pytest.raises(InputError, match=r"CHECKSUM must be available, got b'<html>Log in.*source=files"):
        fetch_february(published, tmp_path)
    assert names(tmp_path) == []


def test_429_waits_as_long_as_asked(published: Server, tmp_path: Path) -> None:
    published.script[FEBRUARY] = [status(429, {"Retry-After": "7"}), status(429)]
    waits: list[float] = []
    fetch_february(published, tmp_path, waits=waits)
    assert waits == [7.0, 2.0]


def test_ban_longer_than_the_limit_stops_at_once(published: Server, tmp_path: Path) -> None:
    published.script[FEBRUARY] = [status(418, {"Retry-After": "86400"})]
    waits: list[float] = []
    with pytest.raises(InputError, match=r"HTTP 418 .*wait of 86400 s, above max_wait_seconds=60"):
        fetch_february(published, tmp_path, waits=waits)
    assert waits == []


def test_500_is_retried_with_doubling_waits(published: Server, tmp_path: Path) -> None:
    published.script[FEBRUARY] = [status(500), status(503)]
    waits: list[float] = []
    (path,) = fetch_february(published, tmp_path, waits=waits)
    assert waits == [1.0, 2.0]
    assert path.read_bytes() == published.files[FEBRUARY]


def test_lasting_500_is_bounded(published: Server, tmp_path: Path) -> None:
    published.script[FEBRUARY] = [status(500)] * 9
    with pytest.raises(InputError, match=r"HTTP 500 in 3 attempts.*source=files"):
        fetch_february(published, tmp_path)
    assert len(published.bodies()) == 3
    assert names(tmp_path) == []


@pytest.mark.parametrize("code", [403, 451])
def test_refusal_by_place_names_the_alternatives_at_once(server: Server, tmp_path: Path, code: int) -> None:
    server.script[FEBRUARY + ".CHECKSUM"] = [status(code)]
    with pytest.raises(InputError, match=rf"HTTP {code} .*source=files and path=.*source=synthetic"):
        fetch_february(server, tmp_path)
    assert len(server.asked) == 1


def test_no_network_names_the_alternatives(server: Server, tmp_path: Path) -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as closed:
        port = closed.server_port
    waits: list[float] = []
    with pytest.raises(InputError, match=r"no connection .*in 3 attempts.*source=files.*source=synthetic"):
        fetch_february(server, tmp_path, base_url=f"http://127.0.0.1:{port}", waits=waits)
    assert waits == [1.0, 2.0]


def test_hang_is_bounded_by_the_timeout(published: Server, tmp_path: Path) -> None:
    published.script[FEBRUARY] = [hang]
    with pytest.raises(InputError, match=r"no answer within 0.2 s in 1 attempts"):
        fetch_february(published, tmp_path, timeout_seconds=0.2, n_retries=0)


def test_silence_within_a_body_is_bounded(published: Server, tmp_path: Path) -> None:
    def stall(handler: BaseHTTPRequestHandler, body: bytes) -> None:
        truncated(30)(handler, body)
        hang(handler, body)

    published.script[FEBRUARY] = [stall]
    (path,) = fetch_february(published, tmp_path, timeout_seconds=0.2)
    assert published.bodies()[-1] == (FEBRUARY, "bytes=30-")
    assert path.read_bytes() == published.files[FEBRUARY]


def test_dripping_server_is_bounded_by_the_file_timeout(published: Server, tmp_path: Path) -> None:
    published.script[FEBRUARY] = [drip]
    with pytest.raises(InputError, match=r"only \d+ bytes within file_timeout_seconds=0.2"):
        fetch_february(published, tmp_path, file_timeout_seconds=0.2, n_retries=0)
    assert 0 < (tmp_path / "BTCUSDT-1h-2026-02.zip.part").stat().st_size < len(published.files[FEBRUARY])


def test_month_not_published_yet_falls_back_to_days(published: Server, tmp_path: Path) -> None:
    for day in ("2026-02-27", "2026-02-28"):
        path = f"{DAILY}BTCUSDT-1h-{day}.zip"
        published.publish(path, hourly_zip(day, 24, f"BTCUSDT-1h-{day}"))
    del published.files[FEBRUARY], published.files[FEBRUARY + ".CHECKSUM"]
    paths = fetch(published, tmp_path, "2026-02-27", None)
    expected = ["2026-02-27", "2026-02-28", "2026-03-01", "2026-03-02"]
    assert [path.stem for path in paths] == [f"BTCUSDT-1h-{day}" for day in expected]
    published.asked.clear()
    assert fetch(published, tmp_path, "2026-02-27", None) == paths
    assert published.asked == []


def test_days_still_to_be_published_are_left_out(published: Server, tmp_path: Path) -> None:
    late = f"{DAILY}BTCUSDT-1h-2026-03-02.zip"
    del published.files[late], published.files[late + ".CHECKSUM"]
    paths = fetch(published, tmp_path, "2026-03-01", None)
    assert [path.stem for path in paths] == ["BTCUSDT-1h-2026-03-01"]
    assert fetch(published, tmp_path, "2026-03-02", None) == []


def test_today_alone_asks_nothing(server: Server, tmp_path: Path) -> None:
    assert fetch(server, tmp_path, "2026-03-03", None) == []
    assert server.asked == []


def list_months(server: Server, *months: str) -> None:
    keys = "".join(f"<Key>{MONTHLY[1:]}BTCUSDT-1h-{month}.zip</Key>" for month in months)
    server.files[f"/listing?prefix={MONTHLY[1:]}"] = f"<ListBucketResult>{keys}</ListBucketResult>".encode()


def test_month_before_the_first_says_what_exists(published: Server, tmp_path: Path) -> None:
    list_months(published, "2026-01", "2026-02")
    with pytest.raises(
        InputError, match=r"BTCUSDT 1h 2025-12 must be .* from 2026-01 to 2026-02; move start"
    ):
        fetch(published, tmp_path, "2025-12-30", "2026-01-02")


def test_unknown_symbol_says_so(server: Server, tmp_path: Path) -> None:
    list_months(server)
    with pytest.raises(InputError, match=r"the archive has no BTCUSDT 1h at all; check symbol and interval"):
        fetch_february(server, tmp_path)


@pytest.mark.parametrize("listing", [None, "unreadable"])
def test_missing_month_without_a_listing(server: Server, tmp_path: Path, listing: str | None) -> None:
    changed: dict[str, Any] = {"listing_url": None} if listing is None else {}
    server.script[f"/listing?prefix={MONTHLY[1:]}"] = [status(451)]
    with pytest.raises(InputError, match=r"1h 2026-02 must be .*HTTP 404.*: check symbol, interval, start"):
        fetch_february(server, tmp_path, **changed)


def test_hole_inside_what_is_published_stays_a_gap(published: Server, tmp_path: Path) -> None:
    published.publish(MONTHLY + "BTCUSDT-1h-2025-12.zip", b"december")
    list_months(published, "2025-12", "2026-02")
    paths = fetch(published, tmp_path, "2025-12-01", "2026-03-01")
    assert [path.stem for path in paths] == ["BTCUSDT-1h-2025-12", "BTCUSDT-1h-2026-02"]


def test_two_runs_at_once_download_once(published: Server, tmp_path: Path) -> None:
    with ThreadPoolExecutor(2) as pool:
        runs = [pool.submit(fetch_february, published, tmp_path) for _ in range(2)]
        first, second = (run.result() for run in runs)
    assert first == second
    assert len(published.bodies()) == 1


def test_given_session_is_used_and_left_open(published: Server, tmp_path: Path) -> None:
    with requests.Session() as session:
        session.headers["X-Test"] = "kept"
        fetch_february(published, tmp_path, session=session)
        assert session.get(published.url + FEBRUARY, timeout=5).content == published.files[FEBRUARY]


@pytest.mark.parametrize(
    ("symbol", "interval", "start", "end", "message"),
    [
        ("BTC/USDT", "1h", "2026-02-01", None, "write it as BTCUSDT"),
        ("btcusdt", "1h", "2026-02-01", None, "write it as BTCUSDT"),
        ("../X", "1h", "2026-02-01", None, "symbol must be"),
        ("BTCUSDT", "7m", "2026-02-01", None, "interval must be one of 1s, 1m"),
        ("BTCUSDT", "1h", "2026-02-01", "2026-02-01", "start must be before"),
        ("BTCUSDT", "1h", "2026-04-01", None, "start must be before"),
        ("BTCUSDT", "1h", "last week", None, "start must be a date, got 'last week'"),
        ("BTCUSDT", "1h", None, None, "start must be a date, got None"),
    ],
)
def test_bad_requests_are_refused(
    server: Server, tmp_path: Path, symbol: str, interval: str, start: str, end: str | None, message: str
) -> None:
    with pytest.raises(InputError, match=message):
        fetch_archive(symbol, interval, start, end, tmp_path / "new", options=options_for(server), now=NOW)
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize(
    "changed", [{"base_url": "data.example"}, {"n_retries": -1}, {"page_size": 1001}, {"retries": 3}]
)
def test_bad_options_are_refused(server: Server, changed: dict[str, Any]) -> None:
    with pytest.raises(pydantic.ValidationError):
        options_for(server, **changed)


HOURS = st.integers(min_value=0, max_value=24 * 100)


@given(first=HOURS, n_hours=st.integers(min_value=1, max_value=24 * 70))
def test_days_between_are_those_with_an_hour_inside(first: int, n_hours: int) -> None:
    since = pd.Timestamp("2026-01-01", tz="UTC") + pd.Timedelta(hours=first)
    hours = [since + pd.Timedelta(hours=k) for k in range(n_hours)]
    expected = sorted({str(hour.date()) for hour in hours})
    until = hours[-1] + pd.Timedelta(hours=1)
    assert time_span(since, until, until) == (since, until)
    assert [str(day) for day in days_between(since, until)] == expected


def test_days_covered_of_february() -> None:
    days = days_covered([Path("BTCUSDT-1h-2024-02.zip")])
    assert len(days) == 29


class HourlyExchange:
    """Has a bar for every hour; stands in for ccxt."""

    def __init__(self) -> None:
        self.requests: list[dict[str, Any]] = []

    def public_get_time(self) -> dict[str, Any]:
        return {"serverTime": NOW.value // 1_000_000}

    def public_get_klines(self, params: dict[str, Any]) -> list[list[Any]]:
        self.requests.append(params)
        hour = 3_600_000
        first = -(-params["startTime"] // hour) * hour
        stamps = range(first, params["endTime"] + 1, hour)[: params["limit"]]
        return [
            [stamp, "100", "101", "99", "100.5", "2", stamp + hour - 1, "200", 7, "1", "100", "0"]
            for stamp in stamps
        ]


def fetch_hours(
    server: Server, directory: Path, start: str, end: str | None, **keywords: Any
) -> pd.DataFrame:
    options = options_for(server, page_size=5)
    return fetch_bars(
        "BTCUSDT", "1h", start, end, directory, options=options, sleep=lambda _: None, now=NOW, **keywords
    )


def test_bars_are_the_archive_then_the_rest(published: Server, tmp_path: Path) -> None:
    pytest.importorskip("ccxt", reason="the optional extra [binance] is not installed")
    late = f"{DAILY}BTCUSDT-1h-2026-03-01.zip"
    del published.files[late], published.files[late + ".CHECKSUM"]
    exchange = HourlyExchange()
    bars = fetch_hours(published, tmp_path, "2026-02-27T12:00", None, exchange=exchange)
    expected = pd.date_range("2026-02-27T12:00Z", NOW, freq="h", inclusive="left")
    assert bars["open_time"].tolist() == expected.tolist()
    assert str(bars["open_time"].dtype) == "datetime64[ns, UTC]"
    assert tuple(bars.columns) == BAR_COLUMNS + OPTIONAL_BAR_COLUMNS
    assert not bars.isna().any(axis=None)
    assert set(bars["symbol"]) == {"BTCUSDT"}
    asked = {
        pd.Timestamp(request["startTime"], unit="ms").date().isoformat() for request in exchange.requests
    }
    assert asked == {"2026-03-01", "2026-03-03"}
    assert bars.attrs["notes"] == ["36 bars from the REST interface, not from the archive"]


def test_bars_within_the_archive_ask_no_exchange(
    published: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "ccxt", None)
    bars = fetch_hours(published, tmp_path, "2026-02-28", "2026-03-02T06:00")
    assert len(bars) == 24 + 24 + 6
    assert bars["open_time"].iloc[-1] == pd.Timestamp("2026-03-02T05:00Z")
    with pytest.raises(InputError, match=r'pip install "topoquant\[binance\]", or set end=2026-03-03'):
        fetch_hours(published, tmp_path, "2026-02-28", None)


def test_stretch_without_any_bar_is_refused(server: Server, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"BTCUSDT 1h must be traded from 2026-03-03T11:30.*got no bar"):
        fetch_hours(server, tmp_path, "2026-03-03T11:30", None)


@pytest.fixture
def four_markets(server: Server) -> Server:
    """Publish a February of two symbols at two intervals, four bars each."""
    for symbol in ("BTCUSDT", "ETHUSDT"):
        for interval in ("1h", "1d"):
            name = f"{symbol}-{interval}-2026-02"
            folder = f"/data/spot/monthly/klines/{symbol}/{interval}/"
            server.publish(f"{folder}{name}.zip", hourly_zip("2026-02-01", 4, name))
    return server


def fetch_four(server: Server, directory: Path, symbols: list[str], **changed: Any) -> dict:
    return fetch_markets(
        symbols, ["1h", "1d"], "2026-02-01", "2026-03-01", directory,
        options=options_for(server, **changed), sleep=lambda _: None, now=NOW,
    )  # fmt: skip


def test_several_symbols_and_intervals_have_raw_folders_of_their_own(
    four_markets: Server, tmp_path: Path
) -> None:
    got = fetch_four(four_markets, tmp_path, ["ETHUSDT", "BTCUSDT"])
    assert list(got) == [("ETHUSDT", "1h"), ("ETHUSDT", "1d"), ("BTCUSDT", "1h"), ("BTCUSDT", "1d")]
    for (symbol, interval), bars in got.items():
        name = f"{symbol}-{interval}-2026-02.zip"
        stored = tmp_path / symbol / interval / name
        published = four_markets.files[f"/data/spot/monthly/klines/{symbol}/{interval}/{name}"]
        assert stored.read_bytes() == published
        assert names(stored.parent) == [name, name + ".CHECKSUM"]
        assert set(bars["symbol"]) == {symbol}
        assert len(bars) == 4
    four_markets.asked.clear()
    fetch_four(four_markets, tmp_path, ["ETHUSDT", "BTCUSDT"])
    assert four_markets.asked == []


def test_a_second_market_that_breaks_off_goes_on_where_it_stopped(
    four_markets: Server, tmp_path: Path
) -> None:
    path = "/data/spot/monthly/klines/ETHUSDT/1h/ETHUSDT-1h-2026-02.zip"
    four_markets.script[path] = [truncated(50)]
    with pytest.raises(InputError, match="broke off after 50"):
        fetch_four(four_markets, tmp_path, ["BTCUSDT", "ETHUSDT"], n_retries=0)
    four_markets.asked.clear()
    assert len(fetch_four(four_markets, tmp_path, ["BTCUSDT", "ETHUSDT"])) == 4
    assert four_markets.bodies()[0] == (path, "bytes=50-")
    assert not [asked for asked, _ in four_markets.asked if "BTCUSDT" in asked]


def test_a_market_that_cannot_be_is_refused_before_the_first_is_asked_for(
    four_markets: Server, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match=r"symbol must be upper-case .*got 'eth-usdt'"):
        fetch_four(four_markets, tmp_path, ["BTCUSDT", "eth-usdt"])
    assert four_markets.asked == []
    assert list(tmp_path.iterdir()) == []


def test_a_run_fetches_minutes_of_several_symbols_and_a_reference(server: Server, tmp_path: Path) -> None:
    for symbol in ("ADAUSDT", "BTCUSDT", "ETHUSDT"):
        name = f"{symbol}-1h-2024-02"
        body = hourly_zip("2024-02-01", 29 * 24, name)
        server.publish(f"/data/spot/monthly/klines/{symbol}/1h/{name}.zip", body)
    request = MarketRequest(
        source="binance", path=None, symbol="ETHUSDT+ADAUSDT", kind="noise", seed=1, start="2024-02-01",
        end="2024-02-15", raw_folder=tmp_path, binance=options_for(server),
    )  # fmt: skip
    market = read_market(
        request,
        MarketOptions(
            interval="4h", n_bars=200, correlation=0.5, drop_last=True, source_interval="1h",
            references={"BTCUSDT": None},
        ),
    )  # fmt: skip
    assert market.bars.groupby("symbol").size().to_dict() == {"ADAUSDT": 84, "ETHUSDT": 84}
    assert market.references.groupby("symbol").size().to_dict() == {"BTCUSDT": 84}
    assert market.bars["volume"].eq(8.0).all()
    assert market.bars["taker_buy_volume"].eq(4.0).all()
    assert (tmp_path / "binance" / "ADAUSDT" / "1h" / "ADAUSDT-1h-2024-02.zip").exists()


@pytest.mark.skipif("TOPOQUANT_DATA" not in os.environ, reason="TOPOQUANT_DATA is not set")
def test_real_archive_file_arrives_unchanged(server: Server, tmp_path: Path) -> None:
    body = (Path(os.environ["TOPOQUANT_DATA"]) / "raw" / "BTCUSDT-1m-2026-03.zip").read_bytes()
    path = "/data/spot/monthly/klines/BTCUSDT/1m/BTCUSDT-1m-2026-03.zip"
    server.publish(path, body)
    server.script[path] = [truncated(1_000_000)]
    bars = fetch_bars(
        "BTCUSDT",
        "1m",
        "2026-03-01",
        "2026-04-01",
        tmp_path,
        options=options_for(server),
        sleep=lambda _: None,
        now=pd.Timestamp("2026-05-01", tz="UTC"),
    )
    assert (tmp_path / "BTCUSDT-1m-2026-03.zip").read_bytes() == body
    assert server.bodies() == [(path, None), (path, "bytes=1000000-")]
    assert len(bars) == 31 * 24 * 60
    assert bars["open_time"].diff().dropna().eq(pd.Timedelta(minutes=1)).all()
    assert bars["close"].iloc[0] == 66998.58
