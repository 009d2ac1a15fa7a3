"""Complexity of bars: computed on a finer interval, brought up to the decision interval."""

from itertools import pairwise

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from topoquant.lib.bars import (
    check_one_symbol,
    gap_positions,
    infer_interval,
    interval_timedelta,
    map_symbols,
    resample_bars,
    row_keys,
    stamps_ns,
)
from topoquant.lib.complexity.options import ComplexityOptions
from topoquant.lib.complexity.rolling import measure_names, rolling_complexity
from topoquant.lib.errors import bad_input

Array = NDArray[np.float64]


def complexity_names(options: ComplexityOptions) -> list[str]:
    """Names of the columns of `complexity_features`.

    Parameters
    ----------
    options : ComplexityOptions
        Series and windows are read.

    Returns
    -------
    list of str
        `complexity_<series>_<measure>_<window>`, the columns of the first series first.
    """
    return [f"complexity_{series}_{name}" for series in options.series for name in measure_names(options)]


def complexity_interval(options: ComplexityOptions, finest: str, interval: str) -> str:
    """Interval of the bars that the windows consist of.

    Parameters
    ----------
    options : ComplexityOptions
        `interval` is read.
    finest : str
        The finest interval there is.
    interval : str
        That of the decisions.

    Returns
    -------
    str
        `options.interval`; `finest` where that is None, or where there is nothing as fine.

    Raises
    ------
    InputError
        When decisions do not fall on the ends of such bars.

    Examples
    --------
    >>> options = ComplexityOptions(
    ...     series=["log_return"], interval="5m", windows=[96], permutation_order=3, permutation_delay=1,
    ...     sample_order=2, sample_tolerance=0.2, higuchi_lags=10, box_sizes=None, normalize=True,
    ... )
    >>> complexity_interval(options, "1m", "15m"), complexity_interval(options, "15m", "15m")
    ('5m', '15m')
    """
    wanted, there = options.interval or finest, interval_timedelta(finest)
    if there >= interval_timedelta(wanted):
        wanted = finest
    if interval_timedelta(interval) % interval_timedelta(wanted) != pd.Timedelta(0):
        raise bad_input(
            "features_complexity.interval", f"{interval} or a whole part of it", wanted, "name another"
        )
    return wanted


def complexity_features(
    bars: pd.DataFrame, options: ComplexityOptions, *, interval: str, finer: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Compute six measures of complexity of the windows that end at each decision.

    Parameters
    ----------
    bars : DataFrame
        Bars of one symbol in time order, with or without `symbol`: their ends are the decisions.
    options : ComplexityOptions
        Series, windows and measures.
    interval : str
        Length of a bar ("15m").
    finer : DataFrame, optional
        Shorter bars of the same symbol, of which the windows consist; `bars` themselves when absent
        or without rows. They are resampled up to `options.interval`.

    Returns
    -------
    DataFrame, shape (n_bars, 1 or 2 + n_features)
        `symbol` where `bars` has it, `time`, and float64 columns as `complexity_names`: the value at
        the finer bar that closes at `time`. A row whose finer bar is missing, or whose window would
        cross a gap or begin before the data, is NaN; no other value is, and none is infinite:
        see Notes.

    Raises
    ------
    InputError
        For several symbols, prices that are not positive and finite, a window too short for a
        measure, or an interval whose bars do not end where decisions fall.

    Notes
    -----
    A row depends on `window` finer bars up to the one that closes at its `time` (one more for
    returns) and on no later one. Where a measure has no value the column holds one: for the sample
    entropy ln((window - order) (window - order - 1) / 2), the largest that a window can show (Richman
    and Moorman 2000), where no template goes on to match; in a window that does not move at all 0 for
    the entropies, 1 for Higuchi's dimension (as for any series of which some curve has no length),
    and 0.5 for the fluctuation exponent.

    Examples
    --------
    >>> options = ComplexityOptions(
    ...     series=["log_price"], interval=None, windows=[4], permutation_order=2, permutation_delay=1,
    ...     sample_order=1, sample_tolerance=0.5, higuchi_lags=2, box_sizes=[3, 4], normalize=True,
    ... )
    >>> bars = pd.DataFrame({
    ...     "open_time": pd.date_range("2024", periods=5, freq="15min", tz="UTC"),
    ...     "close": [1.0, 2.0, 1.0, 2.0, 4.0],
    ... })
    >>> complexity_features(bars, options, interval="15m").iloc[:, 1].round(4).tolist()
    [nan, nan, nan, 0.9183, 0.9183]
    """
    check_one_symbol(bars)
    source, length = bars, interval
    if finer is not None and len(finer):
        check_one_symbol(finer)
        finest = infer_interval(finer)
        length = complexity_interval(options, finest, interval)
        source = finer if length == finest else resample_bars(finer, length, source_interval=finest)
    table = _table(source, options, length)
    keys = row_keys(bars, interval)
    decisions = stamps_ns(bars) + interval_timedelta(interval).value
    known = stamps_ns(source) + interval_timedelta(length).value
    # A last row of nothing, for decisions without their finer bar.
    row = np.searchsorted(known, decisions)
    is_there = np.append(known, [0])[row] == decisions
    values = np.where(is_there[:, None], np.vstack([table, np.full(table.shape[1], np.nan)])[row], np.nan)
    return pd.concat([keys, pd.DataFrame(values, columns=complexity_names(options))], axis=1)


def complexity_of_symbols(
    bars: pd.DataFrame, finer: pd.DataFrame, options: ComplexityOptions, *, interval: str
) -> pd.DataFrame:
    """Compute `complexity_features` of each symbol, on its own finer bars.

    Parameters
    ----------
    bars : DataFrame
        Bars of any number of symbols, sorted by (symbol, open_time).
    finer : DataFrame
        Shorter bars, told apart by `symbol`; a symbol may have none.
    options : ComplexityOptions
        Series, windows and measures.
    interval : str
        Length of a bar of `bars`.

    Returns
    -------
    DataFrame
        One row per bar, in the order of `bars`; see `complexity_features`.

    Raises
    ------
    InputError
        As `complexity_features`.

    Examples
    --------
    >>> options = ComplexityOptions(
    ...     series=["log_range"], interval=None, windows=[4], permutation_order=2, permutation_delay=1,
    ...     sample_order=1, sample_tolerance=0.5, higuchi_lags=2, box_sizes=[3, 4], normalize=True,
    ... )
    >>> bars = pd.DataFrame({
    ...     "symbol": ["A"] * 5, "open_time": pd.date_range("2024", periods=5, freq="15min", tz="UTC"),
    ...     "high": [2.0, 3.0, 2.5, 4.0, 3.0], "low": 1.0,
    ... })
    >>> table = complexity_of_symbols(bars, bars.iloc[:0], options, interval="15m")
    >>> table["complexity_log_range_permutation_4"].round(4).tolist()
    [nan, nan, nan, 0.9183, 0.9183]
    """

    def compute(own: pd.DataFrame) -> pd.DataFrame:
        return complexity_features(own, options, interval=interval, finer=_own(finer, own))

    return map_symbols(compute, bars)


def coarse_symbols(
    bars: pd.DataFrame, finer: pd.DataFrame, options: ComplexityOptions, *, interval: str
) -> dict[str, str]:
    """Say which symbols have no bars as fine as `options.interval`.

    Parameters
    ----------
    bars, finer : DataFrame
        As `complexity_of_symbols` takes them.
    options : ComplexityOptions
        `interval` is read.
    interval : str
        Length of a bar of `bars`.

    Returns
    -------
    dict of str to str
        Symbol to the finest interval it has. Empty where no interval is asked for.
    """
    if options.interval is None:
        return {}
    there = {}
    for symbol in bars["symbol"].unique():
        own = finer.loc[finer["symbol"] == symbol]
        there[str(symbol)] = infer_interval(own) if len(own) else interval
    wanted = interval_timedelta(options.interval)
    return {symbol: finest for symbol, finest in there.items() if interval_timedelta(finest) > wanted}


def _own(finer: pd.DataFrame, own: pd.DataFrame) -> pd.DataFrame:
    """Finer bars of the symbol of these bars."""
    return finer.loc[finer["symbol"] == own["symbol"].iloc[0]].reset_index(drop=True)


def _table(bars: pd.DataFrame, options: ComplexityOptions, interval: str) -> Array:
    """All columns of every bar, each run of bars without a gap by itself."""
    table = np.full((len(bars), len(complexity_names(options))), np.nan)
    edges = [0, *gap_positions(bars, interval).tolist(), len(bars)]
    n_own = len(measure_names(options))
    for place, name in enumerate(options.series):
        series = _take(bars, name)
        skipped = int(name == "log_return")
        for start, stop in pairwise(edges):
            first = start + skipped
            made = rolling_complexity(series[first:stop], options)
            table[first:stop, place * n_own : (place + 1) * n_own] = _fill(made, options)
    return table


def _take(bars: pd.DataFrame, name: str) -> Array:
    """Return a series of bars; a return stands at the bar that ends it, and the first is NaN."""
    needed = ("high", "low") if name == "log_range" else ("close",)
    for column in needed:
        values = bars[column].to_numpy(np.float64)
        usable = np.isfinite(values) & (values > 0)
        if not usable.all():
            first = int(np.argmin(usable))
            raise bad_input(
                f"bars.{column}", "finite and > 0", f"{values[first]} at {bars['open_time'].iloc[first]}",
                "drop that bar: a gap is allowed, a bad bar is not",
            )  # fmt: skip
    logs = [np.log(bars[column].to_numpy(np.float64)) for column in needed]
    if name == "log_range":
        return logs[0] - logs[1]
    return logs[0] if name == "log_price" else np.diff(logs[0], prepend=np.nan)


def _fill(made: pd.DataFrame, options: ComplexityOptions) -> Array:
    """Put a value where a whole window has none."""
    for window in options.windows:
        is_whole = np.arange(len(made)) >= window - 1
        # A window without power stands still.
        is_still = made[f"spectral_{window}"].isna().to_numpy()
        n_templates = window - options.sample_order
        most = np.log(n_templates * (n_templates - 1) / 2)
        others = {"sample": np.where(is_still, 0.0, most), "spectral": 0.0, "higuchi": 1.0, "detrended": 0.5}
        for measure, other in others.items():
            values = made[f"{measure}_{window}"].to_numpy()
            made[f"{measure}_{window}"] = np.where(is_whole & ~np.isfinite(values), np.asarray(other), values)
    return made.to_numpy()
