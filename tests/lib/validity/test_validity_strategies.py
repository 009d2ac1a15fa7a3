"""A backtest that does not add up is found from its tables; strategies are deflated by all that was tried."""

import numpy as np
import pandas as pd
import pytest

from topoquant.lib.backtest import BacktestOptions, trade_signals
from topoquant.lib.validity import check_accounts, sharpe_statistics, with_sharpe_statistics

STEP = pd.Timedelta("1h")


def traded():
    rng = np.random.default_rng(0)
    time = pd.date_range("2024-01-01", periods=200, freq=STEP, tz="UTC", unit="ns")
    parts = []
    for symbol in ("A", "B"):
        close = 100 * np.exp(np.cumsum(rng.normal(0, 0.01, 200)))
        opens = np.concatenate(([100.0], close[:-1]))
        parts.append(pd.DataFrame({
            "symbol": symbol, "open_time": time, "open": opens, "high": np.maximum(opens, close),
            "low": np.minimum(opens, close), "close": close,
        }))  # fmt: skip
    bars = pd.concat(parts, ignore_index=True)
    signals = bars[["symbol"]].assign(time=bars["open_time"] + STEP, signal=rng.choice([-1.0, 0.0, 1.0], 400))
    options = BacktestOptions(fee=0.001, slippage=0.0005, holding=3, funding=0.0001, stop=0.02)
    return bars, trade_signals(bars, signals, options, interval="1h", seed=0)


def test_what_was_traded_adds_up():
    bars, result = traded()
    check = check_accounts(result.trades, result.equity, bars, interval="1h")
    assert check.status == "ok"
    assert check.section == "backtest"
    assert check.numbers["n_trades"] == len(result.trades) > 50


@pytest.mark.parametrize(
    ("change", "finding"),
    [
        (lambda t: t.assign(entry_time=t["entry_time"] - STEP), "before their signal"),
        (lambda t: t.assign(entry_price=t["entry_price"] * 1.001), "off their bar"),
        (lambda t: t.assign(exit_price=t["exit_price"] * 1.1), "off their bar"),
        (lambda t: t.assign(funding=0.0), "gross less costs is not net"),
        (lambda t: t.iloc[:-1], "do not sum up"),
    ],
)
def test_what_does_not_add_up_is_a_leak(change, finding):
    bars, result = traded()
    check = check_accounts(change(result.trades), result.equity, bars, interval="1h")
    assert check.status == "leak"
    assert finding in check.finding


def test_trials_are_predictions_times_strategies():
    rng = np.random.default_rng(1)
    paths = {
        name: np.cumprod(1 + rng.normal(0, 0.01, 300)) for name in ("sniper", "reckless", "buy_and_hold")
    }
    equity = pd.concat([pd.DataFrame({"name": name, "equity": path}) for name, path in paths.items()])
    table = [
        {"name": "sniper", "kind": "strategy"}, {"name": "audited", "kind": "strategy"},
        {"name": "reckless", "kind": "strategy"}, {"name": "buy_and_hold", "kind": "benchmark"},
    ]  # fmt: skip
    rows = with_sharpe_statistics(table, equity, n_predictions=7, interval="1h")
    found = {row["name"]: row["sharpe_statistics"] for row in rows}
    assert found["audited"] is None
    returns = paths["sniper"][1:] / paths["sniper"][:-1] - 1
    # Of what was chosen from: the benchmark is no trial.
    chosen = [paths["sniper"], paths["reckless"]]
    ratios = [(p[1:] / p[:-1] - 1).mean() / (p[1:] / p[:-1] - 1).std(ddof=1) for p in chosen]
    expected = sharpe_statistics(returns, n_trials=21, trial_variance=float(np.var(ratios, ddof=1)))
    assert found["sniper"]["n_trials"] == 21
    assert found["sniper"]["dsr"] == pytest.approx(expected.dsr)
    assert found["sniper"]["psr"] > found["sniper"]["dsr"]


def test_a_path_that_never_moves_has_no_ratio():
    still = pd.DataFrame({"name": "one", "equity": np.ones(10)})
    (row,) = with_sharpe_statistics([{"name": "one"}], still, n_predictions=1, interval="1h")
    assert row["sharpe_statistics"] is None
