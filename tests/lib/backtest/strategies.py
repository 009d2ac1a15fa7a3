"""A market with predictions, regimes and an auditor, for whoever compares strategies."""

from functools import cache

import numpy as np
import pandas as pd

from topoquant.lib.backtest import BacktestOptions, ProfileOptions, ProfilesOptions, compare_profiles

STEP = pd.Timedelta("15min")
N_BARS = 1_200


def options_of(**changed):
    base = {
        "fee": 0.0004,
        "slippage": 0.0001,
        "holding": 4,
        "side": "long",
        "n_random": 200,
        "min_trades": 30,
    }
    return BacktestOptions(**base | changed)


def profiles_of(level, *, threshold=0.75):
    strategies = {
        "sniper": ProfileOptions(threshold=0.95, blocked=("range",), auditor=None),
        "audited": ProfileOptions(threshold=threshold, blocked=("range",), auditor=0.5),
        "reckless": ProfileOptions(threshold=threshold, blocked=(), auditor=None),
    }
    return ProfilesOptions(level=level, strategies=strategies)


def rows_of(n, seed=1):
    time = pd.date_range("2024-01-02", periods=n, freq=STEP, tz="UTC", unit="ns")
    p = np.random.default_rng(seed).random(n)
    return pd.DataFrame({"symbol": "SYN", "time": time, "fold": -1, "p_label": p})


@cache
def market():
    """Bars, test rows, val rows, regimes in runs and what the auditor says."""
    rng = np.random.default_rng(0)
    time = pd.date_range("2024-01-01", periods=N_BARS + 96, freq=STEP, tz="UTC", unit="ns")
    close = 100 * np.exp(np.cumsum(rng.normal(0, 0.003, len(time))))
    opens = np.concatenate(([100.0], close[:-1]))
    bars = pd.DataFrame({
        "symbol": "SYN", "open_time": time, "open": opens, "high": np.maximum(opens, close) * 1.001,
        "low": np.minimum(opens, close) * 0.999, "close": close,
    })  # fmt: skip
    rows = rows_of(N_BARS)
    kinds = rng.choice(["range", "trend", "panic"], N_BARS // 24, p=[0.5, 0.4, 0.1])
    regime = np.repeat(kinds, 24)
    regimes = rows[["symbol", "time", "fold"]].assign(regime=regime)
    auditor = rows[["symbol", "time"]].assign(side=1, p_correct=rng.random(N_BARS))
    return bars, rows, rows_of(500, seed=2), regimes, auditor


def compared(*, options=None, profiles=None, rows=None, val=None, **frames):
    bars, own, own_val, regimes, auditor = market()
    given = {"regimes": regimes, "auditor": auditor} | frames
    return compare_profiles(
        bars, own if rows is None else rows, options or options_of(), profiles or profiles_of("quantile"),
        val=own_val if val is None else val, interval="15m", seed=0, **given,
    )  # fmt: skip
