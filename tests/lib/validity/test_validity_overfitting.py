"""CSCV against its definition, and on trials with and without merit."""

import json
from itertools import combinations

import numpy as np
import pytest

from topoquant.lib.errors import InputError
from topoquant.lib.validity import probability_of_backtest_overfitting


def by_definition(returns: np.ndarray, n_blocks: int) -> tuple[np.ndarray, np.ndarray]:
    """Logits and out-of-sample ratios, halving by halving, as the paper's algorithm 2.3 says it."""
    blocks = np.split(returns, n_blocks)
    logits, losses = [], []
    for half in combinations(range(n_blocks), n_blocks // 2):
        inside = np.concatenate([blocks[i] for i in half])
        outside = np.concatenate([blocks[i] for i in range(n_blocks) if i not in half])
        best = (inside.mean(0) / inside.std(0, ddof=1)).argmax()
        ratio = outside.mean(0) / outside.std(0, ddof=1)
        omega = ((ratio < ratio[best]).sum() + 1) / (returns.shape[1] + 1)
        logits.append(np.log(omega / (1 - omega)))
        losses.append(ratio[best])
    return np.array(logits), np.array(losses)


@pytest.mark.parametrize("n_trials", [2, 7])
def test_equals_the_definition(n_trials):
    returns = np.random.default_rng(n_trials).normal(1e-4, 0.01, (240, n_trials))
    found = probability_of_backtest_overfitting(returns, n_blocks=6)
    logits, out = by_definition(returns, 6)
    assert found.logits == pytest.approx(logits)
    assert found.out_of_sample == pytest.approx(out)
    assert found.pbo == float(found) == pytest.approx((logits <= 0).mean())
    assert found.loss_probability == (out < 0).mean()
    slope, intercept = np.polyfit(found.in_sample, out, 1)
    assert (found.degradation_slope, found.degradation_intercept) == pytest.approx((slope, intercept))


def test_merit_stays_and_noise_does_not():
    rng = np.random.default_rng(1)
    noise = rng.normal(size=(400, 20))
    merit = noise.copy()
    merit[:, 3] += 0.4
    found = probability_of_backtest_overfitting(merit, n_blocks=8)
    assert found.pbo == found.loss_probability == 0
    assert found.pbo_high < 0.05
    empty = [probability_of_backtest_overfitting(rng.normal(size=(400, 20)), n_blocks=8) for _ in range(40)]
    assert np.mean([one.pbo for one in empty]) == pytest.approx(0.5, abs=0.12)
    assert np.mean([one.degradation_slope for one in empty]) < -0.5


def test_spread_holds_the_probability_that_other_records_show():
    """Without merit the mean over records is about one half; a single one is far off, and says so."""
    rng = np.random.default_rng(2)
    records = [probability_of_backtest_overfitting(rng.normal(size=(300, 10)), n_blocks=8) for _ in range(60)]
    values = np.array([one.pbo for one in records])
    held = [one.pbo_low <= values.mean() <= one.pbo_high for one in records]
    assert np.mean(held) >= 0.9
    errors = np.mean([one.pbo_error for one in records])
    assert values.std() * 0.8 < errors < values.std() * 2
    # Taking halvings as independent would claim to know it ten times better.
    assert np.sqrt(0.25 / 70) < values.std() / 2


def test_scale_and_order_of_trials_do_not_matter():
    returns = np.random.default_rng(3).normal(size=(101, 5))
    found = probability_of_backtest_overfitting(returns, n_blocks=6)
    scaled = probability_of_backtest_overfitting(returns[:, ::-1] * [1, 2, 3, 1e-6, 1e6], n_blocks=6)
    assert scaled.pbo == found.pbo
    assert scaled.pbo_error == pytest.approx(found.pbo_error)


def test_few_blocks_have_no_spread_and_idle_trials_a_ratio_of_zero():
    idle = np.zeros((40, 3))
    idle[:, 0] = np.tile([-0.02, 0.01], 20)
    found = probability_of_backtest_overfitting(idle, n_blocks=4)
    assert np.isnan(found.pbo_error)
    assert (found.in_sample == 0).all()
    record = json.loads(json.dumps(found.to_dict()))
    assert record["pbo_low"] is None
    assert record["degradation_slope"] is None
    assert record["n_trials"] == 3


@pytest.mark.parametrize(
    ("returns", "n_blocks"),
    [
        (np.zeros((20, 3)), 5),
        (np.zeros((20, 3)), 12),
        (np.zeros((20, 3)), 0),
        (np.zeros((20, 1)), 4),
        (np.zeros(20), 4),
        (np.full((20, 3), np.nan), 4),
    ],
)
def test_refusals(returns, n_blocks):
    with pytest.raises(InputError):
        probability_of_backtest_overfitting(returns, n_blocks=n_blocks)
