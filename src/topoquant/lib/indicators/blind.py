"""What the recent past says about how much a market moves, and nothing about which way."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from topoquant.lib.indicators.options import BlindOptions
from topoquant.lib.indicators.rolling_kernel import exponential_mean
from topoquant.lib.indicators.table import Arrays, Columns, Named, table_by_run

# Mean squared ranges below that of a range of 1e-8 are no market's; the logarithm needs a floor.
SMALLEST_SQUARED_RANGE = 1e-16


def blind_names(options: BlindOptions) -> tuple[str, ...]:
    """Names of the sign-blind columns, in the order of the table.

    Parameters
    ----------
    options : BlindOptions
        Half-lives and number of lags.

    Returns
    -------
    tuple of str
        `log_range_<half-life>`, `abs_return_<lag>`, volume and clock.
    """
    ranges = [f"log_range_{half_life:g}" for half_life in options.half_lives]
    lags = [f"abs_return_{lag}" for lag in range(1, options.n_lags + 1)]
    clock = ["hour_sin", "hour_cos", "weekday_sin", "weekday_cos"]
    return (*ranges, *lags, "log_volume", "log_volume_ratio", *clock)


def sign_blind_features(bars: pd.DataFrame, options: BlindOptions, *, interval: str) -> pd.DataFrame:
    """Compute features that a market and its mirror image share.

    A model of these features can know volatility, activity and the clock; whatever another
    model gains over it is about direction or shape.

    Parameters
    ----------
    bars : DataFrame
        Bars of one symbol in time order, with or without `symbol`.
    options : BlindOptions
        Half-lives and number of lags.
    interval : str
        Length of a bar ("15m").

    Returns
    -------
    DataFrame, shape (n_bars, 1 or 2 + n_features)
        `symbol` where `bars` has it, `time` and float64 columns: log of the exponential average of squared
        log(high / low) per half-life; `abs_return_1` (of the bar that closes at `time`) to
        `abs_return_<n_lags>`; log(1 + volume); log((v + m) / 2m) with m the exponential average
        volume, 0 without volume; sine and cosine of hour and weekday of `time` in UTC. After the
        start and after every gap the first `n_lags` rows are NaN; no other row is.

    Raises
    ------
    InputError
        For several symbols, a price that is not positive or a volume that is negative or NaN.

    Notes
    -----
    A row depends on bars up to and including its own, back to the last gap. Exponential averages
    are normalised by the weights seen so far, so they are unbiased from the first bar of a run.

    Examples
    --------
    >>> options = BlindOptions(half_lives=(2,), volume_half_life=20, n_lags=1)
    >>> close = np.array([100.0, 110.0, 99.0])
    >>> bars = pd.DataFrame({
    ...     "symbol": "SYN", "open_time": pd.date_range("2024", periods=3, freq="15min", tz="UTC"),
    ...     "open": close, "high": close * 1.01, "low": close, "close": close, "volume": 1.0,
    ... })
    >>> sign_blind_features(bars, options, interval="15m")["abs_return_1"].round(4).tolist()
    [nan, 0.0953, 0.1054]
    """

    def compute(arrays: Arrays) -> Named:
        if arrays["close"].size > options.n_lags:
            yield from _ranges(arrays, options).items()
            yield from _absolute_returns(arrays, options).items()
            yield from _volume(arrays, options).items()

    names = blind_names(options)
    market, clock = names[:-4], names[-4:]
    frame = table_by_run(bars, compute, dict.fromkeys(market, options.n_lags), interval=interval)
    known = frame[market[0]].notna().to_numpy()
    for name, values in zip(clock, _clock(frame["time"]), strict=True):
        frame[name] = np.where(known, values, np.nan)
    return frame


def _ranges(arrays: Arrays, options: BlindOptions) -> Columns:
    """Log of the average squared range (Parkinson's volatility without its constant)."""
    squared = np.log(arrays["high"] / arrays["low"]) ** 2
    return {
        f"log_range_{half_life:g}": np.log(
            np.maximum(exponential_mean(squared, half_life), SMALLEST_SQUARED_RANGE)
        )
        for half_life in options.half_lives
    }


def _absolute_returns(arrays: Arrays, options: BlindOptions) -> Columns:
    """Absolute close-to-close log-returns, the latest first."""
    size = np.full(arrays["close"].size + options.n_lags, np.nan)
    size[options.n_lags + 1 :] = np.abs(np.diff(np.log(arrays["close"])))
    return {
        f"abs_return_{lag}": size[options.n_lags + 1 - lag : size.size + 1 - lag]
        for lag in range(1, options.n_lags + 1)
    }


def _volume(arrays: Arrays, options: BlindOptions) -> Columns:
    """Volume, and volume against its average."""
    volume = arrays["volume"]
    mean = exponential_mean(volume, options.volume_half_life)
    ratio = np.divide(volume + mean, 2 * mean, out=np.ones_like(volume), where=mean > 0)
    return {"log_volume": np.log1p(volume), "log_volume_ratio": np.log(ratio)}


def _clock(time: pd.Series) -> list[NDArray[np.float64]]:
    """Sine and cosine of the hour of the day and the day of the week."""
    hour = (time.dt.hour + time.dt.minute / 60).to_numpy(np.float64)
    weekday = time.dt.weekday.to_numpy(np.float64)
    angles = (2 * np.pi * hour / 24, 2 * np.pi * weekday / 7)
    return [wave(angle) for angle in angles for wave in (np.sin, np.cos)]
