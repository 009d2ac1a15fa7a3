"""Whether bars can be trusted: what is refused, what is mended, what is only counted."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from topoquant.lib.bars.quality.calendar import check_stamps
from topoquant.lib.bars.quality.coverage import coverage
from topoquant.lib.bars.quality.moves import Moves, check_moves
from topoquant.lib.bars.quality.sequence import (
    check_interval,
    check_order,
    list_gaps,
    without_duplicates,
    without_unfinished,
)
from topoquant.lib.bars.quality.values import check_prices, check_volumes
from topoquant.lib.bars.schema import (
    OPTIONAL_BAR_COLUMNS,
    REQUIRED_BAR_COLUMNS,
    TIME_DTYPE,
    check_one_symbol,
    interval_timedelta,
    stamps_ns,
)
from topoquant.lib.errors import bad_input

_N_LISTED = 20


@dataclass(frozen=True)
class QualityReport:
    """What was found in one symbol's bars.

    Attributes
    ----------
    bars : DataFrame
        The clean bars: `symbol` if it was there, required and present optional columns, sorted,
        float64, RangeIndex.
    symbol, interval, source : str
        What they are and where they come from ("" when it is not known).
    n_duplicates_dropped : int
        Identical repetitions left out.
    n_blank_rows : int
        Rows without any value that the reader left out.
    n_missing_bars, longest_gap_bars : int
        Bars that gaps lack, in all and in the longest.
    dropped_unfinished : bool
        Whether a last bar that had not closed, or might not have, was left out.
    n_zero_volume : int
        Bars without a trade.
    gaps : tuple of dict
        after, before (opens of the bars around it, ISO 8601) and n_missing of every gap.
    moves : Moves
        The largest move, the limit it stayed within, and far wicks.
    coverage : dict
        Bars, missing bars and bars without a trade per stretch of time; see `coverage`.
    calendar : dict or None
        Agreement with the reference's stamps; see `check_stamps`. None without a reference.
    absent_columns, notes : tuple of str
        Optional columns the source does not have, and remarks of the reader.
    """

    bars: pd.DataFrame
    symbol: str
    interval: str
    source: str
    n_duplicates_dropped: int
    n_blank_rows: int
    n_missing_bars: int
    longest_gap_bars: int
    dropped_unfinished: bool
    n_zero_volume: int
    gaps: tuple[dict[str, object], ...]
    moves: Moves
    coverage: dict[str, object]
    calendar: dict[str, object] | None
    absent_columns: tuple[str, ...]
    notes: tuple[str, ...]

    def to_dict(self) -> dict[str, object]:
        """Return the report for JSON: counts, first and last open, the first 20 gaps and far wicks.

        Returns
        -------
        dict
            Strings, numbers, booleans, None, and lists and dicts of them. `largest_move` and
            `move_limit` are factors, the latter None where there was none.
        """
        return {
            "symbol": self.symbol,
            "interval": self.interval,
            "source": self.source,
            "n_bars": len(self.bars),
            "first": self.bars["open_time"].iloc[0].isoformat(),
            "last": self.bars["open_time"].iloc[-1].isoformat(),
            "n_duplicates_dropped": self.n_duplicates_dropped,
            "n_blank_rows": self.n_blank_rows,
            "n_gaps": len(self.gaps),
            "n_missing_bars": self.n_missing_bars,
            "longest_gap_bars": self.longest_gap_bars,
            "dropped_unfinished": self.dropped_unfinished,
            "n_zero_volume": self.n_zero_volume,
            "largest_move": round(self.moves.largest, 4),
            "largest_move_at": self.moves.largest_at,
            "move_limit": round(self.moves.limit, 4) if np.isfinite(self.moves.limit) else None,
            "n_far_wicks": len(self.moves.far_wicks),
            "far_wicks": list(self.moves.far_wicks[:_N_LISTED]),
            "gaps": list(self.gaps[:_N_LISTED]),
            "calendar": self.calendar,
            "coverage": self.coverage,
            "absent_columns": list(self.absent_columns),
            "notes": list(self.notes),
        }


def validate_bars(
    bars: pd.DataFrame,
    interval: str,
    *,
    now: pd.Timestamp | None = None,
    drop_last: bool = False,
    source: str | None = None,
    reference: pd.DataFrame | None = None,
    max_move: float | None = None,
) -> QualityReport:
    """Check one symbol's bars, drop identical repetitions and an unfinished last bar.

    Nothing is filled, moved or sorted: a gap stays a gap and is counted.

    Parameters
    ----------
    bars : DataFrame, shape (n, any)
        One symbol's bars in time order, with or without `symbol`. `bars.attrs["notes"]`,
        `["source"]` and `["n_blank_rows"]`, as `read_bars` leaves them, go into the report.
    interval : str
        The interval they should have.
    now : Timestamp, optional
        Time-zone aware. A last bar that closes later is dropped; None keeps it.
    drop_last : bool
        Whether the last bar is dropped in any case: a download may end in an unfinished one,
        and nothing in the file tells.
    source : str, optional
        Where they come from; None takes `bars.attrs["source"]`.
    reference : DataFrame, optional
        Bars whose stamps are right, to compare the calendar with; see `check_stamps`.
    max_move : float, optional
        Largest factor between neighbouring prices; None takes `move_limit(interval)`, see
        `check_moves`.

    Returns
    -------
    QualityReport
        The clean bars and the counts.

    Raises
    ------
    InputError
        For missing columns, several symbols, stamps that are not UTC, out of order, off the
        interval, in the future or shifted against the reference, another interval, different
        bars at the same time, prices missing or not positive, a high or low inside the bar, a
        move no market makes, a negative or missing volume, volume and quote_volume swapped or
        in different units, and more bought than traded.

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
    check_order(clean)
    clean, n_duplicates = without_duplicates(clean)
    check_interval(clean, interval)
    clean, dropped = without_unfinished(clean, width, now, drop_last=drop_last)
    check_prices(clean)
    check_volumes(clean)
    moves = check_moves(clean, interval, max_move=max_move)
    gaps, missing = list_gaps(stamps_ns(clean), width.value)
    return QualityReport(
        bars=clean,
        symbol=str(clean["symbol"].iloc[0]) if "symbol" in clean.columns else "",
        interval=interval,
        source=str(bars.attrs.get("source", "")) if source is None else source,
        n_duplicates_dropped=n_duplicates,
        n_blank_rows=int(bars.attrs.get("n_blank_rows", 0)),
        n_missing_bars=int(missing.sum()),
        longest_gap_bars=int(missing.max(initial=0)),
        dropped_unfinished=dropped is not None,
        n_zero_volume=int((clean["volume"] == 0).sum()),
        gaps=gaps,
        moves=moves,
        coverage=coverage(clean, interval),
        calendar=None if reference is None else check_stamps(clean, reference, interval),
        absent_columns=tuple(name for name in OPTIONAL_BAR_COLUMNS if name not in clean.columns),
        notes=(*bars.attrs.get("notes", ()), *([] if dropped is None else [dropped])),
    )


def _with_contract_columns(bars: pd.DataFrame) -> pd.DataFrame:
    """Return the columns of the contract as float64, refusing frames that lack or mix them."""
    absent = [name for name in REQUIRED_BAR_COLUMNS if name not in bars.columns]
    if absent:
        expected = f"with columns {', '.join(REQUIRED_BAR_COLUMNS)}"
        raise bad_input("bars", expected, f"no {', '.join(absent)}", "add them")
    if len(bars) == 0:
        raise bad_input("bars", "one row or more", "none", "load bars first")
    check_one_symbol(bars)
    stamps = bars["open_time"]
    if str(getattr(stamps.dtype, "tz", None)) != "UTC":
        raise bad_input("open_time", "time-zone aware UTC", stamps.dtype, "convert the stamps to UTC")
    if stamps.isna().any():
        raise bad_input("open_time", "present in every row", f"{int(stamps.isna().sum())} empty", "drop them")
    names = [*REQUIRED_BAR_COLUMNS[1:], *(name for name in OPTIONAL_BAR_COLUMNS if name in bars.columns)]
    clean = pd.DataFrame(
        {"open_time": stamps.astype(TIME_DTYPE).array} | {n: _numbers(bars, n) for n in names}
    )
    if "symbol" in bars.columns:
        clean.insert(0, "symbol", str(bars["symbol"].iloc[0]))
    return clean


def _numbers(bars: pd.DataFrame, name: str) -> NDArray[np.float64]:
    """Return a column as float64."""
    try:
        return bars[name].to_numpy(np.float64, na_value=np.nan)
    except (TypeError, ValueError):
        raise bad_input(name, "numbers", f"{bars[name].dtype}", "convert the column to numbers") from None
