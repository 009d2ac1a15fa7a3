"""The stretches during which an equity path stood below its highest value."""

import numpy as np
import pandas as pd

COLUMNS = ["symbol", "start", "trough", "end", "depth", "n_bars", "recovered"]


def drawdown_table(equity: pd.DataFrame) -> pd.DataFrame:
    """List the drawdowns of every symbol, the deepest first.

    Parameters
    ----------
    equity : DataFrame
        `symbol`, `time`, `equity` (positive or 0), in time order per symbol.

    Returns
    -------
    DataFrame
        symbol, start (time of the peak), trough (time of the lowest value), end (first time at or above the
        peak again, else the last), depth (fraction below the peak), n_bars (bars below the peak) and
        recovered (whether the peak was reached again). Known after the fact: for reading, not for trading.

    Examples
    --------
    >>> time = pd.date_range("2024-01-01", periods=5, freq="D", tz="UTC")
    >>> path = pd.DataFrame({"symbol": "SYN", "time": time, "equity": [1.0, 0.9, 0.8, 1.0, 0.95]})
    >>> drawdown_table(path)[["depth", "n_bars", "recovered"]].round(2).values.tolist()
    [[0.2, 2, True], [0.05, 1, False]]
    """
    parts = [_of_one(rows, str(symbol)) for symbol, rows in equity.groupby("symbol", sort=True)]
    found = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=COLUMNS)
    return found.sort_values("depth", ascending=False, ignore_index=True)


def _of_one(rows: pd.DataFrame, symbol: str) -> pd.DataFrame:
    """List the drawdowns of one path."""
    path, time = rows["equity"].to_numpy(np.float64), rows["time"].reset_index(drop=True)
    below = path < np.maximum.accumulate(path)
    edges = np.flatnonzero(np.diff(np.concatenate(([0], below.astype(np.int8), [0]))))
    first, after = edges[::2], edges[1::2]
    lowest = np.array([a + int(path[a:b].argmin()) for a, b in zip(first, after, strict=True)], np.int64)
    end = np.minimum(after, len(path) - 1)
    return pd.DataFrame({
        "symbol": symbol,
        "start": time.iloc[first - 1].array,
        "trough": time.iloc[lowest].array,
        "end": time.iloc[end].array,
        "depth": 1.0 - path[lowest] / path[first - 1],
        "n_bars": after - first,
        "recovered": after < len(path),
    })  # fmt: skip
