"""From a request to checked bars: made, read or fetched, and what stands beside them."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from topoquant.lib.bars.instants import bars_between
from topoquant.lib.bars.options import MarketOptions, MarketRequest
from topoquant.lib.bars.panel import stack_symbols
from topoquant.lib.bars.quality import QualityReport, validate_bars
from topoquant.lib.bars.reading import read_bars
from topoquant.lib.bars.reading.series import read_series
from topoquant.lib.bars.request import Asked, check_request
from topoquant.lib.bars.resampling import resample_bars
from topoquant.lib.bars.schema import OPTIONAL_BAR_COLUMNS, TIME_DTYPE, infer_interval, interval_timedelta
from topoquant.lib.bars.sources import fetch_markets
from topoquant.lib.bars.synthetic import synthetic_panel
from topoquant.lib.errors import bad_input
from topoquant.lib.progress import Progress, silent

Load = Callable[[str], tuple[pd.DataFrame, bool]]
_TRUTH = {"symbol": "str", "time": TIME_DTYPE, "drift": "float64", "volatility": "float64"}
_MACRO = {"name": "str", "available_at": TIME_DTYPE, "value": "float64"}


@dataclass(frozen=True)
class Market:
    """Bars of all symbols, what was found in them, and what stands beside them.

    Attributes
    ----------
    bars : DataFrame
        Sorted by (symbol, open_time). An optional column is there iff every bar has it.
    quality : list of dict
        One JSON-able report per symbol; the first also says what concerns the whole run.
    truth : DataFrame
        `symbol, time, drift, volatility` of a synthetic market, known at `time`, and what the
        scores of its kind need; no rows elsewhere.
    references : DataFrame
        Bars of other coins at the same interval, columns and order as `bars`; no rows without.
    finer : DataFrame
        The shorter bars that `bars` were made of, columns and order as `bars`; no rows of a symbol whose
        bars were read as they are.
    macro : DataFrame
        `name, available_at, value` of series that are no bars, in order of name and time; a value
        is known from `available_at` on. No rows without.
    """

    bars: pd.DataFrame
    quality: list[dict[str, Any]]
    truth: pd.DataFrame
    references: pd.DataFrame
    finer: pd.DataFrame
    macro: pd.DataFrame


def read_market(request: MarketRequest, market: MarketOptions, *, progress: Progress = silent) -> Market:
    """Make, read or fetch the bars a run asks for, and check them.

    Parameters
    ----------
    request : MarketRequest
        Source, symbols and span.
    market : MarketOptions
        Interval of the recipe; finer bars are resampled up to it. The first reference is also
        the calendar against which the market's stamps are checked.
    progress : Progress
        Told about every symbol, and about downloads.

    Returns
    -------
    Market
        Nothing is filled, nothing invented.

    Raises
    ------
    InputError
        For whatever would corrupt research; see `read_bars` and `validate_bars`. What contradicts
        itself is refused before anything is read.

    Examples
    --------
    >>> request = MarketRequest(source="synthetic", path=None, symbol="SYN", kind="noise", seed=1, start=None,
    ...                         end=None, raw_folder="01_raw", binance=None)
    >>> options = MarketOptions(interval="15m", n_bars=500, correlation=0.5, drop_last=True)
    >>> market = read_market(request, options)
    >>> len(market.bars), market.quality[0]["n_gaps"], len(market.references)
    (500, 0, 0)
    """
    asked = check_request(request, market)
    macro, macro_notes = _read_macro(market)
    load, truth = _loader(request, market, asked, progress)
    now = None if request.source == "synthetic" else pd.Timestamp.now("UTC")
    reports: dict[str, QualityReport] = {}
    shorter: dict[str, pd.DataFrame] = {}
    first = next(iter(market.references), None)
    with progress(2 * len(asked.paths), "steps") as advance:
        for name in asked.paths:
            bars, drop_last = load(name)
            advance(1)
            calendar = reports[first].bars if first is not None and name in asked.symbols else None
            reports[name], finer = _checked(bars, market, now=now, drop_last=drop_last, reference=calendar)
            if finer is not None and name in asked.symbols:
                shorter[name] = finer
            advance(1)
    own = {name: reports[name] for name in asked.symbols}
    others = {name: reports[name] for name in market.references}
    bars, notes = stack_symbols({name: report.bars for name, report in own.items()})
    references, reference_notes = stack_symbols({name: report.bars for name, report in others.items()})
    finer, _ = stack_symbols(shorter)
    absent = [column for column in OPTIONAL_BAR_COLUMNS if column not in bars.columns]
    unknown = ["no taker_buy_volume: order flow is absent, not estimated"] * ("taker_buy_volume" in absent)
    quality: list[dict[str, Any]] = [
        {
            **report.to_dict(),
            "symbol": name,
            "source": request.source,
            "absent_columns": absent,
            "notes": [*report.notes, *notes[name], *unknown],
        }
        for name, report in own.items()
    ]
    quality[0]["notes"] += [*_reference_notes(others, reference_notes), *macro_notes]
    return Market(bars, quality, truth, references, finer, macro)


def _loader(
    request: MarketRequest, market: MarketOptions, asked: Asked, progress: Progress
) -> tuple[Load, pd.DataFrame]:
    """Return what gives a symbol's bars and whether its last may be unfinished, and the truth.

    Made and fetched bars are brought here; files are read one by one.
    """
    here = [name for name, path in asked.paths.items() if path is None]
    brought: dict[str, pd.DataFrame] = {}
    truth = _no_rows(_TRUTH)
    if request.source == "synthetic":
        # The market's own first: its bars are then the same with and without references.
        names = [*asked.symbols, *market.references]
        made = synthetic_panel(
            request.kind, symbols=names, n_bars=market.n_bars, seed=request.seed,
            interval=market.interval, correlation=market.correlation,
        )  # fmt: skip
        by_name = dict(zip(names, made, strict=True))
        brought = {name: bars_between(by_name[name].bars, asked.start, asked.end) for name in names}
        truth = pd.concat([by_name[name].truth for name in asked.symbols], ignore_index=True)
    elif here and request.binance is not None and asked.start is not None:
        interval = market.source_interval or market.interval
        folder = request.raw_folder / "binance"
        fetched = fetch_markets(
            here, [interval], asked.start, asked.end, folder, options=request.binance, progress=progress
        )
        brought = {symbol: bars for (symbol, _), bars in fetched.items()}

    def load(name: str) -> tuple[pd.DataFrame, bool]:
        return (brought.pop(name), False) if name in brought else _read_files(name, market, asked)

    return load, truth


def _read_files(name: str, market: MarketOptions, asked: Asked) -> tuple[pd.DataFrame, bool]:
    """Read a symbol's bars from files, and say whether the file's own last bar is among them."""
    path = asked.paths[name]
    # The interval named is that of the market's own files; a reference may have another.
    wanted = market.source_interval if name in asked.symbols else None
    # Read to the end: only then is the last bar known to be the file's last, or not.
    bars = read_bars(
        str(path), symbol=name, start=asked.start, interval=wanted, format=market.format,
        time_zone=market.time_zone,
    )  # fmt: skip
    found = infer_interval(bars)
    if wanted is not None and interval_timedelta(found) != interval_timedelta(wanted):
        raise bad_input("market.source_interval", f"{found}, as {path} has", wanted, "name that, or null")
    cut = bars_between(bars, None, asked.end)
    return cut, market.drop_last and len(cut) == len(bars)


def _checked(
    bars: pd.DataFrame,
    market: MarketOptions,
    *,
    now: pd.Timestamp | None,
    drop_last: bool,
    reference: pd.DataFrame | None,
) -> tuple[QualityReport, pd.DataFrame | None]:
    """Check bars as they are; finer ones are then resampled up, and their defects stay reported.

    The second is those finer bars.
    """
    interval, found = market.interval, infer_interval(bars)
    wanted, width = interval_timedelta(interval), interval_timedelta(found)
    if width >= wanted or wanted % width != pd.Timedelta(0):
        as_read = validate_bars(
            bars, interval, now=now, drop_last=drop_last, max_move=market.max_move, reference=reference
        )
        return as_read, None
    finer = validate_bars(bars, found, now=now, drop_last=drop_last, max_move=market.max_move)
    # A longer bar that is not over lacks a part, so that none comes out unfinished.
    resampled = resample_bars(finer.bars, interval, source_interval=found)
    n_finer = f"{len(finer.bars):,} bars of {found}"
    if len(resampled) == 0:
        raise bad_input("bars", f"enough for one whole bar of {interval}", n_finer, "widen start and end")
    coarse = validate_bars(resampled, interval, now=now, max_move=market.max_move, reference=reference)
    note = f"resampled from {n_finer}, {finer.n_missing_bars} missing"
    report = replace(
        coarse,
        n_duplicates_dropped=finer.n_duplicates_dropped,
        n_blank_rows=finer.n_blank_rows,
        dropped_unfinished=finer.dropped_unfinished,
        notes=(*finer.notes, note),
    )
    return report, finer.bars


def _reference_notes(reports: dict[str, QualityReport], notes: dict[str, list[str]]) -> list[str]:
    """Say what the other coins are, or that there are none."""
    if not reports:
        return ["no reference bars (market.references): features of other coins are absent"]
    said = []
    for name, report in reports.items():
        first, last = (report.bars["open_time"].iloc[i].isoformat() for i in (0, -1))
        counts = f"{len(report.bars):,} bars of {report.interval}, {first} to {last}"
        said.append(f"reference {name}: {counts}, {report.n_missing_bars} missing")
        said += [f"reference {name}: {text}" for text in (*report.notes, *notes[name])]
    return said


def _read_macro(market: MarketOptions) -> tuple[pd.DataFrame, list[str]]:
    """Read every series, one below the other, and say what they are, or that there are none."""
    parts, notes = [], []
    for name, path in sorted(market.macro.items()):
        one = read_series(path, name=name)
        first, last = (one["available_at"].iloc[i].isoformat() for i in (0, -1))
        notes.append(f"macro {name}: {len(one):,} values, known from {first} to {last}")
        notes += [f"macro {name}: {text}" for text in one.attrs.get("notes", ())]
        parts.append(one.assign(name=name)[list(_MACRO)])
    if parts:
        return pd.concat(parts, ignore_index=True), notes
    return _no_rows(_MACRO), ["no macro series (market.macro): their features are absent"]


def _no_rows(dtypes: dict[str, str]) -> pd.DataFrame:
    """Return a table of these columns that is empty."""
    return pd.DataFrame(columns=list(dtypes)).astype(dtypes)
