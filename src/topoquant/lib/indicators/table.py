"""From one symbol's bars to a keyed table of columns, one run of bars without a gap at a time."""

from collections.abc import Callable, Mapping
from itertools import pairwise

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from topoquant.lib.bars import PRICE_COLUMNS, decision_time, gap_positions
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
) -> pd.DataFrame:
    """Key and columns of every bar, each run without a gap by itself, its first `warm_up` rows NaN."""
    arrays = {name: bars[name].to_numpy(np.float64) for name in (*PRICE_COLUMNS, "volume")}
    _check(arrays, bars)
    # A row per column: pandas keeps its blocks so, and takes the array over without a copy.
    table = np.full((len(names), len(bars)), np.nan)
    for run in _runs(bars, interval):
        if run.stop - run.start <= warm_up:
            continue
        columns = compute({name: np.ascontiguousarray(values[run]) for name, values in arrays.items()})
        for place, name in enumerate(names):
            table[place, run.start + warm_up : run.stop] = columns[name][warm_up:]
    frame = pd.DataFrame(table.T, columns=list(names), copy=False)
    frame.insert(0, "symbol", bars["symbol"].array)
    frame.insert(1, "time", decision_time(bars, interval).array)
    return frame


def _runs(bars: pd.DataFrame, interval: str) -> list[slice]:
    """Stretches of bars that follow each other without a gap."""
    edges = [0, *gap_positions(bars, interval).tolist(), len(bars)]
    return [slice(start, stop) for start, stop in pairwise(edges)]


def _check(arrays: Arrays, bars: pd.DataFrame) -> None:
    """Refuse bars of several symbols and bars without a usable price or volume."""
    if len(bars["symbol"].unique()) > 1:
        raise bad_input(
            "bars", "of one symbol", sorted(bars["symbol"].unique()), "call once per symbol"
        )  # fmt: skip
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
