"""Columns of other coins, by the bars of theirs that are known at the same decision time."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from topoquant.lib.bars import decision_time, infer_interval, interval_timedelta
from topoquant.lib.errors import bad_input
from topoquant.lib.indicators import averages, momentum, price, volatility
from topoquant.lib.indicators.table import Arrays, Column, Columns, Named, table_by_run, with_returns

# A reference that names no symbol.
UNNAMED = "reference"
_NAMES = ("return_1", "return_7", "return_30", "rsi_14", "volatility_20", "sma_ratio_20")
_ALL = {
    column.name: column
    for group in (price, averages, momentum, volatility)
    for column in group.COLUMNS
}  # fmt: skip
INDICATORS = tuple(_ALL[name] for name in _NAMES)


def reference_names(references: pd.DataFrame | None) -> tuple[str, ...]:
    """Names of the coins among reference bars, in order; none without bars."""
    return tuple(_by_name(references))


def cross_asset_columns(names: Sequence[str]) -> tuple[Column, ...]:
    """Names, formulas and warm-up (in the reference's own bars) of the columns of these coins."""
    return tuple(
        Column(f"{name}_{column.name}", f"{column.name} of {name}", column.warm_up, column.recursive)
        for name in names
        for column in INDICATORS
    )


def align_references(bars: pd.DataFrame, references: pd.DataFrame | None, *, interval: str) -> Columns:
    """Compute the columns of every reference and place them at the decision times of `bars`.

    Parameters
    ----------
    bars : DataFrame, shape (n_bars, ...)
        One symbol's bars in time order.
    references : DataFrame or None
        Bars of other coins at the same interval, each in time order, told apart by `symbol`.
    interval : str
        Length of a bar.

    Returns
    -------
    dict of str to ndarray of float64, shape (n_bars,)
        The columns of `cross_asset_columns`. A row depends on the reference's bars known at its
        time, back to that coin's last gap. NaN where the coin has no bar that ends at that time:
        an older one would pass for the present.

    Raises
    ------
    InputError
        For a reference of another interval or with a bad bar.
    """
    times = pd.DatetimeIndex(decision_time(bars, interval))
    aligned: Columns = {}
    for name, one in _by_name(references).items():
        _check_interval(one, name, interval)
        table = table_by_run(one, _compute, {c.name: c.warm_up for c in INDICATORS}, interval=interval)
        position = pd.DatetimeIndex(table["time"]).get_indexer(times)
        for column in INDICATORS:
            values = table[column.name].to_numpy()
            aligned[f"{name}_{column.name}"] = np.where(position >= 0, values[position], np.nan)
    return aligned


def _by_name(references: pd.DataFrame | None) -> dict[str, pd.DataFrame]:
    """Bars of each coin, in order of their names."""
    if references is None or references.empty:
        return {}
    if "symbol" not in references.columns:
        return {UNNAMED: references}
    groups = references.groupby("symbol", sort=True)
    return {str(name): one.reset_index(drop=True) for name, one in groups}


def _compute(arrays: Arrays) -> Named:
    bars = with_returns(arrays)
    for column in INDICATORS:
        yield column.name, column.compute(bars)


def _check_interval(bars: pd.DataFrame, name: str, interval: str) -> None:
    """Refuse bars that are longer or shorter: their gaps and horizons would mean something else."""
    found = infer_interval(bars) if len(bars) > 1 else interval
    if interval_timedelta(found) != interval_timedelta(interval):
        raise bad_input(f"interval of reference {name}", interval, found, "resample it to that of the bars")
