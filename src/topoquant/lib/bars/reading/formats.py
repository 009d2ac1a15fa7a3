"""Known layouts of bar files, told apart by their column names; anything ambiguous is refused."""

from dataclasses import dataclass
from typing import Literal

import pandas as pd

from topoquant.lib.bars.reading.naming import QUOTE_ASSETS
from topoquant.lib.bars.reading.stamps import parse_stamps, to_utc
from topoquant.lib.bars.schema import OPTIONAL_BAR_COLUMNS, PRICE_COLUMNS, REQUIRED_BAR_COLUMNS
from topoquant.lib.errors import bad_input

# In order of preference where a file has two.
STAMP_NAMES = ("open_time", "unix", "unix_timestamp", "timestamp", "date", "time", "datetime", "ts")
_PREFERRED_STAMPS = ("open_time", "unix", "unix_timestamp")
_NAMES = {
    # "Oymbol" stands in files of CryptoDataDownload.
    "symbol": ("symbol", "ticker", "oymbol"),
    "open": ("open",),
    "high": ("high",),
    "low": ("low",),
    "close": ("close",),
    "volume": ("volume",),
    "quote_volume": ("quote_volume", "quote_asset_volume", "turnover"),
    "trades": ("trades", "count", "tradecount", "trade_count", "number_of_trades"),
    "taker_buy_volume": ("taker_buy_volume", "taker_buy_base_volume", "taker_buy_base_asset_volume"),
}
_ARCHIVE_COLUMNS = (
    "open_time", "open", "high", "low", "close", "volume", "", "quote_volume", "trades",
    "taker_buy_volume", "", "",
)  # fmt: skip
_CCXT_COLUMNS = ("timestamp", "open", "high", "low", "close", "volume")
_COINBASE_COLUMNS = ("time", "low", "high", "open", "close", "volume")
# Columns of known layouts, and of a saved index, that bars have no use for; any other is named
# in a note.
_PASSED_OVER = {
    "",
    "unnamed:_0",
    "close_time", "taker_buy_quote_volume", "taker_buy_quote_asset_volume", "ignore", "date", "sno", "name",
    "marketcap", "timeclose", "timehigh", "timelow", "timestamp", "circulatingsupply", "adj_close",
    "dividends", "stock_splits",
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class _Layout:
    """What a layout's documentation says about its columns.

    Attributes
    ----------
    stamps : tuple of str
        Columns that may hold the stamp.
    naive : str
        Which stamps without a time zone are UTC: none, all, or whole days.
    money_volume : bool
        Whether `volume` counts money instead of coins.
    unnamed : tuple of str
        Columns of a csv without header, "" for one that is not read; () where there is none.
    """

    stamps: tuple[str, ...] = STAMP_NAMES
    naive: Literal["none", "all", "days"] = "none"
    money_volume: bool = False
    unnamed: tuple[str, ...] = ()


_LAYOUTS = {
    "binance": _Layout(stamps=("open_time",), unnamed=_ARCHIVE_COLUMNS),
    "ccxt": _Layout(unnamed=_CCXT_COLUMNS),
    "coinbase": _Layout(stamps=("time",), naive="all", unnamed=_COINBASE_COLUMNS),
    "cryptodatadownload": _Layout(stamps=("unix", "unix_timestamp", "date")),
    "coinmarketcap": _Layout(stamps=("timeopen", "date"), naive="days", money_volume=True),
    "yahoo": _Layout(stamps=("date", "datetime"), naive="days", money_volume=True),
}
FORMATS = tuple(_LAYOUTS)


def unnamed_columns(n_fields: int, source: str, layout: str | None) -> tuple[str, ...]:
    """Return the column names of a csv file that has none.

    Parameters
    ----------
    n_fields : int
        Number of its fields.
    source : str
        Name of the file, for the refusal.
    layout : str or None
        One of `FORMATS`; None where the number of fields alone must tell.

    Returns
    -------
    tuple of str
        One name per field; "" for a field that is not read.

    Raises
    ------
    InputError
        When no layout has that many fields, or several have.

    Examples
    --------
    >>> unnamed_columns(12, "BTCUSDT-1m.csv", None)[:3]
    ('open_time', 'open', 'high')
    """
    fitting = [
        name for name, known in _LAYOUTS.items() if len(known.unnamed) == n_fields and layout in (None, name)
    ]
    if len(fitting) == 1:
        return _LAYOUTS[fitting[0]].unnamed
    named = "" if layout is None else f" of format {layout}"
    remedy = "add a first line that names the columns"
    if fitting:
        remedy = f"{remedy}, or name the format ({' or '.join(fitting)}: they differ in their order)"
    raise bad_input(
        source, f"a csv{named} with a header, or with the fields of one known layout",
        f"{n_fields} columns and no header", remedy,
    )  # fmt: skip


def to_contract(
    frame: pd.DataFrame, source: str, *, layout: str | None = None, time_zone: str | None = None
) -> tuple[pd.DataFrame, list[str]]:
    """Rename a file's columns to those of bars, its stamps to UTC, its numbers to float64.

    Parameters
    ----------
    frame : DataFrame, shape (n, any)
        What the file holds, columns in lower case. Stamps are taken for the open of the bar.
    source : str
        Name of the file, for refusals and notes.
    layout : str or None
        One of `FORMATS`; None recognises it.
    time_zone : str or None
        Zone of stamps that carry none.

    Returns
    -------
    bars : DataFrame, shape (n, any)
        Required and present optional columns, rows as they came; `symbol` only if the file
        has one. Where the file counts volume in money alone, `volume` is derived from it.
    notes : list of str
        What had to be assumed.

    Raises
    ------
    InputError
        For a missing column, two columns for one meaning, two layouts for one file, a naive
        stamp that no rule explains or a text where a number belongs.

    Examples
    --------
    >>> frame = pd.DataFrame({"time": [1704067200], "low": 1, "high": 4, "open": 2, "close": 3, "volume": 5})
    >>> to_contract(frame, "candles.csv")[0].iloc[0].tolist()
    [Timestamp('2024-01-01 00:00:00+0000', tz='UTC'), 2.0, 4.0, 1.0, 3.0, 5.0]
    """
    found = tuple(frame.columns)
    name = _recognised(found, source) if layout is None else layout
    chosen = _choose_columns(found, source, name)
    stamps, notes = _open_times(frame[chosen["open_time"]], source, name, time_zone)
    bars: dict[str, pd.Series] = {}
    if "symbol" in chosen:
        bars["symbol"] = _symbols(frame[chosen["symbol"]], source)
    bars["open_time"] = stamps
    for column in (*REQUIRED_BAR_COLUMNS[1:], *OPTIONAL_BAR_COLUMNS):
        if column in chosen:
            bars[column] = _numbers(frame[chosen[column]], source)
        elif column == "volume":
            bars[column] = _derived_volume(frame, chosen, source)
            notes.append(
                f"{source}: VOLUME IS DERIVED: the file counts it in money alone, so volume is quote_volume "
                "/ ((high + low + close) / 3)"
            )
    unread = [
        one for one in found if one not in chosen.values() and one.replace(" ", "_") not in _PASSED_OVER
    ]
    if unread:
        notes.append(f"{source}: columns not read: {', '.join(unread)}")
    return pd.DataFrame(bars).reset_index(drop=True), notes


def _recognised(found: tuple[str, ...], source: str) -> str:
    """Return the layout that the column names show."""
    names = set(found)
    shown = {
        "binance": {"open_time", "close_time"} <= {name.replace(" ", "_") for name in found},
        # With these columns in another order it is anybody's file.
        "coinbase": found == _COINBASE_COLUMNS,
        "cryptodatadownload": any(name.startswith("volume ") for name in found),
        "coinmarketcap": "marketcap" in names and "volume" in names,
        "yahoo": bool(names & {"adj close", "dividends", "stock splits"}) and "volume" in names,
    }
    fitting = [name for name, fits in shown.items() if fits]
    if len(fitting) > 1:
        raise bad_input(
            source, "of one known layout", f"columns {', '.join(found)}, of {' and of '.join(fitting)}",
            "name it with format",
        )  # fmt: skip
    return fitting[0] if fitting else "ccxt"


def _choose_columns(found: tuple[str, ...], source: str, name: str) -> dict[str, str]:
    """Map each column of the contract to the column of the file that holds it."""
    layout = _LAYOUTS[name]
    candidates = {
        meaning: [one for one in found if one.replace(" ", "_") in known] for meaning, known in _NAMES.items()
    }
    places = {one.replace(" ", "_"): one for one in found}
    stamps = [places[one] for one in layout.stamps if one in places]
    # In an unknown file two stamps may be the open and the close of a bar, and nobody says which.
    preferred = name != "ccxt" or (stamps and stamps[0].replace(" ", "_") in _PREFERRED_STAMPS)
    candidates["open_time"] = stamps[:1] if preferred else stamps
    if name == "cryptodatadownload":
        base, quote = _volumes_by_asset(found)
        candidates["volume"] += base
        candidates["quote_volume"] += quote
    if layout.money_volume:
        candidates["quote_volume"] += candidates.pop("volume")
    double = {meaning: columns for meaning, columns in candidates.items() if len(columns) > 1}
    if double:
        shown = "; ".join(f"{meaning}: {', '.join(columns)}" for meaning, columns in double.items())
        raise bad_input(source, "with one column per meaning", shown, "drop all but one of them")
    chosen = {meaning: columns[0] for meaning, columns in candidates.items() if columns}
    _check_present(chosen, found, source, name)
    return chosen


def _check_present(chosen: dict[str, str], found: tuple[str, ...], source: str, name: str) -> None:
    """Refuse a file that lacks a column, in words that say what it may be instead."""
    absent = [column for column in REQUIRED_BAR_COLUMNS if column not in chosen]
    if not absent or (absent == ["volume"] and "quote_volume" in chosen):
        return
    remedy = "add or rename the columns"
    if not any(column in chosen for column in PRICE_COLUMNS):
        remedy = "name another file, for these are no bars"
    elif absent == ["volume"]:
        remedy = "add volume or quote_volume; an index that is not traded may be read as a macro series"
    of_layout = "" if name == "ccxt" else f" of {name}"
    raise bad_input(
        source, f"bars{of_layout} with {', '.join(REQUIRED_BAR_COLUMNS)}",
        f"columns {', '.join(found)}, so {', '.join(absent)} is missing", remedy,
    )  # fmt: skip


def _volumes_by_asset(found: tuple[str, ...]) -> tuple[list[str], list[str]]:
    """Return base and quote columns of the layout "volume btc, volume usdt"."""
    named = [name for name in found if name.startswith("volume ")]
    quote = [name for name in named if name.removeprefix("volume ").upper() in QUOTE_ASSETS]
    # Of two coins, neither says which is the base: both are then refused as candidates for it.
    return [name for name in named if name not in quote], quote


def _open_times(
    values: pd.Series, source: str, name: str, time_zone: str | None
) -> tuple[pd.Series, list[str]]:
    """Return the opens of bars in UTC, and what had to be assumed."""
    stamps, notes = parse_stamps(values, source)
    is_utc = _LAYOUTS[name].naive == "all"
    if _LAYOUTS[name].naive == "days":
        days = stamps.dt.normalize()
        # CoinMarketCap stamps a day by its last minute or second.
        if name == "coinmarketcap" and (stamps - days >= pd.Timedelta("23h59m")).all():
            stamps = days
            notes.append(f"{source}: stamped at the end of the day, moved to its start")
        is_utc = bool((stamps == days).all())
    opens, more = to_utc(stamps, source, is_utc=is_utc, time_zone=time_zone)
    return opens, [*notes, *more]


def _symbols(values: pd.Series, source: str) -> pd.Series:
    """Return symbols as text, refusing rows without one."""
    n_empty = int(values.isna().sum())
    if n_empty:
        raise bad_input(
            source, "with a symbol in every row", f"{n_empty} rows without", "add it or drop them"
        )
    return values.astype(str)


def _derived_volume(frame: pd.DataFrame, chosen: dict[str, str], source: str) -> pd.Series:
    """Return volume in coins from volume in money: divided by the typical price of the bar."""
    high, low, close = (_numbers(frame[chosen[name]], source) for name in ("high", "low", "close"))
    return _numbers(frame[chosen["quote_volume"]], source) / ((high + low + close) / 3)


def _numbers(values: pd.Series, source: str) -> pd.Series:
    """Return numbers as float64, naming the first text among them."""
    if pd.api.types.is_numeric_dtype(values.dtype):
        return values.astype("float64")
    numbers = pd.to_numeric(values, errors="coerce").astype("float64")
    wrong = numbers.isna() & values.notna()
    if wrong.any():
        raise bad_input(
            f"{values.name} of {source}", "numbers", repr(values[wrong].iloc[0]), "correct the file"
        )
    return numbers
