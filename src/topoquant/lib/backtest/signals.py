"""From predictions to a signal per bar."""

from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from topoquant.lib.bars.schema import check_one_symbol, decision_time
from topoquant.lib.errors import bad_input


def entry_signal(
    bars: pd.DataFrame, predictions: pd.DataFrame, *, interval: str,
    side: Literal["long", "short", "both"], upper: float | None, lower: float | None,
) -> NDArray[np.float64]:  # fmt: skip
    """Place predictions on their bars, by time, and turn them into entries.

    Parameters
    ----------
    bars : DataFrame, shape (n_bars, ...)
        One symbol, in time order; where it is not named, all predictions are its own.
    predictions : DataFrame
        `symbol`, `time`, `p_label` of any symbols, in any order; rows of other symbols are not used.
        Bars without a prediction give 0.
    interval : str
        Length of a bar.
    side : {"long", "short", "both"}
        For "long" (the target is a move up) and "short" (a move down) an entry is `p_label` at or
        above `upper`; for "both" (the target is the direction) +1 at or above `upper`, -1 at or below
        `lower`.
    upper, lower : float or None
        Chosen on the second half of val, never here. None where no threshold was found: no entries
        on that side. `lower` belongs to "both" alone.

    Returns
    -------
    ndarray, shape (n_bars,)
        -1, 0 or 1; row t depends on the prediction of bar t alone.

    Raises
    ------
    InputError
        If a prediction has no bar or comes twice, or `lower` is not below `upper` or not wanted.

    Examples
    --------
    >>> bars = pd.DataFrame({"symbol": "BTCUSDT",
    ...                      "open_time": pd.date_range("2024-01-01", periods=3, freq="h", tz="UTC")})
    >>> predictions = pd.DataFrame({"symbol": "BTCUSDT", "p_label": [0.2, 0.7],
    ...                             "time": bars["open_time"].iloc[[2, 1]] + pd.Timedelta("1h")})
    >>> entry_signal(bars, predictions, interval="1h", side="both", upper=0.6, lower=0.4).tolist()
    [0.0, 1.0, -1.0]
    """
    _check_levels(side, upper, lower)
    p = place_on_bars(bars, predictions, "p_label", interval=interval)
    signal = np.zeros(len(bars))
    if upper is not None:
        signal[p >= upper] = -1.0 if side == "short" else 1.0
    if lower is not None:
        signal[p <= lower] = -1.0
    return signal


def place_on_bars(
    bars: pd.DataFrame, table: pd.DataFrame, column: str, *, interval: str
) -> NDArray[np.float64]:
    """Put one column of a table on the bars of its times.

    Parameters
    ----------
    bars : DataFrame, shape (n_bars, ...)
        One symbol, in time order; where it is not named, all rows of the table are its own.
    table : DataFrame
        `symbol`, `time` and the column, in any order.
    column : str
        Of numbers.
    interval : str
        Length of a bar.

    Returns
    -------
    ndarray, shape (n_bars,)
        NaN where the table has no row.

    Raises
    ------
    InputError
        If a row has no bar, or a bar two rows.

    Examples
    --------
    >>> bars = pd.DataFrame({"open_time": pd.date_range("2024-01-01", periods=2, freq="h", tz="UTC")})
    >>> table = pd.DataFrame({"time": bars["open_time"].iloc[[1]], "p_label": 0.4})
    >>> place_on_bars(bars, table, "p_label", interval="1h").tolist()
    [0.4, nan]
    """
    check_one_symbol(bars)
    named = "symbol" in bars.columns
    own = table[table["symbol"] == bars["symbol"].iloc[0]] if named else table
    position = pd.DatetimeIndex(decision_time(bars, interval)).get_indexer(pd.DatetimeIndex(own["time"]))
    if (position < 0).any():
        raise bad_input(
            "time of every prediction", "the decision time of a bar", f"{int((position < 0).sum())} others",
            "backtest on the bars the predictions were made from",
        )  # fmt: skip
    if len(np.unique(position)) < len(position):
        raise bad_input("predictions", "one per bar", "several for one bar", "drop the duplicates")
    placed = np.full(len(bars), np.nan)
    placed[position] = own[column].to_numpy(np.float64)
    return placed


def _check_levels(side: str, upper: float | None, lower: float | None) -> None:
    """Refuse levels that do not belong to the side."""
    if side != "both" and lower is not None:
        raise bad_input("lower", f"None for side {side}", lower, "pass the upper level alone")
    if upper is not None and lower is not None and not lower < upper:
        raise bad_input("lower", f"below upper ({upper})", lower, "choose both on the second half of val")
