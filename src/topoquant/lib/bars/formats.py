"""Known layouts of bar files, told apart by their column names; anything ambiguous is refused."""

import re

import numpy as np
import pandas as pd

from topoquant.lib.bars.schema import BAR_COLUMNS, OPTIONAL_BAR_COLUMNS, TIME_DTYPE
from topoquant.lib.errors import bad_input

# In order of preference where a file has two.
_STAMP_NAMES = ("open_time", "unix", "timestamp", "date", "time", "datetime", "ts", "open time")
_PREFERRED_STAMPS = ("open_time", "unix")
_NAMES = {
    "symbol": ("symbol", "ticker"),
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
    "open_time", "open", "high", "low", "close", "volume", "close_time", "quote_volume", "trades",
    "taker_buy_volume", "taker_buy_quote_volume", "ignore",
)  # fmt: skip
# The exchange documents the stamps of this layout as UTC though they do not say so.
_COINBASE_COLUMNS = ("time", "low", "high", "open", "close", "volume")
_QUOTE_ASSETS = ("USD", "USDT", "USDC", "BUSD", "FDUSD", "TUSD", "EUR", "GBP", "JPY", "KRW")
_FIAT = "|".join(_QUOTE_ASSETS)
# Tried in this order, for an underscore mostly separates the pair from something else. Only
# fiat and stable coins count after a separator: "binance-btc" is no pair.
_PAIRS = (
    re.compile(rf"(?<![A-Z0-9])([A-Z0-9]{{2,12}}?)(-(?:{_FIAT})|{_FIAT}|BTC|ETH|BNB)(?![A-Z0-9])"),
    re.compile(rf"(?<![A-Z0-9])([A-Z0-9]{{2,12}}?)(_(?:{_FIAT}))(?![A-Z0-9])"),
)
# Lower end of each unit's stamps: all of them stand for 3 March 1973.
_EPOCH_UNITS = ((10**17, "ns", 1), (10**14, "us", 10**3), (10**11, "ms", 10**6), (10**8, "s", 10**9))


def csv_header(first_line: str, source: str) -> tuple[str, ...] | None:
    """Return the column names of a csv file that has none, or None if its first line has them.

    Parameters
    ----------
    first_line : str
        First line of the file.
    source : str
        Name of the file, for the refusal.

    Returns
    -------
    tuple of str or None
        The twelve columns of the Binance archive, the one header-less layout that is known.

    Raises
    ------
    InputError
        For a first line of numbers that has another number of fields.

    Examples
    --------
    >>> csv_header("timestamp,open,high,low,close,volume", "bars.csv") is None
    True
    """
    fields = first_line.strip().split(",")
    if not re.fullmatch(r"[0-9]+(\.[0-9]+)?", fields[0]):
        return None
    if len(fields) != len(_ARCHIVE_COLUMNS):
        raise bad_input(
            source, "with a header, or twelve columns wide without", f"{len(fields)} columns and no header",
            "add a first line that names the columns",
        )  # fmt: skip
    return _ARCHIVE_COLUMNS


def to_contract(frame: pd.DataFrame, source: str) -> tuple[pd.DataFrame, list[str]]:
    """Rename a file's columns to those of bars, its stamps to UTC, its numbers to float64.

    Parameters
    ----------
    frame : DataFrame, shape (n, any)
        What the file holds. Stamps are taken for the open of the bar.
    source : str
        Name of the file, for refusals and notes.

    Returns
    -------
    bars : DataFrame, shape (n, any)
        Required and present optional columns, rows as they came; `symbol` only if the file
        has one.
    notes : list of str
        What had to be assumed.

    Raises
    ------
    InputError
        For a missing column, two columns for one meaning, a naive stamp that no rule explains
        or a text where a number belongs.

    Examples
    --------
    >>> frame = pd.DataFrame({"time": [1704067200], "low": 1, "high": 4, "open": 2, "close": 3, "volume": 5})
    >>> to_contract(frame, "candles.csv")[0].iloc[0].tolist()
    [Timestamp('2024-01-01 00:00:00+0000', tz='UTC'), 2.0, 4.0, 1.0, 3.0, 5.0]
    """
    if isinstance(frame.index, pd.DatetimeIndex):
        frame = frame.rename_axis(str(frame.index.name or "open_time")).reset_index()
    found = tuple(str(name).strip().lower() for name in frame.columns)
    frame = frame.set_axis(list(found), axis=1)
    chosen = _choose_columns(found, source)
    stamps, notes = utc_stamps(frame[chosen["open_time"]], source, is_utc=found == _COINBASE_COLUMNS)
    bars = {"symbol": frame[chosen["symbol"]].astype(str)} if "symbol" in chosen else {}
    bars["open_time"] = stamps
    for name in (*BAR_COLUMNS[2:], *OPTIONAL_BAR_COLUMNS):
        if name in chosen:
            bars[name] = _numbers(frame[chosen[name]], source)
    return pd.DataFrame(bars).reset_index(drop=True), notes


def _choose_columns(found: tuple[str, ...], source: str) -> dict[str, str]:
    """Map each column of the contract to the column of the file that holds it."""
    candidates = {name: [one for one in found if one in known] for name, known in _NAMES.items()}
    stamps = [name for name in _STAMP_NAMES if name in found]
    candidates["open_time"] = stamps[:1] if stamps and stamps[0] in _PREFERRED_STAMPS else stamps
    base, quote = _volumes_by_asset(found)
    candidates["volume"] += base
    candidates["quote_volume"] += quote
    double = {name: columns for name, columns in candidates.items() if len(columns) > 1}
    if double:
        shown = "; ".join(f"{name}: {', '.join(columns)}" for name, columns in double.items())
        raise bad_input(source, "with one column per meaning", shown, "drop all but one of them")
    chosen = {name: columns[0] for name, columns in candidates.items() if columns}
    absent = [name for name in BAR_COLUMNS[1:] if name not in chosen]
    if absent:
        raise bad_input(
            source, "bars with open_time, open, high, low, close, volume",
            f"columns {', '.join(found)}, so {', '.join(absent)} is missing", "add or rename the columns",
        )  # fmt: skip
    return chosen


def _volumes_by_asset(found: tuple[str, ...]) -> tuple[list[str], list[str]]:
    """Return base and quote columns of the layout "volume btc, volume usdt"."""
    named = [name for name in found if name.startswith("volume ")]
    quote = [name for name in named if name.removeprefix("volume ").upper() in _QUOTE_ASSETS]
    # Of two coins, neither says which is the base: both are then refused as candidates for it.
    return [name for name in named if name not in quote], quote


def utc_stamps(values: pd.Series, source: str, *, is_utc: bool) -> tuple[pd.Series, list[str]]:
    """Return stamps in UTC, from whatever unit or type they are in.

    Parameters
    ----------
    values : Series, shape (n,)
        Numbers since 1970 (seconds, ms, us or ns, decided per row by their size), stamps with
        a time zone, or ISO 8601 texts with an offset.
    source : str
        Name of the file, for refusals and notes.
    is_utc : bool
        Whether stamps without a time zone are known to be UTC; if not they are refused.

    Returns
    -------
    stamps : Series of datetime64[ns, UTC], shape (n,)
        In the order given.
    notes : list of str
        What had to be assumed.

    Raises
    ------
    InputError
        For stamps that are missing, unreadable, or naive without a rule.

    Examples
    --------
    >>> utc_stamps(pd.Series([1735689600000, 1735689660000000]), "a.csv", is_utc=False)[0].dt.minute.tolist()
    [0, 1]
    """
    if values.isna().any():
        raise bad_input(
            source, "stamped in every row", f"{int(values.isna().sum())} empty stamps", "drop them"
        )
    if isinstance(values.dtype, pd.DatetimeTZDtype):
        zone = str(values.dtype.tz)
        notes = [] if zone == "UTC" else [f"{source}: stamps converted from {zone} to UTC"]
        return values.dt.tz_convert("UTC").astype(TIME_DTYPE), notes
    if not pd.api.types.is_datetime64_dtype(values.dtype):
        numbers = pd.to_numeric(values, errors="coerce")
        if numbers.notna().all():
            return _epoch_stamps(numbers, source)
        values = _parsed_stamps(values.astype(str), source)
        if isinstance(values.dtype, pd.DatetimeTZDtype):
            return values.astype(TIME_DTYPE), []
    if not is_utc:
        raise bad_input(
            f"stamps of {source}", "epoch numbers or carry a time zone", f"{values.iloc[0]} without one",
            "write them as 2024-01-01T00:00:00Z or as milliseconds since 1970",
        )  # fmt: skip
    return values.dt.tz_localize("UTC").astype(TIME_DTYPE), [f"{source}: stamps without a zone taken as UTC"]


def _epoch_stamps(numbers: pd.Series, source: str) -> tuple[pd.Series, list[str]]:
    """Return stamps from numbers, each in the unit that its size shows."""
    values = numbers.round().to_numpy(dtype=np.int64)
    if (values < _EPOCH_UNITS[-1][0]).any():
        raise bad_input(
            f"stamps of {source}", "epoch numbers after 1973", values.min(), "check the time column"
        )
    units = np.select([values >= lowest for lowest, _, _ in _EPOCH_UNITS], list(range(len(_EPOCH_UNITS))))
    factors = np.array([factor for _, _, factor in _EPOCH_UNITS], dtype=np.int64)
    used = [_EPOCH_UNITS[i][1] for i in np.unique(units)]
    notes = [f"{source}: stamps in {' and '.join(used)}, decided per row"] if len(used) > 1 else []
    stamps = pd.to_datetime(values * factors[units], unit="ns", utc=True).astype(TIME_DTYPE)
    return pd.Series(stamps, index=numbers.index), notes


def _parsed_stamps(texts: pd.Series, source: str) -> pd.Series:
    """Return stamps from ISO 8601 texts, with a time zone (UTC) iff every text has an offset."""
    zoned = texts.str.contains(r"(?:Z|[+-]\d\d:?\d\d)$", regex=True)
    try:
        return pd.to_datetime(texts, format="ISO8601", utc=bool(zoned.all()))
    except ValueError:
        raise bad_input(
            f"stamps of {source}", "ISO 8601, all with an offset or all without", repr(texts.iloc[0]),
            "write them as 2024-01-01T00:00:00Z or as milliseconds since 1970",
        ) from None  # fmt: skip


def _numbers(values: pd.Series, source: str) -> pd.Series:
    """Return numbers as float64, naming the first text among them."""
    numbers = pd.to_numeric(values, errors="coerce").astype("float64")
    wrong = numbers.isna() & values.notna()
    if wrong.any():
        raise bad_input(
            f"{values.name} of {source}", "numbers", repr(values[wrong].iloc[0]), "correct the file"
        )
    return numbers


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
