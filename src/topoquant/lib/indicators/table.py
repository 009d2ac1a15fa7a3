"""From one symbol's bars to a keyed table of columns, one run of bars without a gap at a time."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from topoquant.lib.bars import PRICE_COLUMNS, check_one_symbol, gap_positions, row_keys
from topoquant.lib.errors import bad_input

Values = NDArray[np.float64]
Columns = dict[str, Values]
Arrays = Mapping[str, Values]
Named = Iterable[tuple[str, Values]]


@dataclass(frozen=True)
class Column:
    """What a column is called, how it is computed, and from which bar of a run on.

    Attributes
    ----------
    name : str
        Of the column.
    formula : str
        For a reader; names of bars' columns and of the field.
    warm_up : int
        Rows at the start of a run of bars without a gap that are NaN.
    recursive : bool
        Whether all bars of the run so far have a say, those before the warm-up a negligible one.
    """

    name: str
    formula: str
    warm_up: int
    recursive: bool = False


@dataclass(frozen=True, kw_only=True)
class Indicator(Column):
    """A column with its function of one run of bars.

    Attributes
    ----------
    compute : callable
        Gets arrays of one run, among them `log_close` and `log_return`, and returns as many
        values; value i depends on entries up to i. What it gives in the warm-up is not looked at.
    """

    compute: Callable[[Arrays], Values]


def table_by_run(
    bars: pd.DataFrame,
    compute: Callable[[Arrays], Named],
    warm_up: Mapping[str, int],
    *,
    interval: str,
    extra: Mapping[str, Values] | None = None,
) -> pd.DataFrame:
    """Key and columns of every bar, each run without a gap by itself, each column NaN in its warm-up.

    `compute` gets prices, volume and the arrays of `extra` (one entry per bar, NaN allowed), and
    gives names and values one after the other, so that no two tables are in memory at once. A
    column that it leaves out of a run is NaN there.
    """
    check_one_symbol(bars)
    arrays = {name: bars[name].to_numpy(np.float64) for name in (*PRICE_COLUMNS, "volume")}
    _check(arrays, bars)
    arrays |= extra or {}
    # A row per column: pandas keeps its blocks so, and takes the array over without a copy.
    table = np.full((len(warm_up), len(bars)), np.nan)
    place = {name: row for row, name in enumerate(warm_up)}
    for run in _runs(bars, interval):
        part = {name: np.ascontiguousarray(values[run]) for name, values in arrays.items()}
        for name, values in compute(part):
            first = warm_up[name]
            table[place[name], run.start + first : run.stop] = values[first:]
    frame = pd.DataFrame(table.T, columns=list(warm_up), copy=False)
    keys = row_keys(bars, interval)
    for position, key in enumerate(keys.columns):
        frame.insert(position, key, keys[key].array)
    return frame


def with_returns(arrays: Arrays) -> Columns:
    """Add `log_close` and `log_return`, which many columns start from, to the arrays of one run."""
    log_close = np.log(arrays["close"])
    return {**arrays, "log_close": log_close, "log_return": log_close - previous(log_close)}


def ratio(above: Values, below: Values, at_zero: float) -> Values:
    """Quotient with a value of its own where the denominator is 0."""
    return np.divide(above, below, out=np.where(np.isnan(above), np.nan, at_zero), where=below != 0)


def previous(values: Values, lag: int = 1) -> Values:
    """Values `lag` bars ago, NaN before."""
    shifted = np.full(values.size, np.nan)
    shifted[lag:] = values[: max(values.size - lag, 0)]
    return shifted


def _runs(bars: pd.DataFrame, interval: str) -> list[slice]:
    """Stretches of bars that follow each other without a gap."""
    edges = [0, *gap_positions(bars, interval).tolist(), len(bars)]
    return [slice(start, stop) for start, stop in pairwise(edges)]


def _check(arrays: Arrays, bars: pd.DataFrame) -> None:
    """Refuse bars without a usable price or volume."""
    for name, values in arrays.items():
        usable = np.isfinite(values) & (values > 0 if name in PRICE_COLUMNS else values >= 0)
        if not usable.all():
            first = int(np.argmin(usable))
            raise bad_input(
                f"bars.{name}",
                "finite and " + ("> 0" if name in PRICE_COLUMNS else ">= 0"),
                f"{values[first]} at {bars['open_time'].iloc[first]}",
                "drop that bar: a gap is allowed, a bad bar is not",
            )
