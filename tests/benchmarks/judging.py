"""Intervals and back-tests beside scikit-learn and an event loop."""

import numpy as np
import pandas as pd
from sklearn.metrics import roc_auc_score

from tests.benchmarks.measuring import Row, compare, some_bars
from topoquant.lib.backtest import BacktestOptions, simulate
from topoquant.lib.backtest.engine_kernel import run_trades
from topoquant.lib.backtest.market import kernel_options, market_of
from topoquant.lib.validity import bootstrap_auc
from topoquant.lib.validity.intervals import bootstrap_bounds
from topoquant.lib.validity.resampling import block_starts

BLOCK = 96
INTERVAL = "15m"
OPTIONS = BacktestOptions(fee=0.0005, slippage=0.0002, holding=4, side="both", size=1.0, stop=None,
                          take_profit=None, n_random=2)  # fmt: skip


def auc_interval(*, quick: bool) -> Row:
    n_rows, n_resamples, n_loop = (600, 20, 20) if quick else (2_900, 2_000, 200)
    rng = np.random.default_rng(0)
    time = pd.date_range("2024-01-01", periods=n_rows, freq="15min", tz="UTC")
    score = rng.normal(size=n_rows)
    label = (score + rng.normal(size=n_rows) > 1).astype(int)
    ours = bootstrap_auc(time, label, score, block=BLOCK, seed=1, n_resamples=n_loop)
    theirs = bootstrap_bounds(
        roc_auc_score(label, score), _looped_aucs(label, score, n_loop), n_blocks=n_rows / BLOCK
    )
    np.testing.assert_allclose(ours, theirs, rtol=1e-9)
    return compare(
        "bootstrap_auc", "resamples",
        ours=(lambda: bootstrap_auc(time, label, score, block=BLOCK, seed=1, n_resamples=n_resamples),
              n_resamples),
        peer=(lambda: _looped_aucs(label, score, n_loop), n_loop),
        compared=f"loop of scikit-learn roc_auc_score on the same {n_rows:,}-row resamples",
        repeats=1 if quick else 5,
    )  # fmt: skip


def backtest(*, quick: bool) -> Row:
    bars, signal = _bars_and_signal(n_bars=300 if quick else 50_000)
    trades, equity = _event_loop(bars, signal)
    result = simulate(bars, signal, OPTIONS, interval=INTERVAL)
    np.testing.assert_allclose(result.trades["net"], trades, atol=1e-12)
    np.testing.assert_allclose(result.equity["equity"], equity, rtol=1e-9)
    return compare(
        "simulate, all metrics, 3 costs", "bars",
        ours=(lambda: simulate(bars, signal, OPTIONS, interval=INTERVAL), len(bars)),
        peer=(lambda: _event_loop(bars, signal), len(bars)),
        compared="event loop on plain floats: trades and equity alone, one cost", repeats=1 if quick else 5,
    )  # fmt: skip


def backtest_kernel(*, quick: bool) -> Row:
    bars, signal = _bars_and_signal(n_bars=300 if quick else 50_000)
    arguments = (*market_of(bars).arrays, signal, *kernel_options(OPTIONS, INTERVAL, 1.0))
    trades, equity = _event_loop(bars, signal)
    _, values, paths = run_trades(*arguments)
    np.testing.assert_allclose(values[:, 4], trades, atol=1e-12)
    np.testing.assert_allclose(paths[0], equity, rtol=1e-9)
    return compare(
        "run_trades, one cost", "bars",
        ours=(lambda: run_trades(*arguments), len(bars)),
        peer=(lambda: _event_loop(bars, signal), len(bars)),
        compared="the same event loop: trades and equity", repeats=1 if quick else 5,
    )  # fmt: skip


def _looped_aucs(label: np.ndarray, score: np.ndarray, n_resamples: int) -> np.ndarray:
    n = len(label)
    within = np.arange(BLOCK)
    rows = (block_starts(n, block=BLOCK, seed=1, n_resamples=n_resamples)[:, :, None] + within) % n
    drawn = rows.reshape(n_resamples, -1)[:, :n]
    return np.array([roc_auc_score(label[chosen], score[chosen]) for chosen in drawn])


def _bars_and_signal(*, n_bars: int) -> tuple[pd.DataFrame, np.ndarray]:
    """Bars and a signal that is not 0 on every tenth of them, in runs that overlap trades."""
    return some_bars(n_bars), np.random.default_rng(0).choice([-1.0, 0.0, 1.0], n_bars, p=[0.05, 0.9, 0.05])


def _event_loop(bars: pd.DataFrame, signal: np.ndarray) -> tuple[list[float], list[float]]:
    """Net return of every trade and equity at every close, bar by bar; no stops and no gaps."""
    opens, closes, wanted = bars["open"].tolist(), bars["close"].tolist(), signal.tolist()
    cost, holding = OPTIONS.cost, OPTIONS.holding
    trades, equity = [], [1.0]
    settled, side, entry, due = 1.0, 0.0, 0.0, -1
    for bar in range(1, len(opens)):
        if side and bar == due:
            ratio = opens[bar] / entry
            trades.append(side * (ratio - 1) - cost * (1 + ratio))
            settled *= 1 + trades[-1]
            side = 0.0
        if not side and wanted[bar - 1]:
            side, entry, due = wanted[bar - 1], opens[bar], bar + holding
        paid = settled * (1 + side * (closes[bar] / entry - 1) - cost) if side else settled
        equity.append(paid)
    if side:
        ratio = closes[-1] / entry
        trades.append(side * (ratio - 1) - cost * (1 + ratio))
        equity[-1] = settled * (1 + trades[-1])
    return trades, equity
