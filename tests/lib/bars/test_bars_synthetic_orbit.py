import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit

from topoquant.lib.bars import bayes_trigger_score, synthetic_bars
from topoquant.lib.bars.synthetic.ceilings import ranking_auc
from topoquant.lib.bars.synthetic.chains import plain_expect_next
from topoquant.lib.bars.synthetic.orbit import (
    ORBIT,
    Orbit,
    draw_signs,
    expect_states,
    orbit_chain,
)
from topoquant.lib.bars.synthetic.touching import touch_orbit
from topoquant.lib.errors import InputError
from topoquant.lib.topology import embed_takens, rips_persistence

SMALL = Orbit(daily_volatility=0.02, swing=0.8, period=4, n_turns=2, jump=3, idle=10.0)
HORIZON = 4


@pytest.fixture(scope="module")
def market():
    return synthetic_bars("orbit", n_bars=20_000, seed=3)


@pytest.fixture(scope="module")
def signs():
    return draw_signs(ORBIT, 200_000, np.random.default_rng(0))


def trigger_label(market):
    opens, highs = market.bars["open"].to_numpy(), market.bars["high"].to_numpy()
    rows = np.arange(len(opens) - HORIZON)
    reach = np.max([highs[rows + k] for k in range(1, HORIZON + 1)], axis=0) / opens[rows + 1] - 1
    threshold = float(np.quantile(reach, 0.891))
    return (reach >= threshold).astype(float), threshold


def test_the_jump_is_paid_for_by_idle_bars(signs):
    # 100 idle bars on average lose what 6 rising bars gain; every turn ends where it began.
    assert ORBIT.idle * (2 * ORBIT.idle_rise - 1) + ORBIT.jump == pytest.approx(0)
    assert abs(signs.mean()) < 0.01
    cycle = ORBIT.idle + ORBIT.length + ORBIT.jump
    runs = np.diff(np.flatnonzero(np.diff(signs) != 0))
    assert (runs == ORBIT.period // 2).sum() > 2 * ORBIT.n_turns * len(signs) / cycle * 0.6


@given(st.lists(st.floats(-6, 6), min_size=1, max_size=40))
@settings(max_examples=30, deadline=None)
def test_the_filter_is_bayes_rule_over_all_hidden_states(evidence):
    chain = orbit_chain(SMALL)
    odds = np.array(evidence)
    likelihood = np.column_stack(
        [expit(odds), expit(-odds), SMALL.idle_rise * expit(odds) + (1 - SMALL.idle_rise) * expit(-odds)]
    )
    value = np.eye(len(chain.initial))
    expected = plain_expect_next(chain, likelihood, value)
    np.testing.assert_allclose(expect_states(SMALL, odds, value), expected, atol=1e-12)
    np.testing.assert_allclose(expected.sum(axis=1), 1)


def test_the_filter_knows_no_later_bar():
    evidence = np.random.default_rng(0).normal(size=60)
    changed = np.append(evidence[:40], np.full(20, 9.0))
    value = np.eye(len(orbit_chain(SMALL).initial))
    same = expect_states(SMALL, evidence, value)[:41] == expect_states(SMALL, changed, value)[:41]
    assert same.all()


def test_who_sees_every_sign_foresees_the_jump():
    # Twenty idle bars of alternating sign, an orbit, and the six bars of the jump.
    wave = np.tile(np.repeat([1.0, -1.0], ORBIT.period // 2), ORBIT.n_turns)
    signs = np.concatenate([np.tile([1.0, -1.0], 10), wave, np.ones(ORBIT.jump)])
    value = np.zeros((len(orbit_chain(ORBIT).initial), 1))
    value[-ORBIT.jump :] = 1
    jumping = expect_states(ORBIT, 20 * signs, value)[:, 0]
    begins = 20 + ORBIT.length
    # The last idle bar fits the orbit too, so a jump one bar earlier was nearly as likely.
    assert jumping[begins] > 0.5
    assert jumping[: begins - 2].max() < 0.1


def test_size_range_and_volume_say_nothing(market):
    bars, (label, _) = market.bars, trigger_label(market)
    log_range = np.log(bars["high"] / bars["low"])
    size = np.log(bars["close"] / bars["open"]).abs()
    blind = {
        "size": size,
        "range": log_range,
        "recent size": (size**2).ewm(halflife=5).mean(),
        "recent range": (log_range**2).ewm(halflife=20).mean(),
        "volume": bars["volume"],
        "recent volume": bars["volume"].ewm(halflife=10).mean(),
    }
    for name, column in blind.items():
        assert ranking_auc(column.to_numpy()[:-HORIZON], label) == pytest.approx(0.5, abs=0.025), name


def test_bars_before_a_jump_are_as_large_as_others(signs):
    rng = np.random.default_rng(1)
    moves = ORBIT.swing * signs + np.sqrt(1 - ORBIT.swing**2) * rng.standard_normal(len(signs))
    up, down = np.abs(moves[signs > 0]), np.abs(moves[signs < 0])
    for power in (1, 2, 4):
        assert (up**power).mean() == pytest.approx((down**power).mean(), rel=0.02)
    assert (moves**2).mean() == pytest.approx(1, rel=0.01)


def test_its_trigger_score_is_the_rate_of_touches(market):
    label, threshold = trigger_label(market)
    score = bayes_trigger_score(market.truth, threshold=threshold, horizon=HORIZON)[:-HORIZON]
    rows = pd.DataFrame({"score": score, "label": label}).groupby(pd.qcut(score, 5)).mean()
    np.testing.assert_allclose(rows["label"], rows["score"], atol=0.03)
    assert ranking_auc(score, label) > 0.75


def test_a_touch_within_one_bar_by_hand():
    # A bar from the first jump state rises: its move is swing plus noise, and it is bridged.
    rng = np.random.default_rng(0)
    move = SMALL.swing + np.sqrt(1 - SMALL.swing**2) * rng.standard_normal(400_000)
    high = (move + np.sqrt(move**2 - 2 * np.log(rng.random(len(move))))) / 2
    got = touch_orbit(SMALL, 1.2, 1, 1)
    assert got[-1] == pytest.approx((high >= 1.2).mean(), abs=0.003)
    assert touch_orbit(SMALL, 1.2, 1, -1)[-1] < 0.1


@given(st.floats(0.1, 6), st.integers(1, 8))
@settings(max_examples=20, deadline=None)
def test_touches_are_probabilities_that_grow_with_the_horizon(barrier, horizon):
    shorter, longer = (touch_orbit(SMALL, barrier, bars, 1) for bars in (horizon, horizon + 1))
    assert ((shorter > -1e-9) & (longer < 1 + 1e-9)).all()
    assert (longer >= shorter - 1e-7).all()
    assert (touch_orbit(SMALL, barrier * 1.1, horizon, 1) <= shorter + 1e-7).all()


def test_the_orbit_is_a_loop_in_three_lagged_closes(market):
    value = np.zeros((len(orbit_chain(ORBIT).initial), 2))
    value[len(value) - ORBIT.jump, 0] = 1
    value[0, 1] = 1
    jump_next, idle = expect_states(ORBIT, market.truth["evidence"].to_numpy(), value)[1:].T
    before, elsewhere = np.flatnonzero(jump_next > 0.5)[:40], np.flatnonzero(idle > 0.9)[100::150][:40]
    log_close = np.log(market.bars["close"].to_numpy())

    def strongest_loop(row):
        window = log_close[row - 17 : row + 1]
        scaled = (window - window.mean()) / window.std()
        _, loops = rips_persistence(embed_takens(scaled, dimension=3, delay=2))
        return max((death - birth for birth, death in loops), default=0.0)

    rows = [*before, *elsewhere]
    is_before = np.repeat([1.0, 0.0], [len(before), len(elsewhere)])
    assert ranking_auc(np.array([strongest_loop(row) for row in rows]), is_before) > 0.85


def test_rows_that_are_missing_are_refused(market):
    with pytest.raises(InputError, match="score the whole truth first"):
        bayes_trigger_score(market.truth.drop(index=[50]), threshold=0.01, horizon=4)
