"""Prices and volumes that no bar can have, row by row."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from topoquant.lib.bars.schema import OPTIONAL_BAR_COLUMNS, PRICE_COLUMNS
from topoquant.lib.errors import InputError, bad_input

# quote_volume / volume is a mean price of the bar; in real files it lies within [low, high], and
# rounding of tiny volumes moves it by less than this factor.
_PRICE_TOLERANCE = 2.0
_VOLUME_ROUNDING = 1e-6


def check_prices(bars: pd.DataFrame) -> None:
    """Refuse prices that are no prices and bars whose ends stick out of their range.

    Parameters
    ----------
    bars : DataFrame, shape (n, any)
        One symbol's bars with float64 columns.

    Raises
    ------
    InputError
        For a price that is missing, infinite or not positive, a high below or a low above
        another price of its bar. The message shows the first such row and counts them.

    Examples
    --------
    >>> row = {"open": 2.0, "high": 1.0, "low": 1.0, "close": 2.0, "volume": 1.0}
    >>> check_prices(pd.DataFrame({"open_time": pd.to_datetime(["2024-01-01"], utc=True), **row}))
    Traceback (most recent call last):
    ...
    topoquant.lib.errors.InputError: prices must be within [low, high], got open 2, high 1, low 1, close 2,
    volume 1 at 2024-01-01 00:00:00+00:00 (1 of 1 rows): check the order of the columns
    """
    opens, highs, lows, closes = (bars[name].to_numpy(np.float64) for name in PRICE_COLUMNS)
    bottom = np.minimum(np.minimum(opens, closes), np.minimum(lows, highs))
    top = np.maximum(np.maximum(opens, closes), np.maximum(lows, highs))
    # A NaN passes on through minimum and maximum and then fails both comparisons.
    wrong = ~((bottom > 0) & (top < np.inf))
    if wrong.any():
        raise _refusal(bars, wrong, "prices", "finite and positive", "drop or mend these rows")
    outside = (highs < top) | (lows > bottom)
    if outside.any():
        raise _refusal(bars, outside, "prices", "within [low, high]", "check the order of the columns")


def check_volumes(bars: pd.DataFrame) -> None:
    """Refuse volumes that are missing, negative, swapped or in different units.

    Row by row, quote_volume / volume is the mean price of the bar's trades; a row where the
    inverse is one instead has the two swapped. For prices between 0.71 and 1.41 both readings
    are prices of the bar, and a swap cannot be seen.

    Parameters
    ----------
    bars : DataFrame, shape (n, any)
        One symbol's bars with float64 columns. Optional columns may hold NaN, `volume` may not.

    Raises
    ------
    InputError
        Showing the first such row and counting them.

    Examples
    --------
    >>> row = {"open": 9.0, "high": 9.0, "low": 8.0, "close": 9.0, "volume": 18.0, "quote_volume": 2.0}
    >>> check_volumes(pd.DataFrame({"open_time": pd.to_datetime(["2024-01-01"], utc=True), **row}))
    Traceback (most recent call last):
    ...
    topoquant.lib.errors.InputError: quote_volume / volume must be a price of the bar, got the two swapped:
    open 9, high 9, low 8, close 9, volume 18, quote_volume 2 at 2024-01-01 00:00:00+00:00 (1 of 1 rows):
    swap volume and quote_volume in these rows
    """
    volume = bars["volume"].to_numpy(np.float64)
    others = {name: bars[name].to_numpy(np.float64) for name in OPTIONAL_BAR_COLUMNS if name in bars.columns}
    wrong = ~((volume >= 0) & (volume < np.inf))
    for values in others.values():
        wrong |= (values < 0) | (values == np.inf)
    if wrong.any():
        raise _refusal(bars, wrong, "volumes", "present, finite and not negative", "drop or mend these rows")
    if "quote_volume" in others:
        _check_quote_volume(bars, volume, others["quote_volume"])
    if "taker_buy_volume" in others:
        excess = others["taker_buy_volume"] > volume * (1 + _VOLUME_ROUNDING)
        if excess.any():
            remedy = "drop the column, or bring the one in base units"
            raise _refusal(bars, excess, "taker_buy_volume", "at most volume", remedy)


def _check_quote_volume(
    bars: pd.DataFrame, volume: NDArray[np.float64], quote_volume: NDArray[np.float64]
) -> None:
    """Refuse rows whose two volumes no price of the bar connects."""
    highest = bars["high"].to_numpy(np.float64) * _PRICE_TOLERANCE
    lowest = bars["low"].to_numpy(np.float64) / _PRICE_TOLERANCE
    traded = (volume > 0) & (quote_volume > 0)
    wrong = traded & ((quote_volume > volume * highest) | (quote_volume < volume * lowest))
    if not wrong.any():
        return
    swapped = wrong & (volume >= quote_volume * lowest) & (volume <= quote_volume * highest)
    name, allowed = "quote_volume / volume", "a price of the bar"
    if swapped.any():
        remedy = "swap volume and quote_volume in these rows"
        raise _refusal(bars, swapped, name, allowed, remedy, lead="the two swapped: ")
    raise _refusal(bars, wrong, name, allowed, "bring both for the same trades, in base and quote units")


def _refusal(
    bars: pd.DataFrame, bad: NDArray[np.bool_], name: str, allowed: str, remedy: str, lead: str = ""
) -> InputError:
    """Build the refusal that shows the first bad row."""
    row = bars.iloc[int(np.argmax(bad))]
    columns = [column for column in bars.columns if column not in ("symbol", "open_time")]
    shown = ", ".join(f"{column} {row[column]:.10g}" for column in columns)
    n_rows = f"{int(bad.sum()):,} of {len(bars):,} rows"
    return bad_input(name, allowed, f"{lead}{shown} at {row['open_time']} ({n_rows})", remedy)
