"""Bars, other coins and macro series for every set of columns."""

import numpy as np
import pandas as pd
import pytest

from topoquant.lib.bars import synthetic_bars
from topoquant.lib.indicators import SETS, FractionalOptions, IndicatorOptions

INTERVAL = "1h"


def make_options(*sets, **changes):
    values = {
        "sets": sets or SETS, "rsi_period": 14, "macd_fast": 12, "macd_slow": 26, "macd_signal": 9,
        "band_period": 20, "band_width": 2.0, "atr_period": 14, "momentum_period": 10, "volume_period": 20,
        "fractional": FractionalOptions(grid=(0.2, 0.4, 1.0), threshold=1e-3),
    }  # fmt: skip
    return IndicatorOptions(**(values | changes))


def make_macro(start, n_days):
    """A weekday series of two names, each close known at the end of its day."""
    days = pd.date_range(start, periods=n_days, freq="B", tz="UTC")
    rng = np.random.default_rng(5)
    parts = [
        pd.DataFrame(
            {
                "name": name,
                "available_at": (days + pd.Timedelta("1D")).as_unit("ns"),
                "value": 100 * np.exp(np.cumsum(rng.normal(0, 0.01, n_days))),
            }
        )
        for name in ("dxy", "gold")
    ]
    return pd.concat(parts, ignore_index=True)


@pytest.fixture(scope="session")
def options():
    """Return a function: names of sets (all if none) -> options."""
    return make_options


@pytest.fixture(scope="session")
def market():
    """900 hourly bars with takers, those of another coin, and two macro series that began before."""
    bars = synthetic_bars("regime", n_bars=900, seed=3, interval=INTERVAL).bars
    other = synthetic_bars("noise", n_bars=900, seed=4, interval=INTERVAL).bars.assign(symbol="ETH")
    return bars, other, make_macro(bars["open_time"].iloc[0] - pd.Timedelta("60D"), 80)
