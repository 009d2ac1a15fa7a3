"""Which symbol a file is of: said by a column, shown by the file's name, or asked for."""

import re
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from topoquant.lib.errors import bad_input

# Fiat and stable coins: what a pair is quoted in, mostly.
QUOTE_ASSETS = ("USD", "USDT", "USDC", "BUSD", "FDUSD", "TUSD", "EUR", "GBP", "JPY", "KRW")
_QUOTED = "|".join(QUOTE_ASSETS)
# Tried in this order, for an underscore mostly separates the pair from something else. Only
# those above count after a separator: "binance-btc" is no pair.
_PAIRS = (
    re.compile(rf"(?<![A-Z0-9])([A-Z0-9]{{2,12}}?)(-(?:{_QUOTED})|{_QUOTED}|BTC|ETH|BNB)(?![A-Z0-9])"),
    re.compile(rf"(?<![A-Z0-9])([A-Z0-9]{{2,12}}?)(_(?:{_QUOTED}))(?![A-Z0-9])"),
)


@dataclass(frozen=True)
class Piece:
    """The bars of one symbol in one file.

    Attributes
    ----------
    file : str
        Name of the file.
    symbol : str or None
        What a column or the file's name says; None where neither does.
    has_column : bool
        Whether a column says it.
    bars : DataFrame
        Without the column `symbol`.
    notes : tuple of str
        What was assumed about them.
    n_blank_rows : int
        Rows that had a stamp and nothing else.
    """

    file: str
    symbol: str | None
    has_column: bool
    bars: pd.DataFrame
    notes: tuple[str, ...]
    n_blank_rows: int


def pair_in_name(name: str) -> str | None:
    """Return the pair that a file name shows, if it shows exactly one.

    Parameters
    ----------
    name : str
        File name.

    Returns
    -------
    str or None
        The pair in capitals without separators.

    Examples
    --------
    >>> pair_in_name("BTCUSDT-1m-2026-03.zip"), pair_in_name("coinbase_BTC-USD_1m.csv")
    ('BTCUSDT', 'BTCUSD')
    """
    for pattern in _PAIRS:
        pairs = {base + quote.lstrip("-_") for base, quote in pattern.findall(name.upper())}
        if pairs:
            return pairs.pop() if len(pairs) == 1 else None
    return None


def pick_symbol(
    pieces: list[Piece], wanted: str | None, path: Path
) -> tuple[list[Piece], str | None, list[str]]:
    """Return the pieces of one symbol; refuse to choose between several.

    Parameters
    ----------
    pieces : list of Piece
        All that the file or folder holds.
    wanted : str or None
        The symbol asked for; separators and case do not matter.
    path : Path
        File or folder, for refusals and notes.

    Returns
    -------
    pieces : list of Piece
        Those of the symbol, and those that say none where no other symbol is about.
    symbol : str or None
        The name asked for, else the one known, else None.
    notes : list of str
        What was assumed.

    Raises
    ------
    InputError
        For several symbols and none asked for, and for one that is not there.

    Examples
    --------
    >>> piece = Piece("a.csv", "BTC/USD", True, pd.DataFrame(), (), 0)
    >>> pick_symbol([piece], "BTCUSD", Path("a.csv"))[1]
    'BTCUSD'
    """
    known = {_plain(piece.symbol): piece.symbol for piece in pieces if piece.symbol is not None}
    listed = ", ".join(sorted(known.values()))
    if wanted is None:
        if len(known) > 1:
            got = f"several symbols where one is expected ({listed})"
            raise bad_input(path.name, "bars of one symbol", got, "name one with symbol")
        if not known:
            return pieces, None, [f"{path.name}: no symbol, for neither a column nor a file's name shows one"]
        return pieces, next(iter(known.values())), []
    matching = [
        piece for piece in pieces if piece.symbol is not None and _plain(piece.symbol) == _plain(wanted)
    ]
    nameless = [piece for piece in pieces if piece.symbol is None]
    if matching and len(known) == 1:
        return [*matching, *nameless], wanted, []
    if matching:
        return matching, wanted, []
    if any(piece.has_column for piece in pieces) or len(known) > 1:
        raise bad_input("symbol", f"one of {listed}, as {path.name} has", wanted, "name one of them")
    notes = [f"{path.name}: the file's name says {listed}, read as {wanted}"] if known else []
    return pieces, wanted, notes


def _plain(symbol: str) -> str:
    """Return a symbol without separators and case: BTC/USDT, btc-usdt and BTCUSDT are one."""
    return "".join(letter for letter in symbol.upper() if letter.isalnum())
