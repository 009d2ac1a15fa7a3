"""From one symbol's bars to a keyed table of columns, one run of bars without a gap at a time."""

from collections.abc import Callable, Mapping
from itertools import pairwise

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from topoquant.lib.bars import PRICE_COLUMNS, check_one_symbol, gap_positions, row_keys
from topoquant.lib.errors import bad_input

Columns = dict[str, NDArray[np.float64]]
Arrays = Mapping[str, NDArray[np.float64]]


def table_by_run(
    bars: pd.DataFrame,
    compute: Callable[[Arrays], Columns],
    names: tuple[str, ...],
    *,
    interval: str,
    warm_up: int,
    extra: tuple[str, ...] = (),
) -> pd.DataFrame:
    """Key and columns of every bar, each run without a gap by itself, its first `warm_up` rows NaN.

    `compute` gets prices, volume and the optional columns named by `extra`, which may hold NaN.
    """
    check_one_symbol(bars)
    arrays = {name: bars[name].to_numpy(np.float64) for name in (*PRICE_COLUMNS, "volume")}
    _check(arrays, bars)
    arrays |= {name: bars[name].to_numpy(np.float64) for name in extra}
    # A row per column: pandas keeps its blocks so, and takes the array over without a copy.
    table = np.full((len(names), len(bars)), np.nan)
    for run in _runs(bars, interval):
        if run.stop - run.start <= warm_up:
            continue
        columns = compute({name: np.ascontiguousarray(values[run]) for name, values in arrays.items()})
        for place, name in enumerate(names):
            table[place, run.start + warm_up : run.stop] = columns[name][warm_up:]
    frame = pd.DataFrame(table.T, columns=list(names), copy=False)
    keys = row_keys(bars, interval)
    for place, key in enumerate(keys.columns):
        frame.insert(place, key, keys[key].array)
    return frame


def ratio(above: NDArray[np.float64], below: NDArray[np.float64], at_zero: float) -> NDArray[np.float64]:
    """Quotient with a value of its own where the denominator is 0."""
    return np.divide(above, below, out=np.where(np.isnan(above), np.nan, at_zero), where=below != 0)


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
