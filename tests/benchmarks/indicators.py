"""All tabular columns beside pandas, and fractional differences beside mlfinpy in its own environment."""

import resource

import numpy as np
import pandas as pd

from tests.benchmarks.clock import speed
from tests.benchmarks.labels import peer_process
from tests.benchmarks.measuring import Row, compare, in_turns, some_bars
from topoquant.lib.bars import PRICE_COLUMNS
from topoquant.lib.indicators import IndicatorOptions, fractional_difference, indicators
from topoquant.lib.indicators.sets import INDICATOR_SETS
from topoquant.lib.indicators.table import with_returns

INTERVAL = "1m"
D = 0.4


def tabular(*, quick: bool) -> Row:
    n_bars = 2_000 if quick else 1_000_000
    bars = _one_minute_bars(n_bars)
    n_columns, spent = _whole_table(bars)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    theirs = _by_pandas(bars)
    ours = _by_name(bars, list(theirs))
    for name, values in ours.items():
        known = ~np.isnan(values)
        np.testing.assert_allclose(values[known], theirs[name][known], rtol=1e-4, atol=1e-6)
    return compare(
        f"indicators, {len(theirs)} columns", "cells",
        ours=(lambda: _by_name(bars, list(theirs)), n_bars * len(theirs)),
        peer=(lambda: _by_pandas(bars), n_bars * len(theirs)),
        compared=f"the same columns by pandas rolling, ewm and shift; the table of all {n_columns} of ours "
        f" for {n_bars:,} bars: {spent:.1f} s, {peak:.1f} GB",
        repeats=1 if quick else 3,
    )  # fmt: skip


def fractional_55(*, quick: bool) -> Row:
    return _fractional(1e-3, 55, quick=quick)


def fractional_282(*, quick: bool) -> Row:
    return _fractional(1e-4, 282, quick=quick)


def fractional_1458(*, quick: bool) -> Row:
    return _fractional(1e-5, 1458, quick=quick)


def _fractional(threshold: float, width: int, *, quick: bool) -> Row:
    n, n_peer = (4_000, 1_600) if quick else (1_000_000, 6_000)
    x = np.log(_one_minute_bars(n)["close"].to_numpy())

    def difference() -> np.ndarray:
        return fractional_difference(x, d=D, threshold=threshold)

    with peer_process("frac_diff_ffd", None, {"x": x[:n_peer], "d": D, "threshold": threshold}) as peer:
        expected, got = peer.answer["difference"], difference()[:n_peer]
        assert np.isnan(got).sum() == width - 1
        np.testing.assert_allclose(got, expected, rtol=0, atol=1e-12)
        return in_turns(
            f"fractional_difference, width {width}", "rows", ours=lambda: speed(difference, n),
            peer=peer.speed, compared=f"{peer.name} frac_diff_ffd, {n_peer:,} rows",
            repeats=1 if quick else 5,
        )  # fmt: skip


def _whole_table(bars: pd.DataFrame) -> tuple[int, float]:
    """Make the table of all columns twice; how many they are, and the CPU time of the second."""
    options = IndicatorOptions(
        sets=("tabular",), rsi_period=14, macd_fast=12, macd_slow=26, macd_signal=9, band_period=20,
        band_width=2.0, atr_period=14, momentum_period=10, volume_period=20,
    )  # fmt: skip
    n_columns = indicators(bars, options, interval=INTERVAL).shape[1] - 1
    return n_columns, 1 / speed(lambda: indicators(bars, options, interval=INTERVAL), 1)


def _by_name(bars: pd.DataFrame, names: list[str]) -> dict[str, np.ndarray]:
    """Compute single columns, by the functions that the table is made of."""
    columns = {column.name: column for columns in INDICATOR_SETS.values() for column in columns}
    arrays = with_returns({name: bars[name].to_numpy() for name in (*PRICE_COLUMNS, "volume")})
    return {name: columns[name].compute(arrays) for name in names}


def _one_minute_bars(n_bars: int) -> pd.DataFrame:
    """The bars at hand, one minute each, repeated from where they end, half of the volume bought."""
    some = some_bars(min(n_bars, 100_000))
    n_copies = -(-n_bars // len(some))
    growth = some["close"].iloc[-1] / some["close"].iloc[0]
    scale = np.repeat(growth ** np.arange(n_copies), len(some))[:n_bars]
    volume = np.resize(some["volume"].to_numpy(), n_bars)
    opens = pd.date_range("2020-01-01", periods=n_bars, freq="min", tz="UTC", unit="ns")
    prices = {name: np.resize(some[name].to_numpy(), n_bars) * scale for name in PRICE_COLUMNS}
    bars = {"open_time": opens, **prices, "volume": volume, "taker_buy_volume": volume / 2}
    return pd.DataFrame(bars)


def _by_pandas(bars: pd.DataFrame) -> dict[str, pd.Series]:
    """Compute those columns that pandas has a method for."""
    close, log_close, volume = bars["close"], np.log(bars["close"]), bars["volume"]
    change = log_close.diff()
    columns = {
        f"log_return_{horizon}": log_close.diff(horizon) for horizon in (1, 2, 3, 5, 7, 10, 14, 20, 30)
    }
    for period in (5, 7, 10, 14, 20, 30, 50, 100, 200):
        columns[f"sma_ratio_{period}"] = close / close.rolling(period).mean() - 1
    for period in (5, 10, 20, 30, 60):
        columns[f"volatility_{period}"] = change.rolling(period).std(ddof=0)
    for period in (7, 14, 30, 60):
        columns[f"high_distance_{period}"] = log_close - np.log(bars["high"].rolling(period).max())
        columns[f"low_distance_{period}"] = log_close - np.log(bars["low"].rolling(period).min())
    columns["volume_zscore_50"] = (volume - volume.rolling(50).mean()) / volume.rolling(50).std(ddof=0)
    columns["autocorrelation_1_60"] = change.rolling(60).corr(change.shift())
    return columns
