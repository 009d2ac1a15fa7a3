"""Who crossed the spread: buyers or sellers, where the source says how much takers bought."""

import numpy as np
import pandas as pd

from topoquant.lib.bars import infer_interval
from topoquant.lib.errors import bad_input
from topoquant.lib.indicators.rolling_kernel import rolling_sum
from topoquant.lib.indicators.table import Arrays, Columns, Values, ratio, table_by_run

TAKER_COLUMN = "taker_buy_volume"
FLOW_COLUMNS = ("buy_volume", "sell_volume", "delta", "cumulative_delta")
FLOW_CHANNELS = ("buy_share", "delta_ratio", "cumulative_delta_share")
ABSENT_NOTE = (
    "no taker_buy_volume: order flow (buy and sell volume, delta, cumulative delta) is absent, not estimated"
)
# Room for volumes that were rounded apart; a real excess is a wrong column.
_ROUNDING = 1e-6


def order_flow(bars: pd.DataFrame, *, interval: str | None = None) -> pd.DataFrame:
    """Split the volume of every bar into what takers bought and what they sold.

    Parameters
    ----------
    bars : DataFrame, shape (n, any)
        Bars of one symbol in time order, with or without `symbol`. Without `taker_buy_volume`
        nothing is estimated from prices: the columns are absent.
    interval : str, optional
        Length of a bar ("15m"); what the stamps show when absent.

    Returns
    -------
    DataFrame, shape (n, 1 to 6)
        `symbol` where `bars` has it, `time`, and in the unit of `volume`: `buy_volume` (bought by
        takers), `sell_volume` (the rest: a trade has one taker), `delta` (their difference) and
        `cumulative_delta` (sum of `delta` since the last gap, or the first bar). A bar whose taker
        volume is NaN has NaN in all four, and its run no cumulative delta from there on. Without
        takers there are keys alone and `attrs["notes"]` says why. A row depends on bars up to its
        own, back to the last gap.

    Raises
    ------
    InputError
        For several symbols, a bad price or volume, or takers who bought a negative amount or more
        than was traded.

    Examples
    --------
    >>> bars = pd.DataFrame({"open_time": pd.date_range("2024", periods=2, freq="15min", tz="UTC"),
    ...     "open": 1.0, "high": 1.0, "low": 1.0, "close": 1.0, "volume": [10.0, 4.0]})
    >>> order_flow(bars.assign(taker_buy_volume=[7.0, 1.0])).iloc[:, 1:].to_numpy().tolist()
    [[7.0, 3.0, 4.0, 4.0], [1.0, 3.0, -2.0, 2.0]]
    >>> order_flow(bars).columns.tolist()
    ['time']
    """
    interval = interval or infer_interval(bars)
    if TAKER_COLUMN not in bars.columns:
        keys = table_by_run(bars, lambda _: (), {}, interval=interval)
        keys.attrs["notes"] = [ABSENT_NOTE]
        return keys
    return table_by_run(
        bars, lambda arrays: _volumes(arrays).items(), dict.fromkeys(FLOW_COLUMNS, 0), interval=interval,
        extra=taker_array(bars),
    )  # fmt: skip


def check_takers(bars: pd.DataFrame) -> None:
    """Refuse taker volumes that no trades could have given.

    Parameters
    ----------
    bars : DataFrame
        With `volume` and `taker_buy_volume`; NaN among the latter is let through.

    Raises
    ------
    InputError
        For the first one below 0 or above the volume of its bar.
    """
    bought, volume = (bars[name].to_numpy(np.float64) for name in (TAKER_COLUMN, "volume"))
    wrong = (bought < 0) | (bought > volume * (1 + _ROUNDING))
    if wrong.any():
        first = int(np.argmax(wrong))
        raise bad_input(
            f"bars.{TAKER_COLUMN}", f"in [0, {volume[first]:g}], the volume of its bar",
            f"{bought[first]:g} at {bars['open_time'].iloc[first]} ({int(wrong.sum())} such bars)",
            "check which column it was read from, and its unit",
        )  # fmt: skip


def taker_array(bars: pd.DataFrame) -> Columns:
    """Taker volumes of every bar, checked, under the name of their column."""
    check_takers(bars)
    return {TAKER_COLUMN: bars[TAKER_COLUMN].to_numpy(np.float64)}


def taker_delta(arrays: Arrays) -> Values:
    """Bought less sold by takers, in the unit of volume."""
    return _volumes(arrays)["delta"]


def flow_channels(arrays: Arrays, period: int) -> Columns:
    """Scale-free channels of one run without a gap: see `indicators`."""
    delta, volume = taker_delta(arrays), arrays["volume"]
    traded = rolling_sum(volume, period)
    return {
        "buy_share": ratio(_bought(arrays), volume, 0.5),
        "delta_ratio": ratio(delta, traded / period, 0.0),
        "cumulative_delta_share": ratio(rolling_sum(delta, period), traded, 0.0),
    }


def _volumes(arrays: Arrays) -> Columns:
    """Bought, sold, their difference, and its sum so far."""
    bought = _bought(arrays)
    sold = arrays["volume"] - bought
    delta = bought - sold
    return {
        "buy_volume": bought, "sell_volume": sold, "delta": delta, "cumulative_delta": np.cumsum(delta)
    }  # fmt: skip


def _bought(arrays: Arrays) -> Values:
    """Volume bought by takers, rounding above the bar's volume cut off; NaN stays."""
    return np.minimum(arrays[TAKER_COLUMN], arrays["volume"])
