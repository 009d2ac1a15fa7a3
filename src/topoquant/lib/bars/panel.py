"""Functions of one symbol's bars, applied to the bars of several."""

from collections.abc import Callable

import pandas as pd

from topoquant.lib.errors import bad_input


def map_symbols(function: Callable[[pd.DataFrame], pd.DataFrame], bars: pd.DataFrame) -> pd.DataFrame:
    """Apply a function of one symbol's rows to each symbol and put the results together.

    Parameters
    ----------
    function : callable
        Takes the rows of one symbol with a fresh RangeIndex, returns a frame.
    bars : DataFrame, shape (n, any)
        Rows of any number of symbols, told apart by `symbol`; their order within a symbol is
        kept.

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
    # Missing symbols would vanish in a group-by without a word.
    groups = bars.groupby("symbol", sort=True, dropna=False)
    return pd.concat(
        [function(one.reset_index(drop=True)) for _, one in groups], ignore_index=True
    )  # fmt: skip


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
