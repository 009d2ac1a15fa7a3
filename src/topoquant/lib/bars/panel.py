"""Bars of several symbols: put together, and handed one symbol at a time to functions of one."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import pairwise

import numpy as np
import pandas as pd

from topoquant.lib.bars.schema import BAR_COLUMNS, OPTIONAL_BAR_COLUMNS, TIME_DTYPE
from topoquant.lib.errors import bad_input

Function = Callable[[pd.DataFrame], pd.DataFrame]
Map = Callable[[Function, Iterable[pd.DataFrame]], Iterable[pd.DataFrame]]


def map_symbols(function: Function, bars: pd.DataFrame, *, map: Map = map) -> pd.DataFrame:  # noqa: A002
    """Apply a function of one symbol's rows to each symbol and put the results together.

    Parameters
    ----------
    function : callable
        Takes the rows of one symbol with a fresh RangeIndex, returns a frame.
    bars : DataFrame, shape (n, any)
        Rows of any number of symbols, told apart by `symbol`; their order within a symbol is
        kept. Rows without that column are of one symbol.
    map : callable
        Maps a function over frames and gives the results in order: the builtin one, a pool's
        (`executor.map`), or joblib's or Dask's behind a function of the same shape. Over
        processes `function` has to be picklable.

    Returns
    -------
    DataFrame
        The results in order of symbol, with a fresh RangeIndex.

    Raises
    ------
    InputError
        When there is no row at all.

    Examples
    --------
    >>> bars = pd.DataFrame({"symbol": ["B", "A", "B"], "close": [1.0, 5.0, 3.0]})
    >>> map_symbols(lambda one: one.assign(change=one["close"].diff()), bars)
      symbol  close  change
    0      A    5.0     NaN
    1      B    1.0     NaN
    2      B    3.0     2.0
    """
    if len(bars) == 0:
        raise bad_input("bars", "one row or more", "none", "load bars first")
    if "symbol" not in bars.columns:
        return function(bars.reset_index(drop=True)).reset_index(drop=True)
    return pd.concat(map(function, by_symbol(bars)), ignore_index=True)


def by_symbol(rows: pd.DataFrame) -> Iterator[pd.DataFrame]:
    """Yield the rows of one symbol after the other, in order of symbol.

    Parameters
    ----------
    rows : DataFrame, shape (n, any)
        Of any number of symbols, told apart by `symbol`; their order within a symbol is kept.

    Yields
    ------
    DataFrame
        With a fresh RangeIndex. Rows that come in order of symbol are not copied.

    Examples
    --------
    >>> rows = pd.DataFrame({"symbol": ["B", "A", "B"], "close": [1.0, 5.0, 3.0]})
    >>> [one["close"].tolist() for one in by_symbol(rows)]
    [[5.0], [1.0, 3.0]]
    """
    # Missing symbols would vanish in a group-by without a word.
    codes, _ = pd.factorize(rows["symbol"], sort=True, use_na_sentinel=False)
    if (np.diff(codes) < 0).any():
        order = np.argsort(codes, kind="stable")
        rows, codes = rows.iloc[order], codes[order]
    for start, stop in pairwise([0, *(np.flatnonzero(np.diff(codes)) + 1), len(rows)]):
        yield rows.iloc[start:stop].reset_index(drop=True)


def stack_symbols(bars: Mapping[str, pd.DataFrame]) -> tuple[pd.DataFrame, dict[str, list[str]]]:
    """Put the bars of several symbols into one frame without a hole in it.

    Parameters
    ----------
    bars : mapping of str to DataFrame
        Clean bars of each symbol, under the name it gets.

    Returns
    -------
    stacked : DataFrame, shape (n, 7 to 10)
        In order of symbol and time. An optional column is there iff every bar of every symbol
        has it: a model cannot look at a column that comes and goes. No rows for no symbol.
    notes : dict of str to list of str
        For each symbol, what was left out and why.

    Examples
    --------
    >>> bars = pd.DataFrame({"open_time": pd.date_range("2024", periods=1, freq="h", tz="UTC"),
    ...     "open": 1.0, "high": 1.0, "low": 1.0, "close": 1.0, "volume": 2.0})
    >>> stacked, notes = stack_symbols({"B": bars.assign(trades=3.0), "A": bars})
    >>> stacked["symbol"].tolist(), notes["B"]
    (['A', 'B'], ['trades left out: not every symbol has it'])
    """
    n_empty = {
        name: {c: int(one[c].isna().sum()) for c in OPTIONAL_BAR_COLUMNS if c in one.columns}
        for name, one in bars.items()
    }
    shared = [c for c in OPTIONAL_BAR_COLUMNS if all(counts.get(c) == 0 for counts in n_empty.values())]
    notes: dict[str, list[str]] = {}
    for name, counts in n_empty.items():
        left_out = {column: n for column, n in counts.items() if column not in shared}
        notes[name] = [
            f"{column} left out: empty in {n:,} of {len(bars[name]):,} bars"
            if n
            else f"{column} left out: not every symbol has it"
            for column, n in left_out.items()
        ]
    columns = [*BAR_COLUMNS, *shared]
    if not bars:
        dtypes = dict.fromkeys(BAR_COLUMNS, "float64") | {"symbol": "str", "open_time": TIME_DTYPE}
        return pd.DataFrame(columns=list(BAR_COLUMNS)).astype(dtypes), notes
    parts = [bars[name].assign(symbol=name)[columns] for name in sorted(bars)]
    return pd.concat(parts, ignore_index=True), notes


def split_symbols(symbols: str) -> list[str]:
    """Return the single symbols of a `symbol` switch.

    Parameters
    ----------
    symbols : str
        Names joined by plus signs ("BTCUSDT+ETHUSDT").

    Returns
    -------
    list of str
        The names in the order given.

    Raises
    ------
    InputError
        For an empty or a repeated name.

    Examples
    --------
    >>> split_symbols("BTCUSDT+ETHUSDT")
    ['BTCUSDT', 'ETHUSDT']
    """
    names = [name.strip() for name in symbols.split("+")]
    if "" in names or len(set(names)) < len(names):
        raise bad_input(
            "symbol", "different names joined by +", repr(symbols), "write it as BTCUSDT or BTCUSDT+ETHUSDT"
        )
    return names
