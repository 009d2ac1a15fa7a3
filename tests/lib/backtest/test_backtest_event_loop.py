"""Both kernels against an account book that shares no line with them, on prices that hit levels exactly."""

import numpy as np
import pytest

from tests.lib.backtest.event_loop import EventLoop
from topoquant.lib.backtest import BacktestOptions, Exits, simulate
from topoquant.lib.backtest.engine import REASONS, run_sizes
from topoquant.lib.backtest.levels import distances, time_limits
from topoquant.lib.backtest.market import market_of

from .test_backtest_engine import bars_of

PRICES = [4.0, 6.0, 7.0, 8.0, 8.0, 8.0, 9.0, 10.0, 12.0, 20.0]
# Entries at 8 meet 7, 6, 9, 10 and 12; an eighth off the best of 8 is 7.
STOPS, PROFITS, TRAILS = (np.inf, 0.125, 0.25), (np.inf, 0.125, 0.25, 0.5), (np.inf, np.inf, 0.125, 0.25)
NS = 15 * 60 * 10**9


def one_path(seed):
    """Bars with gaps, a signal, levels per entry and options, all at random."""
    rng = np.random.default_rng(seed)
    n = int(rng.integers(4, 40))
    rows = []
    for kind in rng.choice(3, n, p=[0.3, 0.3, 0.4]):
        p = rng.choice(PRICES, 4)
        rows.append([(p[0],) * 4, (8.0, 9.0, 7.5, 8.0), (p[0], max(p), min(p), p[3])][kind])
    kept = rng.random(n) > (0.2 if seed % 3 == 0 else 0.0)
    kept[:2] = True
    bars = bars_of(rows, kept)
    n = len(bars)
    signal = rng.choice([-1.0, 0.0, 0.0, 1.0, 0.5], n)
    exits = Exits(
        stop=rng.choice(STOPS, n), take_profit=np.where(rng.random(n) < 0.05, np.nan, rng.choice(PROFITS, n)),
        trailing=rng.choice(TRAILS, n), holding=rng.integers(1, 6, n),
    )  # fmt: skip
    options = BacktestOptions(
        fee=0.001, slippage=0.0005, size=float(rng.choice([0.5, 1.0, 3.0])),
        side=str(rng.choice(["both", "both", "long", "short"])),
        funding=[None, 0.003, -0.002][seed % 3], n_positions=int(rng.choice([1, 1, 2, 3])),
        max_exposure=[None, 2.0, 0.7][seed % 7 % 3],
    )  # fmt: skip
    return bars, signal, exits, options


def looped(bars, signal, exits, options):
    wanted = signal * options.size
    if options.side != "both":
        wanted = np.where(wanted * (1 if options.side == "long" else -1) > 0, wanted, 0.0)
    stamps = ((bars["open_time"] - bars["open_time"].iloc[0]).to_numpy().astype("int64")).tolist()
    rows = list(zip(stamps, *(bars[name].tolist() for name in ("open", "high", "low", "close")), strict=True))
    loop = EventLoop(
        cost=options.cost, funding=options.funding or 0.0, limit=options.max_exposure or float("inf"),
        n_positions=options.n_positions, step=NS,
    )  # fmt: skip
    levels = list(zip(exits.stop.tolist(), exits.take_profit.tolist(), exits.trailing.tolist(), strict=True))
    return loop.run(rows, wanted.tolist(), levels, exits.holding.tolist())


def kernel_run(bars, signal, exits, options, n_positions):
    sizes = signal * options.size
    if options.side != "both":
        sizes = np.where(sizes * (1 if options.side == "long" else -1) > 0, sizes, 0.0)
    levels = distances(bars, options, exits, interval="15m")
    limits = time_limits(bars, sizes, options, exits, interval="15m")
    return run_sizes(market_of(bars), sizes, levels, limits, options, interval="15m")


def test_both_kernels_equal_the_event_loop_on_a_thousand_paths():
    n_trades, reasons = 0, set()
    for seed in range(1_000):
        bars, signal, exits, options = one_path(seed)
        loop = looped(bars, signal, exits, options)
        steps, values, paths, _ = kernel_run(bars, signal, exits, options, options.n_positions)
        of_kernel = [(s[0], s[1], str(REASONS[s[2]]), bool(s[3])) for s in steps.tolist()]
        assert of_kernel == [trade[:4] for trade in loop.trades], seed
        expected = np.array([trade[4:] for trade in loop.trades]).reshape(-1, 6)
        np.testing.assert_allclose(values, expected, rtol=1e-12, atol=1e-12, err_msg=str(seed))
        np.testing.assert_allclose(paths[0], loop.equity, rtol=1e-12, atol=1e-12, err_msg=str(seed))
        np.testing.assert_allclose(paths[1], loop.held, rtol=1e-12, atol=1e-12, err_msg=str(seed))
        n_trades += len(steps)
        reasons |= {trade[2] for trade in loop.trades}
    assert reasons == {"time", "stop", "take_profit", "ruin", "end", "trailing"}
    assert n_trades > 3_000


@pytest.mark.parametrize("seed", range(60))
def test_the_tables_say_what_the_event_loop_did(seed):
    bars, signal, exits, options = one_path(seed)
    loop = looped(bars, signal, exits, options)
    result = simulate(bars, signal, options, interval="15m", exits=exits)
    trades = result.trades
    numbers = trades[["gross", "cost", "net", "capital"]].to_numpy(float)
    expected = np.array([trade[6:] for trade in loop.trades]).reshape(-1, 4)
    np.testing.assert_allclose(numbers, expected, rtol=1e-12, atol=1e-12)
    assert trades["reason"].tolist() == [trade[2] for trade in loop.trades]
    np.testing.assert_allclose(
        trades["fee"] + trades["slippage"] + trades["funding"], trades["cost"], atol=1e-12
    )
    np.testing.assert_allclose(result.equity["equity"], loop.equity, rtol=1e-12, atol=1e-12)
