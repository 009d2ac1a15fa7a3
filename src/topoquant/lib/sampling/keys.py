"""Joining tables on (symbol, time): row position never aligns anything."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from topoquant.lib.errors import bad_input
from topoquant.lib.sampling.samples import KEY


def check_unique(table: pd.DataFrame, *, name: str, key: Sequence[str] = KEY) -> None:
    """Refuse a table in which a key occurs twice.

    Parameters
    ----------
    table : DataFrame
        With the columns of the key.
    name : str
        What the table is called, for the refusal.
    key : sequence of str, optional
        Its columns.

    Raises
    ------
    InputError
        If a key occurs twice.

    Examples
    --------
    >>> time = pd.date_range("2024-01-01", periods=2, freq="h", tz="UTC")
    >>> table = pd.DataFrame({"symbol": "SYN", "time": time[[0, 0]], "fold": [0, 1]})
    >>> check_unique(table, name="regimes", key=("symbol", "time", "fold"))
    >>> check_unique(table, name="regimes")
    Traceback (most recent call last):
    ...
    topoquant.lib.errors.InputError: keys (symbol, time) of regimes must be unique, got 1 repeated: check what
    was concatenated into it
    """
    n_repeated = int(table.duplicated(list(key)).sum())
    if n_repeated:
        raise bad_input(
            f"keys ({', '.join(key)}) of {name}", "unique", f"{n_repeated} repeated",
            "check what was concatenated into it",
        )  # fmt: skip


def key_positions(
    table: pd.DataFrame, rows: pd.DataFrame, *, name: str, key: Sequence[str] = KEY
) -> NDArray[np.int64]:
    """Find the row of `table` that has each row's key.

    Parameters
    ----------
    table : DataFrame
        With the columns of the key, each key at most once, in any order.
    rows : DataFrame, shape (n, ...)
        With the columns of the key.
    name : str
        What the table is called, for the refusal.
    key : sequence of str, optional
        Its columns.

    Returns
    -------
    ndarray of int64, shape (n,)
        Positions in `table`; -1 where it has no such key.

    Raises
    ------
    InputError
        If a key occurs twice in `table`.

    Examples
    --------
    >>> time = pd.date_range("2024-01-01", periods=3, freq="h", tz="UTC")
    >>> table = pd.DataFrame({"symbol": "BTCUSDT", "time": time})
    >>> key_positions(table.iloc[1:], table, name="table")
    array([-1,  0,  1])
    """
    check_unique(table, name=name, key=key)
    columns = list(key)
    numbered = table[columns].assign(position=np.arange(len(table)))
    found = rows[columns].merge(numbered, on=columns, how="left")["position"]
    return found.fillna(-1).to_numpy(dtype=np.int64)


def attach_keys(index: pd.DataFrame, values: NDArray[Any], columns: Sequence[str]) -> pd.DataFrame:
    """Make a keyed frame out of an array and the frame of its rows' keys.

    Parameters
    ----------
    index : DataFrame, shape (n, ...)
        With `symbol` and `time`, in the order of `values`.
    values : ndarray, shape (n, n_columns)
        One row per key; its dtype is kept.
    columns : sequence of str
        Names of the columns of `values`.

    Returns
    -------
    DataFrame
        `symbol`, `time` and `columns`; a fresh RangeIndex.

    Raises
    ------
    InputError
        If the shapes do not belong together.

    Examples
    --------
    >>> time = pd.date_range("2024-01-01", periods=2, freq="h", tz="UTC")
    >>> index = pd.DataFrame({"symbol": "BTCUSDT", "time": time})
    >>> attach_keys(index, np.array([[1.0], [2.0]]), ["h1_total"]).columns.tolist()
    ['symbol', 'time', 'h1_total']
    """
    if values.shape != (len(index), len(columns)):
        raise bad_input(
            "shape of the values", (len(index), len(columns)), values.shape,
            "pass the index and the names that were written with the array",
        )  # fmt: skip
    frame = pd.DataFrame(values, columns=list(columns), copy=False)
    return pd.concat([index[KEY].reset_index(drop=True), frame], axis=1)
