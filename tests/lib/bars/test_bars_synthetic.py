import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm

from topoquant.lib.bars import MARKETS, bayes_trigger_score, synthetic_bars, validate_bars
from topoquant.lib.bars.synthetic.ceilings import ranking_auc
from topoquant.lib.bars.synthetic.processes import NOISE_DRIFT, REGIME, SHIFT
from topoquant.lib.bars.synthetic.recursions import filter_state, garch_volatility
from topoquant.lib.errors import InputError

HORIZON = 4
# Numbers elsewhere were measured on these markets: they have to stay what they were.
FROZEN = {
    ("noise", 2_000, "15m"): (34130.13876242827, 195960.93648013397, 6.243714324703856, 0.5),
    ("regime", 2_000, "15m"): (27303.148600617573, 217290.9101239194, 4.275824081557332, 0.5895814353932866),
    ("noise", 500, "1d"): (13276.209056915395, 42071.42670202724, 13.506247407941052, 0.5),
    ("regime", 500, "1d"): (33065.0623417225, 53207.29815146583, 10.355126291530077, 0.5680221692337436),
}


@pytest.fixture(scope="module")
def regime():
    return synthetic_bars("regime", n_bars=20_000, seed=7)


@pytest.fixture(scope="module")
def made():
    return {kind: synthetic_bars(kind, n_bars=10_000, seed=2) for kind in MARKETS}


def next_returns(bars):
    return np.log(bars["close"] / bars["open"]).to_numpy()[1:]


def up_reach(bars):
    opens, highs = bars["open"].to_numpy(), bars["high"].to_numpy()
    rows = np.arange(len(bars) - HORIZON)
    return np.max([highs[rows + k] for k in range(1, HORIZON + 1)], axis=0) / opens[rows + 1] - 1


def smoothed_state(shocks, drift, duration):
    """Expected state of each bar given all bars, later ones too: forward and backward passes."""
    stay = 1 - 1 / duration
    transition = np.array([[stay, 1 - stay], [1 - stay, stay]])
    likelihood = np.exp(drift * np.outer(shocks, [1.0, -1.0]))
    forward, backward = np.full((len(shocks), 2), 0.5), np.ones((len(shocks), 2))
    for t in range(1, len(shocks)):
        step = (forward[t - 1] * likelihood[t - 1]) @ transition
        forward[t] = step / step.sum()
    for t in range(len(shocks) - 2, -1, -1):
        step = transition @ (likelihood[t + 1] * backward[t + 1])
        backward[t] = step / step.sum()
    posterior = forward * likelihood * backward
    return posterior @ [1.0, -1.0] / posterior.sum(axis=1)


@pytest.mark.parametrize("kind", MARKETS)
@pytest.mark.parametrize("interval", ["1m", "1d"])
def test_bars_keep_the_contract(kind, interval):
    market = synthetic_bars(kind, n_bars=500, seed=1, interval=interval)
    report = validate_bars(market.bars, interval)
    assert len(report.bars) == len(market.truth) == len(market.score) == 500
    assert report.to_dict()["absent_columns"] == []
    assert (market.bars["open"][1:].to_numpy() == market.bars["close"][:-1].to_numpy()).all()
    assert (market.truth["time"][:-1].to_numpy() == market.bars["open_time"][1:].to_numpy()).all()
    assert market.truth.notna().all(axis=None)
    assert ((market.score >= 0) & (market.score <= 1)).all()


@pytest.mark.parametrize("kind", MARKETS)
def test_label_score_and_ceiling_are_about_the_target_that_is_named(made, kind):
    market = made[kind]
    if market.target == "direction":
        expected = next_returns(market.bars) > 0
        assert market.threshold is None
    else:
        expected = up_reach(market.bars) >= market.threshold
        again = bayes_trigger_score(market.truth, threshold=market.threshold, horizon=market.horizon)
        assert (market.score == again).all()
    assert market.target == ("trigger" if kind in ("volatility", "shift") else "direction")
    assert (market.label[: -market.horizon] == expected).all()
    assert np.isnan(market.label[-market.horizon :]).all()
    assert market.ceiling == ranking_auc(market.score, market.label)


@pytest.mark.parametrize(("kind", "n_bars", "interval"), FROZEN)
def test_markets_that_numbers_were_measured_on_do_not_change(kind, n_bars, interval):
    daily = {"seed": 3, "start": "2020-01-01 05:00"}
    market = synthetic_bars(
        kind, n_bars=n_bars, interval=interval, **(daily if interval == "1d" else {"seed": 7})
    )
    close, volume = market.bars["close"].iloc[-1], market.bars["volume"].sum()
    got = (close, volume, market.truth["volatility"].sum(), market.ceiling)
    # The last digits of an exponential differ between processors.
    assert got == pytest.approx(FROZEN[kind, n_bars, interval], rel=1e-9)


def test_the_same_seed_gives_the_same_market():
    first, second, third = (synthetic_bars("regime", n_bars=100, seed=seed).bars for seed in (5, 5, 6))
    pd.testing.assert_frame_equal(first, second)
    assert not np.allclose(first["close"], third["close"])


@pytest.mark.parametrize("kind", MARKETS)
def test_truth_has_the_moments_of_the_next_return(made, kind):
    moves, truth = next_returns(made[kind].bars), made[kind].truth[:-1]
    shocks = (moves - truth["drift"]) / truth["volatility"]
    assert abs(shocks.mean()) < 3 / np.sqrt(len(shocks))
    # A Student-t of 5 degrees of freedom has a variance that hardly settles.
    assert shocks.std() == pytest.approx(1, abs=0.06 if kind.startswith("noise") else 0.02)


@pytest.mark.parametrize("kind", ["regime", "orbit"])
def test_returns_follow_the_drift_they_are_said_to_have(made, kind):
    moves, drift = next_returns(made[kind].bars), made[kind].truth["drift"].to_numpy()[:-1]
    assert (moves * drift).sum() / (drift**2).sum() == pytest.approx(1, abs=0.25)


@pytest.mark.parametrize("kind", MARKETS)
def test_score_is_the_rate_of_the_label(made, kind):
    score, label = made[kind].score[:-HORIZON], made[kind].label[:-HORIZON]
    known = pd.DataFrame({"score": score, "label": label})
    by_score = known.groupby(pd.cut(known["score"], [0, 0.1, 0.3, 0.5, 0.7, 1]))
    mean, n_rows = by_score.mean(), by_score.size()
    # The trigger score of "shift" is an approximation.
    allowed = 0.06 if kind == "shift" else 0.035
    assert (n_rows > 300).any()
    assert (mean["score"] - mean["label"])[n_rows > 300].abs().max() < allowed


def test_truth_of_the_next_bar_does_not_know_it():
    # Longer markets draw other numbers, so the future is changed by hand: in the filter's input.
    shocks = np.random.default_rng(0).standard_normal(50)
    changed = np.append(shocks[:30], np.full(20, 9.0))
    assert (filter_state(shocks, 0.3, 40)[:31] == filter_state(changed, 0.3, 40)[:31]).all()
    assert (garch_volatility(shocks, 0.1, 0.8)[:31] == garch_volatility(changed, 0.1, 0.8)[:31]).all()


def test_filter_agrees_with_bayes_rule_step_by_step():
    shocks, drift, duration = np.random.default_rng(1).standard_normal(200), 0.4, 25.0
    up, expected = 0.5, [0.0]
    for shock in shocks:
        odds_up, odds_down = up * norm.pdf(shock - drift), (1 - up) * norm.pdf(shock + drift)
        up = odds_up / (odds_up + odds_down)
        up = up * (1 - 1 / duration) + (1 - up) / duration
        expected.append(2 * up - 1)
    np.testing.assert_allclose(filter_state(shocks, drift, duration), expected, atol=1e-12)


def test_regime_direction_can_be_found_and_noise_cannot(regime, made):
    assert 0.57 < regime.ceiling < 0.60
    assert made["noise"].ceiling == 0.5
    assert (made["noise"].truth["drift"] == 0).all()


def test_who_smooths_the_state_beats_the_ceiling(regime):
    # The trap: the state of a bar, told with the help of later bars, looks like a wonderful model.
    shocks = (regime.bars["close"] / regime.bars["open"]).apply(np.log)[1:] / regime.truth["volatility"][
        :-1
    ].to_numpy()
    filtered = filter_state(shocks.to_numpy(), REGIME.drift, REGIME.duration)[:-1]
    smoothed = smoothed_state(shocks.to_numpy(), REGIME.drift, REGIME.duration)
    label = regime.label[:-1]
    assert ranking_auc(filtered, label) == pytest.approx(regime.ceiling, abs=0.003)
    assert ranking_auc(smoothed, label) > regime.ceiling + 0.03


def test_regime_trigger_ceiling_is_more_than_volatility(regime):
    reach, truth = up_reach(regime.bars), regime.truth[:-HORIZON]
    threshold = float(np.quantile(reach, 1 - 0.109))
    label = (reach >= threshold).astype(float)
    full = ranking_auc(bayes_trigger_score(truth, threshold=threshold, horizon=HORIZON), label)
    blind_score = bayes_trigger_score(truth.assign(drift=0.0), threshold=threshold, horizon=HORIZON)
    assert 0.62 < full < 0.72
    assert full > ranking_auc(blind_score, label) + 0.04


def test_noise_volatility_can_be_predicted():
    noise = synthetic_bars("noise", n_bars=10_000, seed=2, interval="15m")
    size = np.abs(next_returns(noise.bars))
    assert np.corrcoef(size, noise.truth["volatility"][:-1])[0, 1] > 0.25


def test_noise_drift_is_noise_that_rises(made):
    noise, drifting = (made[kind].bars for kind in ("noise", "noise_drift"))
    days = np.arange(1, len(noise) + 1) / 96
    ratio = np.exp(NOISE_DRIFT.trend * days)
    np.testing.assert_allclose(drifting["close"], noise["close"] * ratio, rtol=1e-9)
    assert drifting["close"].iloc[-1] > 1.5 * noise["close"].iloc[-1]


def test_noise_drift_is_the_same_for_every_next_bar(made):
    truth = made["noise_drift"].truth
    assert np.ptp(truth["drift"]) == 0
    # A rise is likelier where volatility is low: a little above one half, and worth nothing.
    assert (np.argsort(made["noise_drift"].score) == np.argsort(-truth["volatility"].to_numpy())).all()
    assert 0.49 < made["noise_drift"].ceiling < 0.52


def test_shift_has_the_signal_of_regime_and_other_rates(made):
    lean = {kind: made[kind].truth["drift"] / made[kind].truth["volatility"] for kind in ("regime", "shift")}
    np.testing.assert_allclose(lean["shift"], lean["regime"], rtol=1e-9)
    factor = made["shift"].truth["volatility"] / made["regime"].truth["volatility"]
    # The row before a cut already speaks of the bar behind it.
    assert factor.round(9)[[6_998, 6_999, 8_498, 8_499]].tolist() == [
        *[1.0],
        *SHIFT.volatility_by_set[1:2] * 2,
        SHIFT.volatility_by_set[2],
    ]


def test_shift_moves_the_rate_from_12_to_2_to_10_percent():
    labels = [synthetic_bars("shift", n_bars=20_000, seed=seed).label for seed in range(1, 6)]
    sets = [np.nanmean([label[part] for label in labels])
            for part in (slice(0, 14_000), slice(14_000, 17_000), slice(17_000, None))]  # fmt: skip
    assert sets == pytest.approx([0.12, 0.02, 0.10], abs=0.015)


@pytest.mark.parametrize("kind", ["regime", "orbit", "volatility"])
def test_volume_says_no_more_than_the_range(made, kind):
    # What is left of volume beside the range is noise, whatever comes next.
    bars, truth = made[kind].bars, made[kind].truth
    left = np.log(bars["volume"] / np.log(bars["high"] / bars["low"]))
    ahead = up_reach(bars)
    assert left.std() == pytest.approx(0.3, abs=0.01)
    for later in (ahead, truth["volatility"][:-HORIZON], truth["drift"][:-HORIZON]):
        if np.std(later) > 0:
            assert abs(np.corrcoef(left[:-HORIZON], later)[0, 1]) < 0.04


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"kind": "trend"}, "kind must be one of noise, noise_drift, regime, orbit, volatility, shift"),
        ({"n_bars": 1}, "n_bars must be at least 2"),
        ({"interval": "1M"}, "interval must be"),
        ({"interval": "1w", "n_bars": 20_000}, "ask for fewer"),
    ],
)
def test_a_market_that_cannot_be_made_is_refused(change, message):
    with pytest.raises(InputError, match=message):
        synthetic_bars(**({"kind": "noise", "n_bars": 10, "seed": 1, "interval": "15m"} | change))
