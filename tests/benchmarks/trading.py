"""Back-tests beside vectorbt, in an environment of its own, and beside an event loop."""

import numpy as np
import pandas as pd

from tests.benchmarks.clock import speed
from tests.benchmarks.labels import peer_process
from tests.benchmarks.measuring import Row, compare, in_turns, some_bars
from topoquant.lib.backtest import BacktestOptions, simulate, simulate_grid
from topoquant.lib.backtest.engine import run_sizes
from topoquant.lib.backtest.grid import metrics_of_stats
from topoquant.lib.backtest.market import market_of

INTERVAL, HOLDING, COST, SHARE = "1m", 12, 0.0007, 0.5
# vectorbt spends a share of the cash, its fee included; ours is the value bought.
OPTIONS = BacktestOptions(fee=0.0005, slippage=0.0002, holding=HOLDING, size=SHARE / (1 + COST))
LIMITS = np.array([HOLDING * 60 * 10**9])
# Bars from one that may carry a signal to the next: trades never meet, or vectorbt drops the second.
SPACING = HOLDING + 2
FIVE = ("net_return", "sharpe_annual", "max_drawdown", "win_rate", "profit_factor")


def backtest_loop(*, quick: bool) -> Row:
    bars = some_bars(300 if quick else 50_000)
    signal = np.random.default_rng(0).choice([-1.0, 0.0, 1.0], len(bars), p=[0.05, 0.9, 0.05])
    options = BacktestOptions(fee=0.0005, slippage=0.0002, holding=4)
    market, limits = market_of(bars), np.array([4 * 15 * 60 * 10**9])

    def run():
        return run_sizes(market, signal, None, limits, options, interval="15m")

    trades, equity = _event_loop(bars, signal, options)
    _, values, paths, _ = run()
    np.testing.assert_allclose(values[:, 4], trades, atol=1e-12)
    np.testing.assert_allclose(paths[0], equity, rtol=1e-9)
    return compare(
        "run_sizes, dense signals", "bars", ours=(run, len(bars)),
        peer=(lambda: _event_loop(bars, signal, options), len(bars)),
        compared="event loop on plain floats: trades and equity", repeats=1 if quick else 5,
    )  # fmt: skip


def backtest(*, quick: bool) -> Row:
    bars, signal = _spaced(2_000 if quick else 1_000_000, 0.25)
    market, sizes = market_of(bars), signal * OPTIONS.size

    def run():
        steps, _, paths, stats = run_sizes(
            market, sizes, None, LIMITS, OPTIONS, interval=INTERVAL, detail=False
        )
        sums = np.concatenate((stats, [len(steps), paths[0, -1]]))[None]
        return metrics_of_stats(sums, None, interval=INTERVAL), paths[0]

    return _beside_vectorbt("equity and five metrics, 1 position", bars, signal, run, quick=quick)


def backtest_tables(*, quick: bool) -> Row:
    bars, signal = _spaced(2_000 if quick else 1_000_000, 0.25)

    def run():
        result = simulate(bars, signal, OPTIONS, interval=INTERVAL)
        return {name: [result.metrics[name]] for name in FIVE}, result.equity["equity"].to_numpy()

    return _beside_vectorbt("simulate: tables, all metrics, 3 costs", bars, signal, run, quick=quick)


def backtest_grid(*, quick: bool) -> Row:
    n_each = 3 if quick else 10
    bars, _ = _spaced(1_000 if quick else 20_000, 0.25)
    may_signal = np.arange(len(bars)) % SPACING == 0
    score = np.where(may_signal, np.random.default_rng(1).random(len(bars)), np.nan)
    score[-SPACING:] = np.nan
    thresholds = np.linspace(0.5, 0.95, n_each)
    stops, profits = np.linspace(0.003, 0.03, n_each), np.linspace(0.003, 0.04, n_each)

    def run():
        return simulate_grid(
            bars, score, OPTIONS, thresholds=[(one, None) for one in thresholds], stops=list(stops),
            take_profits=list(profits), holdings=[HOLDING], interval=INTERVAL,
        )  # fmt: skip

    settings = run().settings
    wanted = score[:, None] >= settings["upper"].to_numpy()
    stored = _peer_input(wanted) | {
        "sl_stop": settings["stop"].to_numpy(), "tp_stop": settings["take_profit"].to_numpy()
    }  # fmt: skip
    with peer_process("from_signals", bars, stored) as peer:
        for ours, theirs in zip(FIVE, ("net_return", "sharpe", *FIVE[2:]), strict=True):
            np.testing.assert_allclose(settings[ours], peer.answer[theirs], rtol=1e-9, atol=1e-9)
        n_items = len(bars) * len(settings)
        return in_turns(
            f"simulate_grid, {len(settings):,} settings", "bars", ours=lambda: speed(run, n_items),
            peer=peer.speed, compared=f"{peer.name} from_signals with stops, 5 metrics, {len(bars):,} bars",
            repeats=1 if quick else 3,
        )  # fmt: skip


def _beside_vectorbt(name, bars, signal, run, *, quick: bool) -> Row:
    """Check the equity and five metrics against vectorbt's, and time both."""
    with peer_process("from_signals", bars, _peer_input(signal > 0)) as peer:
        metrics, equity = run()
        np.testing.assert_allclose(equity, peer.answer["equity"], rtol=1e-9)
        for ours, theirs in zip(FIVE, ("net_return", "sharpe", *FIVE[2:]), strict=True):
            np.testing.assert_allclose(metrics[ours][0], peer.answer[theirs], rtol=1e-9)
        return in_turns(
            name, "bars", ours=lambda: speed(run, len(bars)), peer=peer.speed,
            compared=f"{peer.name} from_signals, the same equity and five metrics",
            repeats=1 if quick else 5,
        )  # fmt: skip


def _spaced(n_bars: int, share: float) -> tuple[pd.DataFrame, np.ndarray]:
    """Bars and a signal at a share of those that may carry one.

    vectorbt looks at no stop in the bar of the entry and prefers a stop to an exit at the open: where a
    trade may begin or end on time the bar is flat, so that both rules come to the same.
    """
    some = some_bars(min(n_bars, 100_000))
    scale = 1.0 + 0.1 * np.sin(np.arange(n_bars) / 50_000)
    prices = {
        name: np.resize(some[name].to_numpy(), n_bars) * scale for name in ("open", "high", "low", "close")
    }
    flat = np.isin(np.arange(n_bars) % SPACING, (1, 1 + HOLDING))
    for name in ("high", "low", "close"):
        prices[name] = np.where(flat, prices["open"], prices[name])
    time = pd.date_range("2020-01-01", periods=n_bars, freq="min", tz="UTC", unit="ns")
    bars = pd.DataFrame({"symbol": "SYN", "open_time": time, **prices})
    may_signal = np.arange(n_bars) % SPACING == 0
    may_signal[-SPACING:] = False
    return bars, np.where(may_signal & (np.random.default_rng(0).random(n_bars) < share), 1.0, 0.0)


def _peer_input(wanted: np.ndarray) -> dict[str, object]:
    """Entries at the open after the signal and exits `HOLDING` bars later."""
    entries = np.roll(wanted, 1, axis=0)
    entries[0] = False
    exits = np.roll(entries, HOLDING, axis=0)
    exits[:HOLDING] = False
    return {"entries": entries, "exits": exits, "size": SHARE, "fees": COST}


def _event_loop(
    bars: pd.DataFrame, signal: np.ndarray, options: BacktestOptions
) -> tuple[list[float], list[float]]:
    """Net return of every trade and equity at every close, bar by bar; no stops and no gaps."""
    opens, closes, wanted = bars["open"].tolist(), bars["close"].tolist(), signal.tolist()
    cost, holding = options.cost, options.holding
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
