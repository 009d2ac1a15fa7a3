"""Every cause of a flat or shifted prediction is planted by a fit that has it, and has to be named."""

import json

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import brentq, minimize_scalar
from scipy.special import expit
from scipy.special import logit as log_odds

from topoquant.lib.errors import InputError
from topoquant.lib.validity import FitFacts, check_flatness, diagnose_flatness, undo_focal

N = 4000
N_EPOCHS = 60


def market(seed: int = 0, strength: float = 1.0, rate: float = 0.12) -> tuple[np.ndarray, np.ndarray]:
    """Features with an intercept, and labels that the first of them moves."""
    rng = np.random.default_rng(seed)
    features = np.column_stack([rng.standard_normal((N, 3)), np.ones(N)])
    truth = strength * features[:, 0] + log_odds(rate)
    return features, (rng.random(N) < expit(truth)).astype(float)


def train(features, label, *, alpha=0.5, gamma=0.0, step=4.0, alive=1.0, n_epochs=N_EPOCHS):
    """Logistic regression by gradient descent on the focal loss: logits and losses per epoch."""
    inputs = features * np.append(np.full(3, alive), 1.0)
    weights, losses = np.zeros(4), []
    for _ in range(n_epochs):
        logits = inputs @ weights
        p = np.clip(expit(logits), 1e-9, 1 - 1e-9)
        right = np.where(label == 1, p, 1 - p)
        balance = np.where(label == 1, alpha, 1 - alpha)
        losses.append(float(np.mean(-balance * (1 - right) ** gamma * np.log(right))))
        slope = balance * (1 - right) ** gamma * (gamma * right * np.log(right) - (1 - right))
        weights -= step * inputs.T @ (np.where(label == 1, 1, -1) * slope) / len(label)
    return features * np.append(np.full(3, alive), 1.0) @ weights, tuple(losses)


def balanced(label: np.ndarray) -> np.ndarray:
    """Rows of a sampler that draws as many of each class."""
    rng = np.random.default_rng(0)
    positive = np.flatnonzero(label == 1)
    return np.concatenate([positive, rng.choice(np.flatnonzero(label == 0), len(positive), replace=False)])


def test_focal_alpha_is_named_and_another_sampler_is_not_blamed():
    features, label = market()
    logits, losses = train(features, label, alpha=0.8)
    facts = FitFacts(focal_alpha=0.8, sampled_rate=0.3, train_losses=losses, best_epoch=N_EPOCHS - 1)
    found = diagnose_flatness(label, logits, facts=facts)
    assert found.cause == "focal_alpha"
    assert not found.is_flat
    assert found.numbers["shift"] > 0.5
    assert found.numbers["offset_without_focal_alpha"] < 0.3
    assert "focal alpha shift" in found.diagnosis


def test_a_focal_loss_stopped_on_its_way_to_the_minimum_is_named():
    rng = np.random.default_rng(0)
    label = (rng.random(4000) < 0.05).astype(float)
    reference, facts = log_odds(0.05), FitFacts(focal_alpha=0.25, focal_gamma=2.0, train_rate=0.05)
    noise = 0.3 * rng.standard_normal(len(label))
    # The minimum of this loss lies 1.44 logits above a rate of .05.
    halfway = diagnose_flatness(label, reference + 0.9 + noise, facts=facts)
    assert (halfway.cause, halfway.numbers["offset_without_focal_alpha"]) == ("focal_alpha", 0.0)
    for other_way in (-0.9, 2.5):
        found = diagnose_flatness(label, reference + other_way + noise, facts=facts)
        assert found.cause != "focal_alpha", other_way


def test_focal_gamma_alone_is_named_too():
    features, label = market(rate=0.03)
    logits, _ = train(features, label, gamma=2.0, n_epochs=600)
    found = diagnose_flatness(label, logits, facts=FitFacts(focal_gamma=2.0))
    assert found.cause == "focal_alpha"


def test_sampler_shift_is_named_and_a_mild_alpha_is_not_blamed():
    features, label = market()
    drawn = balanced(label)
    rng = np.random.default_rng(1)
    # The same fit, on the rows drawn, applied to all.
    weights = np.linalg.lstsq(features[drawn], train(features[drawn], label[drawn])[0], rcond=None)[0]
    facts = FitFacts(sampled_rate=0.5, train_rate=float(label.mean()), focal_alpha=0.55)
    found = diagnose_flatness(label, features @ weights, facts=facts)
    assert found.cause == "sampler"
    assert found.numbers["offset_without_sampler"] < 0.3
    assert found.offset > 0.5
    # Nothing known of it, nothing is blamed.
    assert diagnose_flatness(label, features @ weights).cause == "unexplained_offset"
    assert diagnose_flatness(label, log_odds(label.mean()) + rng.normal(size=N) * 0.02).cause == "no_signal"


def test_sampler_and_alpha_together():
    features, label = market(rate=0.04)
    drawn = balanced(label)
    logits, _ = train(features[drawn], label[drawn], alpha=0.75)
    weights = np.linalg.lstsq(features[drawn], logits, rcond=None)[0]
    facts = FitFacts(sampled_rate=0.5, focal_alpha=0.75)
    assert diagnose_flatness(label, features @ weights, facts=facts).cause == "sampler_and_focal_alpha"


def test_dead_head_is_named_whether_its_bias_lives_or_not():
    features, label = market()
    alive_bias, losses = train(features, label, alive=0.0)
    found = diagnose_flatness(label, alive_bias, facts=FitFacts(train_losses=losses))
    assert (found.cause, found.is_flat) == ("dead_head", True)
    assert found.offset < 0.01
    small = np.random.default_rng(0).normal(0, 0.01, N)
    _, stuck = train(features, label, step=0.0)
    assert diagnose_flatness(label, small, facts=FitFacts(train_losses=stuck)).cause == "dead_head"
    broken = FitFacts(train_losses=(0.4, float("nan")))
    assert diagnose_flatness(label, small + log_odds(label.mean()), facts=broken).cause == "dead_head"


def test_labels_without_signal_are_named_and_are_no_fault():
    features, label = market(strength=0.0)
    logits, losses = train(features[: N // 2], label[: N // 2])
    weights = np.linalg.lstsq(features[: N // 2], logits, rcond=None)[0]
    weights[:3] *= 0.2  # regularised
    facts = FitFacts(train_losses=losses, best_epoch=20, baseline_finds_signal=False)
    found = diagnose_flatness(label[N // 2 :], features[N // 2 :] @ weights, facts=facts)
    assert (found.cause, found.is_flat) == ("no_signal", True)
    assert "labels without signal" in found.diagnosis


def test_signal_that_a_baseline_finds_was_missed():
    _, label = market()
    flat = log_odds(label.mean()) + np.random.default_rng(0).normal(0, 0.01, N)
    facts = FitFacts(baseline_finds_signal=True)
    assert diagnose_flatness(label, flat, facts=facts).cause == "missed_signal"
    assert diagnose_flatness(label, flat, facts=FitFacts()).cause == "no_signal"


def test_other_causes():
    features, label = market()
    rng = np.random.default_rng(0)
    early, _ = train(features, label, step=0.01, n_epochs=3)
    assert diagnose_flatness(label, early, facts=FitFacts(best_epoch=0)).cause == "first_epoch"
    assert "first epoch" in diagnose_flatness(label, early, facts=FitFacts(best_epoch=0)).diagnosis
    assert "not even the base rate" in diagnose_flatness(label, early).diagnosis
    assert diagnose_flatness(np.zeros(9), np.zeros(9)).cause == "one_class"
    moved = np.where(rng.random(N) < 0.75, 0.0, label)
    logits, _ = train(features, label)
    facts = FitFacts(train_rate=float(label.mean()))
    assert diagnose_flatness(moved, logits, facts=facts).cause == "base_rate_moved"
    assert diagnose_flatness(label, logits, facts=facts).cause == "none"
    truth = features[:, 0] + log_odds(0.12)
    for slope, cause in ((3.0, "too_sure"), (0.3, "too_timid")):
        centre = brentq(lambda at, by=slope: expit(by * truth + at).mean() - label.mean(), -9, 9)
        assert diagnose_flatness(label, slope * truth + centre).cause == cause


@pytest.mark.parametrize(("alpha", "gamma"), [(0.5, 0.0), (0.25, 2.0), (0.9, 0.5), (0.6, 5.0)])
def test_undoing_a_focal_loss_inverts_its_minimum(alpha, gamma):
    def minimum(rate: float) -> float:
        def loss(logit: float) -> float:
            p = expit(logit)
            return -rate * alpha * (1 - p) ** gamma * np.log(p) - (1 - rate) * (1 - alpha) * (
                p**gamma
            ) * np.log1p(-p)

        return minimize_scalar(loss, bounds=(-12, 12), method="bounded", options={"xatol": 1e-9}).x

    rates = np.array([0.02, 0.2, 0.5, 0.9])
    found = undo_focal([minimum(rate) for rate in rates], alpha=alpha, gamma=gamma)
    assert found == pytest.approx(log_odds(rates), abs=1e-4)


def test_check_warns_of_faults_and_of_flatness_that_is_not_known_to_be_right():
    features, label = market()
    time = pd.date_range("2024", periods=N, freq="15min", tz="UTC")
    rows = pd.DataFrame({"symbol": "SYN", "time": time, "target_id": "up4", "set": "val"})
    targets = rows.assign(label=label, uniqueness=1.0)

    def check(logits, facts):
        return check_flatness(rows.assign(logit_label=logits), targets, name="nbeats", facts=facts)

    rng = np.random.default_rng(0)
    flat = log_odds(label.mean()) + rng.normal(0, 0.01, N)
    assert check(flat, FitFacts(baseline_finds_signal=False)).status == "ok"
    assert check(flat, FitFacts()).status == "warning"
    logits, _ = train(features, label)
    assert check(logits, FitFacts()).status == "ok"
    shifted = check(logits + log_odds(0.8), FitFacts(focal_alpha=0.8))
    assert (shifted.status, shifted.numbers["cause"]) == ("warning", "focal_alpha")
    json.dumps(shifted.to_dict(), allow_nan=False)


@pytest.mark.parametrize(
    "refused",
    [
        lambda: diagnose_flatness([0, 2], [0.1, 0.2]),
        lambda: diagnose_flatness([0, 1], [0.1, np.nan]),
        lambda: undo_focal(0.0, alpha=1.0, gamma=2.0),
        lambda: undo_focal(0.0, alpha=0.5, gamma=-1.0),
    ],
)
def test_refusals(refused):
    with pytest.raises(InputError):
        refused()
