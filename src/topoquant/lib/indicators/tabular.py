"""One table of all the columns that options ask for, one row per bar."""

import numpy as np
import pandas as pd

from topoquant.lib.bars import decision_time, infer_interval
from topoquant.lib.errors import bad_input
from topoquant.lib.indicators.channels import CHANNEL_SETS, channels
from topoquant.lib.indicators.cross_asset import align_references, reference_names
from topoquant.lib.indicators.macro import align_macro, series_names
from topoquant.lib.indicators.options import IndicatorOptions
from topoquant.lib.indicators.order_flow import taker_array
from topoquant.lib.indicators.own import append_own_features
from topoquant.lib.indicators.sets import NEEDS_TAKERS, columns_of, without_absent_sets
from topoquant.lib.indicators.table import Arrays, Columns, Indicator, Named, table_by_run, with_returns


def indicators(
    bars: pd.DataFrame,
    options: IndicatorOptions,
    *,
    interval: str | None = None,
    references: pd.DataFrame | None = None,
    macro: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Compute the columns of the chosen sets for every bar.

    Parameters
    ----------
    bars : DataFrame
        Bars of one symbol in time order, with or without `symbol`.
    options : IndicatorOptions
        Sets and periods. A set whose inputs are absent is left out (`without_absent_sets`).
    interval : str, optional
        Length of a bar ("15m"); what the stamps show when absent.
    references : DataFrame, optional
        Bars of other coins at the same interval, told apart by `symbol`, for the set `cross_asset`.
    macro : DataFrame, optional
        `name`, `available_at`, `value` of series that are no bars, for the set `macro`.

    Returns
    -------
    DataFrame, shape (n_bars, 1 or 2 + n_columns)
        `symbol` where `bars` has it, `time` (open_time + interval) and float64 columns, all free of
        the level of prices (but `fractional`, which keeps a share of it) and of the unit of volume;
        `columns_of(options)` has their names, formulas and warm-up. After the start and after every
        gap a column is NaN for its warm-up (the channels share one), and no other value is, but:
        those of takers whose window has a bar of unknown taker volume, of another coin where it has
        no bar at that time, or of a macro series before it has enough values. After them come the
        columns of `options.functions`, of `append_own_features`.

    Raises
    ------
    InputError
        For several symbols, a price that is not positive, a volume that is negative or NaN, a taker
        volume outside that of its bar, a reference of another interval, a macro value that is not
        positive, or when no chosen set can be had; for an own function as `append_own_features`.

    Notes
    -----
    A row depends on bars up to and including its own, back to the last gap, on other coins' bars
    that are over at its time, and on macro values published by then. Columns marked recursive
    remember all bars of their run; after the warm-up what came before it weighs below 2 % (for the
    channels `rsi`, `macd` and `atr`, which start with their period, more). All others see their
    window alone. TA-Lib computes what it has. Its rolling standard deviation and correlation are
    not used: they lose digits on price levels. Neither is its money flow index, which is 0 below a
    fixed amount of money and so depends on the unit of volume.

    References
    ----------
    Wilder, J. W. (1978). New Concepts in Technical Trading Systems.
    Bollinger, J. (2001). Bollinger on Bollinger Bands.
    Yang, D. and Zhang, Q. (2000). Drift-independent volatility estimation. Journal of Business 73(3).

    Examples
    --------
    >>> options = IndicatorOptions(
    ...     sets=("price",), rsi_period=14, macd_fast=12, macd_slow=26, macd_signal=9, band_period=20,
    ...     band_width=2, atr_period=14, momentum_period=10, volume_period=20,
    ... )
    >>> price = np.array([100.0, 110.0])
    >>> bars = pd.DataFrame({
    ...     "symbol": "SYN", "open_time": pd.date_range("2024", periods=2, freq="15min", tz="UTC"),
    ...     "open": price, "high": price, "low": price, "close": price, "volume": 1.0,
    ... })
    >>> indicators(bars, options, interval="15m")["close_return"].round(4).tolist()
    [nan, 0.0953]
    """
    interval = interval or infer_interval(bars)
    there = without_absent_sets(options, bars.columns, references=references, macro=macro)
    by_set = columns_of(there, references=reference_names(references), macro=series_names(macro))
    _check_names([column.name for columns in by_set.values() for column in columns])
    beside: Columns = {}
    if "cross_asset" in there.sets:
        beside |= align_references(bars, references, interval=interval)
    if "macro" in there.sets:
        beside |= align_macro(bars, macro, interval=interval)
    computed = [one for columns in by_set.values() for one in columns if isinstance(one, Indicator)]

    def compute(arrays: Arrays) -> Named:
        known, n_bars = with_returns(arrays), arrays["close"].size
        for group in by_set:
            if group in CHANNEL_SETS and n_bars > by_set[group][0].warm_up:
                yield from channels(known, there, (group,)).items()
        for column in computed:
            if n_bars > column.warm_up:
                yield column.name, column.compute(known)
        for name in beside:
            yield name, arrays[name]

    warm_up = {
        column.name: 0 if column.name in beside else column.warm_up
        for columns in by_set.values()
        for column in columns
    }
    extra = _seconds(bars, interval) | beside
    if set(NEEDS_TAKERS) & set(there.sets):
        extra |= taker_array(bars)
    table = table_by_run(bars, compute, warm_up, interval=interval, extra=extra)
    return append_own_features(table, bars, options.functions, interval=interval)


def known_by(
    time: pd.Timestamp, references: pd.DataFrame, macro: pd.DataFrame, *, interval: str
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Cut what stands beside the bars down to what is known at an instant.

    Parameters
    ----------
    time : Timestamp
        In UTC.
    references : DataFrame
        Bars of other coins, told apart by `symbol`, in time order.
    macro : DataFrame
        With `name` and `available_at`, in time order.
    interval : str
        Length of a bar.

    Returns
    -------
    references : DataFrame
        Bars that are over at `time`, and the first of every coin: its columns then stay.
    macro : DataFrame
        Values available at `time`, and the first of every series.

    Examples
    --------
    >>> opens = pd.date_range("2024-01-01", periods=3, freq="h", tz="UTC")
    >>> bars = pd.DataFrame({"symbol": "ETHUSDT", "open_time": opens})
    >>> macro = pd.DataFrame({"name": "gold", "available_at": opens})
    >>> [len(part) for part in known_by(opens[1], bars, macro, interval="1h")]
    [1, 2]
    """
    over = (decision_time(references, interval) <= time) | ~references.duplicated("symbol")
    published = (macro["available_at"] <= time) | ~macro.duplicated("name")
    return references.loc[over], macro.loc[published]


def _seconds(bars: pd.DataFrame, interval: str) -> Columns:
    """Seconds since 1970 of every decision time, for the clock."""
    times = pd.DatetimeIndex(decision_time(bars, interval))
    return {"seconds": np.asarray(times.asi8 / 1e9)}


def _check_names(names: list[str]) -> None:
    """Refuse a coin and a series of the same name."""
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise bad_input(
            "names of references and macro series", "different", f"column {twice} twice", "rename one of both"
        )
