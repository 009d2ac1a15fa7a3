"""Random entries: the same trades when there is no choice, the same law as brute force, fast enough."""

from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from topoquant.lib.backtest import BacktestOptions, entry_signal, random_entries, simulate
from topoquant.lib.backtest.placements import draw_entries, most_entries
from topoquant.lib.backtest.placements_kernel import move_entries
from topoquant.lib.errors import InputError


def options_of(**changed):
    base = {
        "fee": 0.0004, "slippage": 0.0001, "holding": 4, "side": "both", "size": 1.0,
        "stop": 0.02, "take_profit": None, "n_random": 10,
    }  # fmt: skip
    return BacktestOptions(**base | changed)


def walk_bars(n, seed=0):
    rng = np.random.default_rng(seed)
    close = 100 * np.exp(np.cumsum(rng.normal(0, 0.01, n)))
    opens = np.concatenate(([100.0], close[:-1]))
    time = pd.date_range("2024-01-01", periods=n, freq="15min", tz="UTC", unit="ns")
    high, low = np.maximum(opens, close) * 1.003, np.minimum(opens, close) * 0.997
    return pd.DataFrame(
        {"symbol": "SYN", "open_time": time, "open": opens, "high": high, "low": low, "close": close}
    )


@pytest.mark.parametrize("n_short", [0, 25])
def test_a_full_book_is_the_strategy_that_is_always_in(n_short):
    # 98 bars hold 25 entries 4 bars apart in one way only, which is also what simulate does.
    bars, options = walk_bars(98), options_of(stop=None)
    strategy = simulate(bars, np.full(98, -1.0 if n_short else 1.0), options, interval="15m")
    assert len(strategy.trades) == 25
    drawn = random_entries(bars, 25, options, 5, 1, interval="15m", n_short=n_short)
    np.testing.assert_allclose(drawn.net_returns, strategy.metrics["net_return"], rtol=1e-12)
    np.testing.assert_allclose(drawn.band["median"], strategy.equity["equity"], rtol=1e-12)


def test_each_draw_equals_simulate_on_its_entries():
    bars, options = walk_bars(300), options_of()
    entries = draw_entries(np.random.default_rng(5), 300, 20, holding=4, n_positions=1, n_draws=7)
    drawn = random_entries(bars, 20, options, 7, 5, interval="15m", n_short=0)
    for row, net_return in zip(entries, drawn.net_returns, strict=True):
        signal = np.zeros(300)
        signal[row - 1] = 1.0
        assert simulate(bars, signal, options, interval="15m").metrics["net_return"] == pytest.approx(
            net_return
        )


def test_placements_are_equally_likely_and_never_overlap():
    entries = draw_entries(np.random.default_rng(0), 8, 2, holding=3, n_positions=1, n_draws=30_000)
    assert np.diff(entries, axis=1).min() >= 3
    assert (entries.min(), entries.max()) == (1, 7)
    _, counts = np.unique(entries, axis=0, return_counts=True)
    possible = sum(1 for a in range(1, 8) for b in range(a + 3, 8))
    assert len(counts) == possible
    assert np.abs(counts / 30_000 - 1 / possible).max() < 0.01


def has_room(entries, holding, n_positions):
    """Whether no bar has more entries held than there are positions, counted bar by bar."""
    held = [bar + later for bar in entries for later in range(holding)]
    return len(set(entries)) == len(entries) and all(held.count(bar) <= n_positions for bar in set(held))


def all_placements(n_bars, n_entries, holding, n_positions):
    """Every choice of bars that a book has room for."""
    choices = combinations(range(1, n_bars), n_entries)
    return [one for one in choices if has_room(one, holding, n_positions)]


@pytest.mark.parametrize(
    ("n_bars", "n_entries", "holding", "n_positions"),
    # Room to spare, none for another entry, little, and a book that is never full.
    [(9, 3, 4, 2), (10, 5, 4, 2), (10, 5, 5, 3), (8, 3, 2, 3)],
)
def test_placements_of_several_positions_are_equally_likely(n_bars, n_entries, holding, n_positions):
    possible, n_draws = all_placements(n_bars, n_entries, holding, n_positions), 12_000
    entries = draw_entries(
        np.random.default_rng(0), n_bars, n_entries, holding=holding, n_positions=n_positions,
        n_draws=n_draws,
    )  # fmt: skip
    found, counts = np.unique(entries, axis=0, return_counts=True)
    assert {tuple(one) for one in found.tolist()} == set(possible)
    assert stats.chisquare(counts).pvalue > 0.001


@settings(deadline=None)
@given(st.integers(2, 14), st.integers(1, 6), st.integers(1, 6))
def test_as_many_entries_fit_as_can_be_placed(n_bars, holding, n_positions):
    most = most_entries(n_bars, holding, n_positions)
    assert all_placements(n_bars, most, holding, n_positions)
    assert not all_placements(n_bars, most + 1, holding, n_positions)


@settings(deadline=None)
@given(st.integers(0, 10_000), st.integers(2, 5), st.integers(2, 9))
def test_the_kernel_moves_an_entry_to_any_bar_between_others_that_has_room(seed, n_positions, holding):
    rng = np.random.default_rng(seed)
    n_entries = int(rng.integers(1, most_entries(40, holding, n_positions) + 1))
    options = {"holding": holding, "n_positions": n_positions, "n_draws": 1}
    (entries,) = draw_entries(rng, 40, n_entries, **options)
    chosen, draws = rng.integers(n_entries, size=60), rng.random(60)
    expected = entries.tolist()
    for which, draw in zip(chosen, draws, strict=True):
        others = [*expected[:which], *expected[which + 1 :]]
        before, after = [0, *others][which], [*others, 40][which]
        free = [bar for bar in range(before + 1, after) if has_room([*others, bar], holding, n_positions)]
        expected[which] = free[int(draw * len(free))]
    move_entries(entries, chosen, draws, 39, holding, min(n_positions, holding))
    assert entries.tolist() == expected


@pytest.mark.parametrize("share", [0.3, 0.9])
def test_a_book_of_several_positions_has_a_place_for_every_random_entry(share):
    bars, options = walk_bars(400), options_of(n_positions=3, holding=12, size=0.3)
    n_entries = round(share * most_entries(400, 12, 3))
    drawn = random_entries(bars, n_entries, options, 6, 5, interval="15m", n_short=0)
    assert drawn.n_entries == n_entries
    places = draw_entries(
        np.random.default_rng(5), 400, n_entries, holding=12, n_positions=3, n_draws=6
    )  # fmt: skip
    for row, net_return in zip(places, drawn.net_returns, strict=True):
        signal = np.zeros(400)
        signal[row - 1] = 1.0
        traded = simulate(bars, signal, options, interval="15m")
        assert len(traded.trades) == n_entries
        assert traded.metrics["net_return"] == pytest.approx(net_return)


def test_a_full_book_of_several_positions_stands_among_as_many_random_entries():
    """Where prices stand still a trade is its costs: .1 of the equity, two fills of .0005 each."""
    bars, options = walk_bars(3000), options_of(n_positions=2, holding=6, size=0.1, stop=None)
    bars[["open", "high", "low", "close"]] = 100.0
    rng = np.random.default_rng(0)
    strategy = simulate(bars, (rng.random(3000) < 0.5).astype(float), options, interval="15m")
    n_trades = len(strategy.trades)
    assert n_trades > 0.7 * most_entries(3000, 6, 2)
    drawn = random_entries(bars, n_trades, options, 40, 1, interval="15m", n_short=n_trades // 2)
    assert drawn.n_entries == n_trades
    paid = np.append(drawn.net_returns, strategy.metrics["net_return"])
    np.testing.assert_allclose(np.log1p(paid), -0.0001 * n_trades, rtol=0.001)


def test_same_seed_same_draws_and_a_thousand_draws_of_many_bars():
    bars, options = walk_bars(20_000), options_of(size=0.1, stop=None)
    one, other = (random_entries(bars, 500, options, 1000, 7, interval="15m", n_short=250) for _ in range(2))
    np.testing.assert_array_equal(one.net_returns, other.net_returns)
    assert len(one.band) == 500
    assert (one.band["low"] <= one.band["median"]).all()
    assert 0.3 < one.share_below(float(np.median(one.net_returns))) < 0.7
    # Balanced random entries earn their costs: 500 trades, a tenth of the equity, two fills of .0005.
    assert one.net_returns.mean() == pytest.approx(-0.05, abs=0.01)


def test_no_trades_and_more_trades_than_fit():
    bars, options = walk_bars(50), options_of()
    assert (random_entries(bars, 0, options, 5, 0, interval="15m", n_short=0).net_returns == 0).all()
    assert random_entries(bars, 40, options, 5, 0, interval="15m", n_short=10).n_entries == 13


def test_random_entries_refuses():
    with pytest.raises(InputError, match="the strategy's own count"):
        random_entries(walk_bars(50), 3, options_of(), 5, 0, interval="15m", n_short=4)
    with pytest.raises(InputError, match="n_draws"):
        random_entries(walk_bars(50), 3, options_of(), 1, 0, interval="15m", n_short=0)


def test_entry_signal_goes_by_time_and_not_by_position():
    bars = walk_bars(50)
    time = bars["open_time"] + pd.Timedelta("15min")
    predictions = pd.DataFrame({"symbol": "SYN", "time": time, "p_label": np.linspace(0, 1, 50)})
    expected = np.where(
        predictions["p_label"] >= 0.7, 1.0, np.where(predictions["p_label"] <= 0.3, -1.0, 0.0)
    )
    other = predictions.assign(symbol="ETHUSDT", p_label=0.99)
    shuffled = pd.concat([predictions, other]).sample(frac=1, random_state=0)
    signal = entry_signal(bars, shuffled, interval="15m", side="both", upper=0.7, lower=0.3)
    np.testing.assert_array_equal(signal, expected)
    short = entry_signal(bars, shuffled, interval="15m", side="short", upper=0.7, lower=None)
    np.testing.assert_array_equal(short, -(expected > 0).astype(float))
    assert not entry_signal(bars, shuffled, interval="15m", side="long", upper=None, lower=None).any()


def test_entry_signal_refuses():
    bars = walk_bars(5)
    time = bars["open_time"] + pd.Timedelta("15min")
    good = pd.DataFrame({"symbol": "SYN", "time": time, "p_label": 0.5})
    with pytest.raises(InputError, match="decision time of a bar"):
        entry_signal(
            bars, good.assign(time=time + STEP_OFF), interval="15m", side="long", upper=0.5, lower=None
        )
    with pytest.raises(InputError, match="one per bar"):
        entry_signal(bars, pd.concat([good, good]), interval="15m", side="long", upper=0.5, lower=None)
    with pytest.raises(InputError, match="lower must be below upper"):
        entry_signal(bars, good, interval="15m", side="both", upper=0.4, lower=0.5)
    with pytest.raises(InputError, match="lower must be None"):
        entry_signal(bars, good, interval="15m", side="long", upper=0.5, lower=0.4)


STEP_OFF = pd.Timedelta("7min")
