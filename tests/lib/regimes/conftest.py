"""Options of the default recipe in small, and a market of three plain regimes."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from topoquant.lib.regimes import HMMOptions, RegimeInputOptions, RegimeOptions, RuleOptions
from topoquant.lib.sampling import SplitOptions, assign_rows

INTERVAL = "15m"
EMBARGO = pd.Timedelta("1h")


@pytest.fixture(scope="session")
def hmm():
    """Return a function: what differs -> options of a fit."""

    def make(**changes):
        base = HMMOptions(
            n_states=3, covariance="diag", n_starts=2, n_short=5, n_iterations=100, tolerance=1e-6
        )
        return replace(base, **changes)

    return make


@pytest.fixture(scope="session")
def rules():
    """Return a function: what differs -> options of the rules."""

    def make(**changes):
        base = RuleOptions(
            order=("volatile", "trending", "mean_reverting"), period=24, fast_period=6, variance_horizon=4,
            volatility_ratio=1.5, momentum_to_noise=1.5, trend_variance_ratio=0.9, autocorrelation=-0.1,
            reversion_variance_ratio=0.9, band_width=2.0,
        )  # fmt: skip
        return replace(base, **changes)

    return make


@pytest.fixture(scope="session")
def options(hmm, rules):
    inputs = RegimeInputOptions(efficiency=(16,), log_volatility=(12.0,), log_return=())
    return RegimeOptions(inputs=inputs, hmm=hmm(), rules=rules(), min_agreement=0.8)


def bars_of(close, symbol="SYN"):
    """Bars whose range is nothing but their close."""
    return pd.DataFrame(
        {
            "symbol": symbol,
            "open_time": pd.date_range("2024", periods=len(close), freq="15min", tz="UTC"),
            **dict.fromkeys(("open", "high", "low", "close"), np.asarray(close, float)),
            "volume": 1.0,
        }
    )


@pytest.fixture(scope="session")
def three_regimes():
    """Log-returns of a market that stands, runs and shakes in turn, and which it does."""
    rng = np.random.default_rng(5)
    lengths = rng.integers(60, 140, 40)
    state = np.repeat(np.arange(40) % 3, lengths)
    drift = np.array([0.0, 0.002, 0.0])[state] * np.repeat(rng.choice([-1, 1], 40), lengths)
    return rng.normal(drift, np.array([0.001, 0.0015, 0.008])[state]), state


@pytest.fixture(scope="session")
def market(three_regimes):
    """Bars, and the rows they are split into."""
    bars = bars_of(100 * np.exp(np.cumsum(three_regimes[0])))
    split = SplitOptions(train=0.7, val=0.15, n_folds=3, embargo=None)
    return bars, assign_rows(bars, INTERVAL, horizon=4, options=split, n_rows=500)
