"""Bars of one market: the archive as far as it goes, then the REST interface."""

import functools
import itertools
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pandas as pd
import requests

from topoquant.lib.bars.reading import read_bars
from topoquant.lib.bars.schema import interval_timedelta
from topoquant.lib.bars.sources.archive import days_covered, fetch_archive
from topoquant.lib.bars.sources.options import SourceOptions
from topoquant.lib.bars.sources.rest import Exchange, fetch_recent
from topoquant.lib.bars.sources.retrying import Sleep
from topoquant.lib.bars.sources.span import check_market, days_between, time_span, utc_now
from topoquant.lib.errors import bad_input
from topoquant.lib.progress import Progress, silent


def fetch_bars(
    symbol: str,
    interval: str,
    start: str | pd.Timestamp,
    end: str | pd.Timestamp | None,
    directory: Path,
    *,
    options: SourceOptions,
    session: requests.Session | None = None,
    exchange: Exchange | None = None,
    progress: Progress = silent,
    sleep: Sleep = time.sleep,
    now: pd.Timestamp | None = None,
) -> pd.DataFrame:
    """Fetch the finished bars of one market that opened in [start, end).

    Parameters
    ----------
    symbol, interval : str
        The market ("BTCUSDT", "15m").
    start, end : str, Timestamp
        The half-open stretch of `open_time` wanted, UTC; `end=None` means now.
    directory : Path
        Where the archive's files are stored, untouched; those already there are not fetched again.
    options : SourceOptions
        Addresses, patience, page size.
    session : requests.Session, optional
        For the archive; otherwise one is opened and closed here.
    exchange : Exchange, optional
        A ccxt exchange for the days that have no archive file; otherwise one is opened when needed.
    progress : Progress
        Counts months of the archive, then bars of the REST interface.
    sleep : callable
        Waits for a number of seconds.
    now : Timestamp, optional
        The present instant; a bar that is not over then is left out.

    Returns
    -------
    DataFrame, shape (n, 10)
        Bars in order of `open_time`, with quote volume, trades and taker volume. What the exchange
        does not have is a gap. `attrs["source"]` is the directory, `attrs["notes"]` says how many
        bars came by REST.

    Raises
    ------
    InputError
        As `fetch_archive` and `fetch_recent`; also when there is no bar at all.
    """
    present = utc_now() if now is None else now
    step = interval_timedelta(interval)
    since, until = time_span(start, end, present)
    archive = functools.partial(
        fetch_archive, options=options, session=session, progress=progress, sleep=sleep, now=present
    )
    recent = functools.partial(
        fetch_recent, options=options, exchange=exchange, progress=progress, sleep=sleep, now=now
    )
    paths = archive(symbol, interval, since, until, directory)
    frames = [read_bars(path, symbol=symbol) for path in paths]
    from_rest = [
        recent(symbol, interval, first, last)
        for first, last in _uncovered(paths, since, until)
        if first + step <= present
    ]
    n_from_rest = sum(len(frame) for frame in from_rest)
    frames = [frame for frame in frames + from_rest if len(frame)]
    if not frames:
        stretch = f"{since.isoformat()} to {until.isoformat()}"
        raise bad_input(f"{symbol} {interval}", f"traded from {stretch}", "no bar", "move start or end")
    bars = pd.concat(frames, ignore_index=True).sort_values("open_time", kind="stable", ignore_index=True)
    # The archive's files are whole days that are over; both sources leave unfinished bars out.
    bars = bars[(bars["open_time"] >= since) & (bars["open_time"] < until)].reset_index(drop=True)
    notes = [f"{n_from_rest} bars from the REST interface, not from the archive"] if n_from_rest else []
    bars.attrs = {"source": str(directory), "notes": notes}
    return bars


def fetch_markets(
    symbols: Sequence[str],
    intervals: Sequence[str],
    start: str | pd.Timestamp,
    end: str | pd.Timestamp | None,
    directory: Path,
    *,
    options: SourceOptions,
    session: requests.Session | None = None,
    exchange: Exchange | None = None,
    progress: Progress = silent,
    sleep: Sleep = time.sleep,
    now: pd.Timestamp | None = None,
) -> dict[tuple[str, str], pd.DataFrame]:
    """Fetch the finished bars of every symbol at every interval.

    All markets are checked before the first is asked for. One that fails stops the call; what
    came before it is stored and not fetched again.

    Parameters
    ----------
    symbols, intervals : sequence of str
        Markets are their product.
    start, end, options, session, exchange, progress, sleep, now
        As in `fetch_bars`, the same for all.
    directory : Path
        Raw files go to `<directory>/<symbol>/<interval>`.

    Returns
    -------
    dict
        (symbol, interval) to bars as `fetch_bars` gives them, in the order asked for.

    Raises
    ------
    InputError
        As `fetch_bars`.
    """
    markets = list(itertools.product(symbols, intervals))
    for symbol, interval in markets:
        check_market(symbol, interval)
    return {
        (symbol, interval): fetch_bars(
            symbol, interval, start, end, directory / symbol / interval,
            options=options, session=session, exchange=exchange, progress=progress, sleep=sleep, now=now,
        )
        for symbol, interval in markets
    }  # fmt: skip


def _uncovered(
    paths: Sequence[Path], since: pd.Timestamp, until: pd.Timestamp
) -> Iterator[tuple[pd.Timestamp, pd.Timestamp]]:
    """Yield the stretches of whole days without an archive file, cut to [since, until)."""
    covered = days_covered(paths)
    days = [day for day in days_between(since, until) if day not in covered]
    # Consecutive days share the difference between their number and their place in the list.
    for _, run in itertools.groupby(enumerate(days), key=lambda item: item[1].ordinal - item[0]):
        stretch = [day for _, day in run]
        first = stretch[0].start_time.tz_localize("UTC")
        last = (stretch[-1] + 1).start_time.tz_localize("UTC")
        yield max(first, since), min(last, until)
