"""The series of one symbol's bars whose windows have a shape."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from topoquant.lib.errors import bad_input
from topoquant.lib.topology.options import Series


def bars_needed(windows: tuple[int, ...], series: tuple[Series, ...]) -> int:
    """Count the successive bars on which a row depends: a return needs the bar before.

    Parameters
    ----------
    windows : tuple of int
        Values per window.
    series : tuple of {"log_price", "returns", "volume"}
        What is taken of the bars.

    Returns
    -------
    int
        The row's own bar included.

    Examples
    --------
    >>> bars_needed((96, 336), ("log_price", "returns"))
    337
    """
    return max(windows) + ("returns" in series)


def take_series(
    bars: pd.DataFrame, names: tuple[Series, ...], *, used: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """Take series of the bars, one value per bar.

    Parameters
    ----------
    bars : DataFrame
        Bars of one symbol in time order; `open_time` and, as the series need them, `close` and `volume`.
    names : tuple of {"log_price", "returns", "volume"}
        Log of the close; its change since the bar before (0 at the first bar); log(1 + volume), which
        a bar without trades has at 0.
    used : ndarray of bool, shape (n,)
        Bars that some window holds. What stands in the others is not looked at, and 0 is given.

    Returns
    -------
    ndarray of float64, shape (n, n_names)
        Columns as `names`.

    Raises
    ------
    InputError
        For a used close that is not finite and positive, a used volume that is not finite and at
        least 0, or bars without volumes: the first bad bar is named.

    Examples
    --------
    >>> bars = pd.DataFrame({"open_time": [1, 2], "close": [1.0, np.e], "volume": [0.0, np.e - 1]})
    >>> take_series(bars, ("log_price", "returns", "volume"), used=np.array([True, True])).tolist()
    [[0.0, 0.0, 0.0], [1.0, 1.0, 1.0]]
    """
    taken = {}
    if {"log_price", "returns"} & set(names):
        close = bars["close"].to_numpy(np.float64)
        _refuse_bad(bars, "close", used & ~(np.isfinite(close) & (close > 0)), "> 0")
        log_price = np.log(np.where(used, close, 1.0))
        taken["log_price"] = log_price
        taken["returns"] = np.diff(log_price, prepend=log_price[:1])
    if "volume" in names:
        if "volume" not in bars.columns:
            raise bad_input(
                "bars", "with a column volume", list(bars.columns), "take volume out of features_tda.series"
            )
        volume = bars["volume"].to_numpy(np.float64)
        _refuse_bad(bars, "volume", used & ~(np.isfinite(volume) & (volume >= 0)), ">= 0")
        taken["volume"] = np.log1p(np.where(used, volume, 0.0))
    return np.column_stack([taken[name] for name in names])


def _refuse_bad(bars: pd.DataFrame, column: str, bad: NDArray[np.bool_], allowed: str) -> None:
    """Name the first bad bar."""
    if bad.any():
        first = int(np.argmax(bad))
        raise bad_input(
            f"{column} in a window",
            f"finite and {allowed}",
            f"{bars[column].iloc[first]} at open_time {bars['open_time'].iloc[first]}",
            "drop that bar: a gap is allowed, a bad value is not",
        )
