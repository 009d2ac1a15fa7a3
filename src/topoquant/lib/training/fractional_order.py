"""Of every fractionally differenced series, the smallest order that is stationary on train rows."""

import re
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from topoquant.lib.training.options import SelectionOptions

# Columns of the set `fractional`, also where a family's name stands before them.
FRACTIONAL = re.compile(r"^(?P<series>(?:.+_)?fractional)_(?P<order>\d+(?:\.\d+)?)$")


def fractional_orders(names: Sequence[str]) -> dict[str, dict[float, str]]:
    """Find the columns that are one series differenced to several orders.

    Parameters
    ----------
    names : sequence of str
        Column names.

    Returns
    -------
    dict of str to dict of float to str
        Per series its orders, ascending, and the names of their columns.

    Examples
    --------
    >>> fractional_orders(["rsi", "fractional_1", "fractional_0.4"])
    {'fractional': {0.4: 'fractional_0.4', 1.0: 'fractional_1'}}
    """
    found: dict[str, dict[float, str]] = {}
    for name in names:
        if match := FRACTIONAL.match(name):
            found.setdefault(match["series"], {})[float(match["order"])] = name
    return {series: dict(sorted(columns.items())) for series, columns in found.items()}


def choose_orders(
    names: Sequence[str], values: NDArray[Any], rows: pd.DataFrame, options: SelectionOptions
) -> tuple[dict[str, float], set[str]]:
    """Choose one order per differenced series by the augmented Dickey-Fuller test.

    Parameters
    ----------
    names : sequence of str
        Names of the columns of `values`.
    values : ndarray, shape (n, n_columns)
        One row per train row.
    rows : DataFrame, shape (n, ...)
        With `symbol` and `time`.
    options : SelectionOptions
        Lags and level of the test.

    Returns
    -------
    orders : dict of str to float
        Per series with several orders the smallest whose column is stationary for every symbol; the
        largest there is where none is.
    dropped : set of str
        Columns of the other orders.

    Raises
    ------
    InputError
        When a symbol has too few rows for the test, or a column does not move.

    Notes
    -----
    Rows are tested in order of time and as they are: a block held out or rows left out by `n_rows`
    join what lay apart, which for a series with a unit root is a unit root still.
    """
    orders: dict[str, float] = {}
    dropped: set[str] = set()
    place = {name: number for number, name in enumerate(names)}
    for series, columns in fractional_orders(names).items():
        if len(columns) > 1:
            grid = tuple(columns)
            orders[series] = _order(
                values[:, [place[name] for name in columns.values()]], grid, rows, options
            )
            dropped |= {name for order, name in columns.items() if order != orders[series]}
    return orders, dropped


def _order(
    values: NDArray[Any], grid: tuple[float, ...], rows: pd.DataFrame, options: SelectionOptions
) -> float:
    """Return the order that the most demanding symbol needs."""
    from topoquant.lib.indicators.fractional import smallest_stationary_d  # noqa: PLC0415  (imports TA-Lib)

    by_time = rows.sort_values("time", kind="stable").groupby("symbol", sort=True).indices
    in_time = np.argsort(rows["time"].to_numpy(), kind="stable")
    return max(
        smallest_stationary_d(
            pd.DataFrame(values[in_time[places]]), grid=grid,
            maxlag=options.adf_lags, level=options.adf_level,
        )
        for places in by_time.values()
    )  # fmt: skip
