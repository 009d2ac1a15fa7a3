"""Whether bars can be trusted: what is refused, what is mended, what is only counted."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from topoquant.lib.bars.gaps import gap_positions
from topoquant.lib.bars.schema import (
    BAR_COLUMNS,
    OPTIONAL_BAR_COLUMNS,
    PRICE_COLUMNS,
    TIME_DTYPE,
    infer_interval,
    interval_timedelta,
    stamps_ns,
)
from topoquant.lib.errors import InputError, bad_input

_N_GAPS_LISTED = 20
_PRICE_TOLERANCE = 10.0


@dataclass(frozen=True)
class QualityReport:
    """What was found in one symbol's bars.

    Attributes
    ----------
    bars : DataFrame
        The clean bars: required and present optional columns, sorted, float64, RangeIndex.
    symbol, interval, source : str
        What they are and where they come from ("" when it is not known).
    n_duplicates_dropped : int
        Identical repetitions left out.
    n_missing_bars, longest_gap_bars : int
        Bars that gaps lack, in all and in the longest.
    dropped_unfinished : bool
        Whether a last bar that had not closed was left out.
    n_zero_volume : int
        Bars without a trade.
    gaps : tuple of dict
        after, before (opens of the bars around it, ISO 8601) and n_missing of every gap.
    absent_columns, notes : tuple of str
        Optional columns the source does not have, and remarks of the reader.
    """

    bars: pd.DataFrame
    symbol: str
    interval: str
    source: str
    n_duplicates_dropped: int
    n_missing_bars: int
    longest_gap_bars: int
    dropped_unfinished: bool
    n_zero_volume: int
    gaps: tuple[dict[str, object], ...]
    absent_columns: tuple[str, ...]
    notes: tuple[str, ...]

    def to_dict(self) -> dict[str, object]:
        """Return the report for JSON: counts, first and last open, and the first 20 gaps.

        Returns
        -------
        dict
            Strings, ints, booleans and lists of them.
        """
        return {
            "symbol": self.symbol,
            "interval": self.interval,
            "source": self.source,
            "n_bars": len(self.bars),
            "first": self.bars["open_time"].iloc[0].isoformat(),
            "last": self.bars["open_time"].iloc[-1].isoformat(),
            "n_duplicates_dropped": self.n_duplicates_dropped,
            "n_gaps": len(self.gaps),
            "n_missing_bars": self.n_missing_bars,
            "longest_gap_bars": self.longest_gap_bars,
            "dropped_unfinished": self.dropped_unfinished,
            "n_zero_volume": self.n_zero_volume,
            "gaps": list(self.gaps[:_N_GAPS_LISTED]),
            "absent_columns": list(self.absent_columns),
            "notes": list(self.notes),
        }


def validate_bars(
    bars: pd.DataFrame, interval: str, *, now: pd.Timestamp | None = None, source: str | None = None
) -> QualityReport:
    """Check one symbol's bars, drop identical repetitions and an unfinished last bar.

    Nothing is filled, moved or sorted: a gap stays a gap and is counted.

    Parameters
    ----------
    bars : DataFrame, shape (n, any)
        One symbol's bars in time order. `bars.attrs["notes"]` and `["source"]`, as
        `read_bars` leaves them, go into the report.
    interval : str
        The interval they should have.
    now : Timestamp, optional
        Time-zone aware. A last bar that closes later is dropped; None keeps it.
    source : str, optional
        Where they come from; None takes `bars.attrs["source"]`.

    Returns
    -------
    QualityReport
        The clean bars and the counts.

    Raises
    ------
    InputError
        For missing columns, several symbols, stamps that are not UTC, out of order, off the
        interval or in the future, another interval, different bars at the same time, prices
        missing or not positive, a high or low inside the bar, a negative or missing volume,
        volume and quote_volume that no price of the bar connects.

    Examples
    --------
    >>> from topoquant.lib.bars.synthetic import synthetic_bars
    >>> bars = synthetic_bars("noise", n_bars=100, seed=1, interval="1h").bars
    >>> report = validate_bars(bars.drop(index=[10, 11]), "1h")
    >>> report.n_missing_bars, report.gaps[0]["after"]
    (2, '2024-01-01T09:00:00+00:00')
    """
    width = interval_timedelta(interval)
    clean = _with_contract_columns(bars)
    _check_times(clean)
    clean, n_duplicates = _without_duplicates(clean)
    _check_interval(clean, interval)
    _check_prices(clean)
    _check_volumes(clean)
    clean, dropped = _without_unfinished(clean, width, now)
    after = gap_positions(clean, interval)
    missing = np.diff(stamps_ns(clean))[after - 1] // width.value - 1
    opens = clean["open_time"]
    gaps = tuple(
        {"after": opens[i - 1].isoformat(), "before": opens[i].isoformat(), "n_missing": int(count)}
        for i, count in zip(after.tolist(), missing.tolist(), strict=True)
    )
    return QualityReport(
        bars=clean,
        symbol=str(clean["symbol"].iloc[0]),
        interval=interval,
        source=str(bars.attrs.get("source", "")) if source is None else source,
        n_duplicates_dropped=n_duplicates,
        n_missing_bars=int(missing.sum()),
        longest_gap_bars=int(missing.max(initial=0)),
        dropped_unfinished=dropped,
        n_zero_volume=int((clean["volume"] == 0).sum()),
        gaps=gaps,
        absent_columns=tuple(name for name in OPTIONAL_BAR_COLUMNS if name not in clean.columns),
        notes=tuple(bars.attrs.get("notes", ())),
    )


def _with_contract_columns(bars: pd.DataFrame) -> pd.DataFrame:
    """Return the columns of the contract as float64, refusing frames that lack or mix them."""
    absent = [name for name in BAR_COLUMNS if name not in bars.columns]
    if absent:
        raise bad_input(
            "bars", f"with columns {', '.join(BAR_COLUMNS)}", f"no {', '.join(absent)}", "add them"
        )
    if len(bars) == 0:
        raise bad_input("bars", "one row or more", "none", "load bars first")
    symbols = sorted(bars["symbol"].astype(str).unique())
    if len(symbols) > 1:
        raise bad_input("bars", "of one symbol", f"several symbols ({', '.join(symbols)})", "pick one symbol")
    stamps = bars["open_time"]
    if str(getattr(stamps.dtype, "tz", None)) != "UTC":
        raise bad_input("open_time", "time-zone aware UTC", stamps.dtype, "convert the stamps to UTC")
    if stamps.isna().any():
        raise bad_input("open_time", "present in every row", f"{int(stamps.isna().sum())} empty", "drop them")
    numeric = [*BAR_COLUMNS[2:], *(name for name in OPTIONAL_BAR_COLUMNS if name in bars.columns)]
    clean = bars[["symbol", "open_time", *numeric]].reset_index(drop=True)
    clean.attrs = {}
    dtypes: Any = {"open_time": TIME_DTYPE, "symbol": str} | dict.fromkeys(numeric, "float64")
    return clean.astype(dtypes)


def _check_times(bars: pd.DataFrame) -> None:
    """Refuse stamps that go back."""
    back = np.flatnonzero(np.diff(stamps_ns(bars)) < 0)
    if len(back):
        earlier, later = bars["open_time"].iloc[[back[0], back[0] + 1]]
        raise bad_input(
            "open_time", "in time order", f"{later} after {earlier} ({len(back)} steps back)",
            "sort the file by time, or split it where two downloads were joined",
        )  # fmt: skip


def _without_duplicates(bars: pd.DataFrame) -> tuple[pd.DataFrame, int]:
    """Drop identical repetitions, refuse different bars that claim the same time."""
    unique = bars.drop_duplicates()
    conflicting = unique["open_time"].duplicated(keep=False)
    if conflicting.any():
        first = unique.loc[conflicting, "open_time"].iloc[0]
        rows = unique.loc[unique["open_time"] == first].drop(columns=["symbol", "open_time"])
        shown = " and ".join(str(tuple(row)) for row in rows.head(2).itertuples(index=False, name=None))
        n_times = int(unique.loc[conflicting, "open_time"].nunique())
        raise bad_input(
            "bars", "one per time", f"{shown} at {first} ({n_times} such times)", "keep the finished one"
        )
    return unique.reset_index(drop=True), len(bars) - len(unique)


def _check_interval(bars: pd.DataFrame, interval: str) -> None:
    """Refuse bars of another interval, and stamps between its steps."""
    if len(bars) < 2:
        return
    found = infer_interval(bars)
    if interval_timedelta(found) != interval_timedelta(interval):
        raise bad_input(
            "market.interval",
            f"{found}, as the bars are",
            interval,
            f"set it to {found} or bring bars of {interval} or finer",
        )
    off = np.flatnonzero(np.diff(stamps_ns(bars)) % interval_timedelta(interval).value)
    if len(off):
        raise bad_input(
            "open_time", f"whole steps of {interval} apart", f"{bars['open_time'].iloc[off[0] + 1]}",
            f"correct the stamps ({len(off)} off the grid)",
        )  # fmt: skip


def _refusal(bars: pd.DataFrame, bad: pd.Series, name: str, allowed: str, remedy: str) -> InputError:
    """Build the refusal that shows the first bad row."""
    row = bars.loc[bad].iloc[0]
    shown = ", ".join(f"{column} {row[column]:g}" for column in bars.columns[2:])
    got = f"{shown} at {row['open_time']} ({int(bad.sum())} of {len(bars)} rows)"
    return bad_input(name, allowed, got, remedy)


def _check_prices(bars: pd.DataFrame) -> None:
    """Refuse prices that are no prices and bars whose ends stick out of their range."""
    prices = bars[list(PRICE_COLUMNS)]
    wrong = ~((prices > 0) & np.isfinite(prices)).all(axis=1)
    if wrong.any():
        raise _refusal(bars, wrong, "prices", "finite and positive", "drop or mend these rows")
    outside = (bars["high"] < prices.max(axis=1)) | (bars["low"] > prices.min(axis=1))
    if outside.any():
        raise _refusal(bars, outside, "prices", "within [low, high]", "check the order of the columns")


def _check_volumes(bars: pd.DataFrame) -> None:
    """Refuse volumes that are missing or negative, and the two volumes swapped."""
    wrong = ~(bars["volume"] >= 0) | np.isinf(bars["volume"])
    for name in OPTIONAL_BAR_COLUMNS:
        if name in bars.columns:
            wrong |= bars[name] < 0
    if wrong.any():
        raise _refusal(bars, wrong, "volumes", "present and not negative", "drop or mend these rows")
    if "quote_volume" not in bars.columns:
        return
    traded = (bars["volume"] > 0) & (bars["quote_volume"] > 0)
    # Far wider than rounding needs: it is there to catch the two columns swapped.
    price = bars["quote_volume"] / bars["volume"].where(traded)
    swapped = (price > bars["high"] * _PRICE_TOLERANCE) | (price < bars["low"] / _PRICE_TOLERANCE)
    if swapped.any():
        raise _refusal(
            bars, swapped, "quote_volume / volume", "a price of the bar", "check whether they are swapped"
        )


def _without_unfinished(
    bars: pd.DataFrame, width: pd.Timedelta, now: pd.Timestamp | None
) -> tuple[pd.DataFrame, bool]:
    """Drop the last bar if it has not closed; refuse bars that have not even opened."""
    if now is None:
        return bars, False
    last = bars["open_time"].iloc[-1]
    if last > now:
        raise bad_input(
            "open_time", f"before now ({now})", last, "check the clock and the time zone of the stamps"
        )
    if last + width <= now:
        return bars, False
    if len(bars) == 1:
        raise bad_input("bars", "one closed bar or more", f"only {last}, still open", "load more bars")
    return bars.iloc[:-1], True
