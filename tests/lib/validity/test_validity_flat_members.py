"""What a training says of itself explains a flat member; flat is a failure where a baseline finds signal."""

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit

from topoquant.lib.validity import best_baseline, check_flat_members, facts_of_training

N = 2000


@pytest.fixture(scope="module")
def study():
    """Val rows whose label a baseline can predict, naive predictions, and the targets."""
    rng = np.random.default_rng(0)
    time = pd.date_range("2024-01-01", periods=N, freq="15min", tz="UTC", unit="ns")
    truth = rng.normal(-1.5, 1.0, N)
    rows = pd.DataFrame({"symbol": "SYN", "time": time, "target_id": "up", "set": "val"})
    targets = rows.assign(label=(rng.random(N) < expit(truth)).astype(float), uniqueness=1.0)
    return rows, truth, targets


def predictions(rows, logit):
    return rows.assign(logit_label=logit, p_label=expit(logit))


def record(**changed):
    history = [{"fold": 0, "epoch": 1, "train_loss": 9.0}]
    history += [{"fold": "final", "epoch": i, "train_loss": loss} for i, loss in ((1, 0.7), (2, 0.5))]
    return {"facts": {"train_rate": 0.24}, "best_epoch": 2, "history": history} | changed


def check(study, logit, *, signal, trained=None):
    rows, truth, targets = study
    naive = predictions(rows, np.full(N, np.log(targets["label"].mean() / (1 - targets["label"].mean()))))
    baseline = predictions(rows, truth) if signal else naive.assign(p_label=naive["p_label"] * 0.999)
    return check_flat_members(
        {"nbeats": predictions(rows, logit)}, {"nbeats": trained or record()}, targets,
        baselines={"logistic": baseline}, naive=naive, block=96, seed=0,
    )[0]  # fmt: skip


def test_flat_is_right_without_signal_and_a_failure_with_it(study):
    rate = study[2]["label"].mean()
    flat = np.log(rate / (1 - rate)) + 0.001 * np.sin(np.arange(N))
    without = check(study, flat, signal=False)
    assert (without.status, without.numbers["cause"]) == ("ok", "no_signal")
    assert without.numbers["baseline_gain_lower"] < 0
    found = check(study, flat, signal=True)
    assert (found.status, found.numbers["cause"]) == ("warning", "missed_signal")
    assert found.numbers["baseline"] == "logistic"
    assert found.numbers["baseline_gain_lower"] > 0


@pytest.mark.parametrize(
    ("shift", "facts", "cause"),
    [
        (np.log(0.8 / 0.2), {"focal_alpha": 0.8}, "focal_alpha"),
        (-np.log(0.24 / 0.76), {"sampled_rate": 0.5}, "sampler"),
        (0.0, {}, "dead_head"),
    ],
)
def test_the_cause_is_read_from_the_record(study, shift, facts, cause):
    rate = study[2]["label"].mean()
    spread = 0.0 if cause == "dead_head" else 0.01 * np.sin(np.arange(N))
    trained = record(facts={"train_rate": float(rate), **facts})
    found = check(study, np.full(N, np.log(rate / (1 - rate))) + shift + spread, signal=True, trained=trained)
    assert (found.status, found.numbers["cause"]) == ("warning", cause)


def test_a_member_that_moves_is_not_blamed(study):
    assert check(study, study[1], signal=True).status == "ok"


def test_facts_are_those_of_the_final_fit_and_absent_ones_are_unknown():
    facts = facts_of_training(record(), baseline_finds_signal=None)
    assert (facts.best_epoch, facts.train_losses) == (1, (0.7, 0.5))
    assert facts.baseline_finds_signal is None
    nothing = facts_of_training({"best_epoch": 0, "history": []}, baseline_finds_signal=True)
    assert (nothing.train_rate, nothing.best_epoch, nothing.focal_alpha, nothing.focal_gamma) == (
        None,
        None,
        None,
        0.0,
    )


def test_val_that_is_too_short_shows_nothing(study):
    rows, truth, targets = study
    short = {"a": predictions(rows, truth).iloc[:50]}
    assert best_baseline(short, predictions(rows, 0 * truth).iloc[:50], targets, block=96, seed=0) == (
        None,
        None,
    )
