"""The exchange's public archive: monthly and daily zip files, each with its checksum."""

import contextlib
import os
import re
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pandas as pd
import requests

from topoquant.lib.bars.sources.downloading import (
    Connection,
    download,
    get_bytes,
    publish,
    sha256_of,
    write_whole,
)
from topoquant.lib.bars.sources.options import SourceOptions
from topoquant.lib.bars.sources.retrying import ALTERNATIVES, Sleep, unavailable
from topoquant.lib.bars.sources.span import check_market, day_of, days_between, time_span, utc_now
from topoquant.lib.errors import InputError, bad_input
from topoquant.lib.progress import Progress, silent

Cadence = Literal["monthly", "daily"]


@dataclass(frozen=True, kw_only=True)
class _Shelf:
    """One market's files: where they are published and where they are stored."""

    symbol: str
    interval: str
    directory: Path
    connection: Connection

    def path(self, period: pd.Period) -> Path:
        """Return the file of a month or a day."""
        return self.directory / f"{self.symbol}-{self.interval}-{period}.zip"

    def prefix(self, cadence: Cadence) -> str:
        """Return the archive's folder, with a trailing slash."""
        return f"data/spot/{cadence}/klines/{self.symbol}/{self.interval}/"


def fetch_archive(
    symbol: str,
    interval: str,
    start: str | pd.Timestamp,
    end: str | pd.Timestamp | None,
    directory: Path,
    *,
    options: SourceOptions,
    session: requests.Session | None = None,
    progress: Progress = silent,
    sleep: Sleep = time.sleep,
    now: pd.Timestamp | None = None,
) -> list[Path]:
    """Bring the archive's files of one market into `directory`, untouched and verified.

    A closed month is one monthly file. The current month, and a month whose file is not published
    yet, are daily files. A file that is stored with its checksum and matches it is not asked for
    again: with everything stored no connection is made. A broken download goes on where it stopped.

    Parameters
    ----------
    symbol, interval : str
        The market ("BTCUSDT", "15m").
    start, end : str, Timestamp
        The half-open stretch of `open_time` wanted, UTC; `end=None` means now. Whole files are
        fetched, so they reach beyond it.
    directory : Path
        Raw files of this market and interval; made when absent.
    options : SourceOptions
        Addresses and patience.
    session : requests.Session, optional
        Used and left open; otherwise one is opened and closed here.
    progress : Progress
        Counts months.
    sleep : callable
        Waits for a number of seconds.
    now : Timestamp, optional
        The present instant; decides which days are over.

    Returns
    -------
    list of Path
        The zip files, in order of time and without overlap. Days that are not published yet have
        none: `fetch_recent` has those.

    Raises
    ------
    InputError
        For a bad symbol, interval or stretch; for a month that the archive does not have; for a file
        that still fails its checksum after a second download; when the archive cannot be reached.
    """
    check_market(symbol, interval)
    present = utc_now() if now is None else now
    since, until = time_span(start, end, present)
    today = day_of(present)
    days = [day for day in days_between(since, until) if day < today]
    months: dict[pd.Period, list[pd.Period]] = {}
    for day in days:
        months.setdefault(day.asfreq("M"), []).append(day)
    directory.mkdir(parents=True, exist_ok=True)
    paths: list[Path] = []
    with _session(session) as opened, _exclusive(directory), progress(len(months), "months") as advance:
        connection = Connection(session=opened, options=options, sleep=sleep)
        shelf = _Shelf(symbol=symbol, interval=interval, directory=directory, connection=connection)
        for month, wanted in months.items():
            paths += _fetch_month(shelf, month, wanted, today)
            advance(1)
    return paths


def days_covered(paths: Sequence[Path]) -> set[pd.Period]:
    """Return the days that archive files stand for, read from their names.

    Parameters
    ----------
    paths : sequence of Path
        Monthly and daily files as `fetch_archive` returns them.

    Returns
    -------
    set of Period
        Days.

    Examples
    --------
    >>> days = days_covered([Path("BTCUSDT-1m-2026-03.zip"), Path("BTCUSDT-1m-2026-04-01.zip")])
    >>> len(days), str(max(days))
    (32, '2026-04-01')
    """
    covered: set[pd.Period] = set()
    for path in paths:
        date = path.stem.split("-", 2)[2]
        period = pd.Period(date, freq="M" if date.count("-") == 1 else "D")
        covered.update(pd.period_range(period.asfreq("D", "start"), period.asfreq("D", "end"), freq="D"))
    return covered


def _fetch_month(shelf: _Shelf, month: pd.Period, days: list[pd.Period], today: pd.Period) -> list[Path]:
    """Return the files of one month's wanted days: the monthly file, else the daily ones."""
    monthly = shelf.path(month)
    closed = month < today.asfreq("M")
    if closed and _is_stored(monthly):
        return [monthly]
    daily = [shelf.path(day) for day in days]
    if all(_is_stored(path) for path in daily):
        return daily
    if closed and _fetch_file(shelf, "monthly", monthly):
        return [monthly]
    published = [path for path in daily if _fetch_file(shelf, "daily", path)]
    if not published and (today - days[0]).n > shelf.connection.options.publication_days:
        _refuse_unpublished(shelf, month)
    return published


def _fetch_file(shelf: _Shelf, cadence: Cadence, path: Path) -> bool:
    """Store one file and its checksum; False when the archive does not have both."""
    if _is_stored(path):
        return True
    url = f"{shelf.connection.options.base_url}/{shelf.prefix(cadence)}{path.name}"
    part = path.with_name(path.name + ".part")
    expected = got = ""
    # Twice: the stored part may come from a file that has been republished since.
    for _ in range(2):
        checksum = get_bytes(url + ".CHECKSUM", shelf.connection)
        if checksum is None:
            return False
        expected = _parse_checksum(checksum, path.name, url)
        if path.exists() and sha256_of(path) == expected:
            write_whole(_checksum_path(path), checksum)
            return True
        if not download(url, part, shelf.connection):
            return False
        got = sha256_of(part)
        if got == expected:
            publish(part, path)
            write_whole(_checksum_path(path), checksum)
            return True
        part.unlink()
    raise bad_input(
        path.name, f"a file with sha256 {expected}", f"{got} after a second download", ALTERNATIVES
    )


def _is_stored(path: Path) -> bool:
    """Say whether a file lies here whole, by the checksum stored beside it."""
    checksum = _checksum_path(path)
    if not (path.exists() and checksum.exists()):
        return False
    return _find_checksum(checksum.read_bytes(), path.name) == sha256_of(path)


def _checksum_path(path: Path) -> Path:
    """Return where a file's checksum is stored."""
    return path.with_name(path.name + ".CHECKSUM")


def _find_checksum(body: bytes, name: str) -> str | None:
    """Read the sha256sum line of `name`; None when there is none."""
    pattern = rf"([0-9a-fA-F]{{64}})\s+\*?{re.escape(name)}\s*"
    match = re.fullmatch(pattern, body.decode("utf-8", errors="replace"))
    return None if match is None else match[1].lower()


def _parse_checksum(body: bytes, name: str, url: str) -> str:
    """Read the checksum of `name`, refusing a page that is none, such as a proxy's login."""
    found = _find_checksum(body, name)
    if found is None:
        raise unavailable(f"{url}.CHECKSUM", f"{body[:60]!r}, which is no sha256 line for {name}")
    return found


def _refuse_unpublished(shelf: _Shelf, month: pd.Period) -> None:
    """Refuse a month outside what the archive has; a hole inside is a gap and stays one."""
    months = _published_months(shelf)
    if months and months[0] < str(month) < months[-1]:
        return
    market = f"{shelf.symbol} {shelf.interval}"
    where = f"{shelf.connection.options.base_url}/{shelf.prefix('monthly')}"
    remedy = "check symbol, interval, start and end"
    if months:
        remedy = f"the archive has {market} from {months[0]} to {months[-1]}; move start or end"
    elif months is not None:
        remedy = f"the archive has no {market} at all; check symbol and interval"
    raise bad_input(
        f"{market} {month}",
        f"published under {where}",
        "neither a monthly nor a daily file (HTTP 404)",
        remedy,
    )


def _published_months(shelf: _Shelf) -> list[str] | None:
    """List the months with a monthly file, ascending; None when the listing cannot be had."""
    listing_url = shelf.connection.options.listing_url
    if listing_url is None:
        return None
    try:
        body = get_bytes(f"{listing_url}?prefix={shelf.prefix('monthly')}", shelf.connection)
    except InputError:
        # The listing only words a refusal that is raised either way.
        return None
    if body is None:
        return None
    names = re.findall(r"-(\d{4}-\d{2})\.zip</Key>", body.decode("utf-8", errors="replace"))
    return sorted(set(names))


@contextlib.contextmanager
def _session(given: requests.Session | None) -> Iterator[requests.Session]:
    """Use the caller's session and leave it open, or open and close one."""
    if given is not None:
        yield given
        return
    with requests.Session() as opened:
        yield opened


@contextlib.contextmanager
def _exclusive(directory: Path) -> Iterator[None]:
    """Let one process at a time write here; a second one waits and then finds the files."""
    if os.name != "posix":
        yield
        return
    import fcntl  # noqa: PLC0415  (absent elsewhere)

    with (directory / ".lock").open("w") as lock:
        # Some network file systems have no locks; the checksums still hold there.
        with contextlib.suppress(OSError):
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield
