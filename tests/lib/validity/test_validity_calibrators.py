"""Calibrators: chosen out of fold, never by an error on the rows of the fit; the prior of a sampler."""

import json

import numpy as np
import pytest
from scipy.special import expit
from scipy.special import logit as log_odds
from sklearn.linear_model import LogisticRegression

from topoquant.lib.errors import InputError
from topoquant.lib.validity import (
    Calibrator,
    CalibratorChoice,
    choose_calibrator,
    correct_prior,
    expected_calibration_error,
    fit_calibrator,
    log_loss,
)

KINDS = ("identity", "temperature", "platt", "isotonic")


def market(seed: int, n: int = 4000) -> tuple[np.ndarray, np.ndarray]:
    """True log-odds and labels."""
    rng = np.random.default_rng(seed)
    truth = rng.normal(-1.5, 1.0, n)
    return truth, (rng.random(n) < expit(truth)).astype(float)


def choose(label, logit, **kwargs):
    bar = np.arange(len(label))
    return choose_calibrator(label, logit, time=bar, t1=bar + 4, n_blocks=5, **kwargs)


@pytest.mark.parametrize(
    ("distort", "kind"),
    [
        (lambda truth: 3 * truth, "temperature"),
        (lambda truth: 2 * truth + 2, "platt"),
        (lambda truth: np.where(truth > -1.5, truth + 1.5, truth - 2.5), "isotonic"),
    ],
)
def test_each_distortion_is_undone_by_its_own_kind(distort, kind):
    truth, label = market(0)
    chosen = choose(label, distort(truth))
    assert chosen.calibrator.kind == kind
    later, later_label = market(1)
    loss = log_loss(later_label, expit(chosen.calibrator.apply(distort(later))))
    assert loss < log_loss(later_label, expit(distort(later))) - 0.05
    assert loss == pytest.approx(log_loss(later_label, expit(later)), abs=0.01)


def test_calibrated_forecasts_stay_as_they_are():
    truth, label = market(0)
    chosen = choose(label, truth)
    assert chosen.losses["isotonic"] > chosen.losses["identity"]
    assert np.abs(chosen.calibrator.apply(truth) - truth).max() < 0.4


def test_error_on_the_rows_of_the_fit_chooses_isotonic_steps_and_they_lose():
    """What the cross-fitted log-loss is for: 25 calibrated forecasts of 400 rows."""
    n_lowest, n_chosen, losses = 0, 0, []
    for seed in range(25):
        truth, label = market(seed, 400)
        later, later_label = market(1000 + seed, 2000)
        fitted = {kind: fit_calibrator(label, truth, kind=kind) for kind in KINDS}
        errors = {
            kind: expected_calibration_error(label, expit(one.apply(truth)), n_bins=10)
            for kind, one in fitted.items()
        }
        n_lowest += min(errors, key=errors.get) == "isotonic"
        n_chosen += choose(label, truth).calibrator.kind == "isotonic"
        losses.append(
            log_loss(later_label, expit(fitted["isotonic"].apply(later)))
            - log_loss(later_label, expit(later))
        )
    assert n_lowest >= 23
    assert n_chosen <= 3
    assert np.mean(losses) > 0.005


def test_order_is_never_turned_and_nothing_is_made_flat():
    truth, label = market(0)
    for kind in KINDS[1:]:
        assert fit_calibrator(label, -truth, kind=kind) is None
    chosen = choose(label, -truth)
    assert chosen.calibrator.kind == "identity"
    assert list(chosen.losses) == ["identity"]
    ordered = np.sort(truth)
    for kind in KINDS:
        assert (np.diff(fit_calibrator(label, truth, kind=kind).apply(ordered)) >= 0).all()


def test_isotonic_steps_are_never_certain():
    calibrator = fit_calibrator([0, 0, 0, 1, 1], [-2.0, -1.0, 0.0, 1.0, 2.0], kind="isotonic")
    assert expit(calibrator.apply([-99.0, 99.0])) == pytest.approx([0.25, 2 / 3], abs=1e-4)


def test_platt_is_platts_on_separated_classes():
    """His targets, (n + 1) / (n + 2) and 1 / (m + 2), are what keeps the slope finite."""
    calibrator = fit_calibrator([0, 0, 1, 1], [-1.0, -1.0, 1.0, 1.0], kind="platt")
    assert expit(calibrator.apply([-1.0, 1.0])) == pytest.approx([0.25, 0.75])


def test_weights_count_as_copies():
    truth, label = market(0, 300)
    copies = np.random.default_rng(0).integers(1, 4, 300)
    for kind in ("temperature", "isotonic"):
        weighted = fit_calibrator(label, truth, copies, kind=kind)
        copied = fit_calibrator(np.repeat(label, copies), np.repeat(truth, copies), kind=kind)
        assert weighted.apply(truth) == pytest.approx(copied.apply(truth), abs=1e-5)


def test_blocks_are_purged_and_order_of_rows_does_not_matter():
    truth, label = market(0, 600)
    shuffled = np.random.default_rng(0).permutation(600)
    ordered = choose(label, 2 * truth)
    bar = np.arange(600)[shuffled]
    again = choose_calibrator(label[shuffled], 2 * truth[shuffled], time=bar, t1=bar + 4, n_blocks=5)
    assert again.losses == pytest.approx(ordered.losses)
    wide = choose_calibrator(label, 2 * truth, time=np.arange(600), t1=np.arange(600) + 90, n_blocks=5)
    assert wide.losses["platt"] != ordered.losses["platt"]
    assert wide.losses["identity"] == pytest.approx(ordered.losses["identity"])


def test_what_is_stored_is_json_and_comes_back_whole():
    truth, label = market(0, 500)
    for kind in KINDS:
        one = fit_calibrator(label, truth, kind=kind)
        assert Calibrator.from_dict(json.loads(json.dumps(one.to_dict()))) == one
    chosen = choose(label, 3 * truth)
    assert CalibratorChoice.from_dict(json.loads(json.dumps(chosen.to_dict()))) == chosen


@pytest.mark.parametrize("rate", [0.02, 0.1, 0.3])
def test_correcting_a_balanced_sampler_brings_the_mean_to_the_train_rate(rate):
    """Fitted on as many negatives as positives, predicted on rows it never saw: within .3 logits."""
    for seed in range(5):
        rng = np.random.default_rng(seed)
        features = rng.standard_normal((12_000, 3))
        truth = features @ [1.0, -0.5, 0.0]
        label = (rng.random(12_000) < expit(truth + log_odds(rate) - 0.3)).astype(float)
        fitted, held_out = np.arange(6000), np.arange(6000, 12_000)
        positive = fitted[label[fitted] == 1]
        negative = rng.choice(fitted[label[fitted] == 0], len(positive), replace=False)
        drawn = np.concatenate([positive, negative])
        raw = (
            LogisticRegression(solver="newton-cholesky")
            .fit(features[drawn], label[drawn])
            .decision_function(features[held_out])
        )
        train_rate = label[fitted].mean()
        corrected = correct_prior(raw, sampled_rate=0.5, true_rate=train_rate)
        assert abs(log_odds(expit(corrected).mean()) - log_odds(train_rate)) < 0.3
        assert abs(log_odds(expit(raw).mean()) - log_odds(train_rate)) > 0.5
        assert log_loss(label[held_out], expit(corrected)) < log_loss(label[held_out], expit(raw))


@pytest.mark.parametrize(
    "refused",
    [
        lambda: fit_calibrator([0, 1], [0.1, 0.2], kind="beta"),
        lambda: fit_calibrator([0, 1], [0.1, np.inf], kind="platt"),
        lambda: fit_calibrator([0, 1], [0.1, 0.2], [1.0, -1.0], kind="platt"),
        lambda: fit_calibrator([0, 2], [0.1, 0.2], kind="platt"),
        lambda: choose([0, 1], [0.1, 0.2]),
        lambda: correct_prior(0.0, sampled_rate=1.0, true_rate=0.1),
        lambda: correct_prior(0.0, sampled_rate=0.5, true_rate=0.0),
    ],
)
def test_refusals(refused):
    with pytest.raises(InputError):
        refused()
