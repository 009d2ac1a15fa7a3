"""The verdict's order, its words and its numbers; the row of scores it rests on."""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit

from topoquant.lib.errors import InputError
from topoquant.lib.validity import (
    Check,
    Evidence,
    decide_verdict,
    evidence_from_score,
    member_timing_return,
    next_open_returns,
    score_predictions,
    sharpe_statistics,
)

GOOD = Evidence(
    member="ensemble", side="up", rarer_class_uniqueness=75.0, n_entries=161, logit_std=0.4,
    baseline="lightgbm", baseline_gain_lower=0.01, timing_mean=2e-4, timing_lower=1e-5, timing_t=3.8,
    gain=0.02, gain_lower=0.01, dsr=0.97,
)  # fmt: skip
LEAK = Check("join_keys", "leak", "2 target ids", {}, "members")
WARNING = Check("drift", "warning", "x moved", {}, "features")


@pytest.mark.parametrize(
    ("checks", "changes", "word", "tradeable", "headline"),
    [
        ([], {}, "edge", "yes", "edge (ensemble, timing t 3.8)"),
        ([WARNING], {}, "edge", "yes", "edge (ensemble, timing t 3.8)"),
        ([], {"dsr": 0.74}, "edge", "no", "edge (ensemble, timing t 3.8)"),
        ([], {"dsr": None}, "edge", "untested", "edge (ensemble, timing t 3.8)"),
        ([], {"timing_lower": 0.0}, "no_edge", "no", "no_edge (ensemble, timing t 3.8)"),
        ([], {"timing_lower": None}, "no_edge", "no", "no_edge (ensemble, timing t 3.8)"),
        ([], {"timing_lower": -1.0, "gain_lower": 0.5}, "no_edge", "no", "no_edge (ensemble, timing t 3.8)"),
        ([], {"side": "both", "timing_lower": None}, "edge", "untested", "edge (ensemble, gain .020)"),
        ([], {"side": "both", "gain_lower": -1e-3}, "no_edge", "untested", "no_edge (ensemble, gain .020)"),
        ([], {"logit_std": 0.01}, "flat_model", "no", "flat_model (ensemble, logit std .010)"),
        ([], {"logit_std": 0.01, "baseline_gain_lower": 0.0}, "edge", "yes", "edge (ensemble, timing t 3.8)"),
        ([], {"logit_std": 0.01, "n_entries": 29}, "too_little_data", "untested",
         "too_little_data (29 entries that do not overlap < 30)"),
        ([], {"logit_std": 0.0, "n_entries": 0}, "flat_model", "no", "flat_model (ensemble, logit std .000)"),
        ([], {"logit_std": 0.0, "n_entries": 0, "baseline_gain_lower": None, "timing_lower": 0.0},
         "no_edge", "no", "no_edge (ensemble, timing t 3.8)"),
        ([], {"rarer_class_uniqueness": 29.9}, "too_little_data", "untested",
         "too_little_data (29.9 effective rows of the rarer class < 30)"),
        ([WARNING, LEAK], {"rarer_class_uniqueness": 1.0}, "leak", "untested", "leak (join_keys)"),
    ],
)  # fmt: skip
def test_first_word_that_applies(checks, changes, word, tradeable, headline):
    verdict = decide_verdict(checks, replace(GOOD, **changes))
    assert (verdict.word, verdict.tradeable, verdict.headline) == (word, tradeable, headline)
    assert verdict.would_change
    assert all(sentence.endswith(".") for sentence in verdict.reasons + verdict.would_change)
    json.dumps(verdict.to_dict())


def test_reasons_carry_numbers():
    verdict = decide_verdict([WARNING], replace(GOOD, timing_lower=-2e-4, dsr=0.74))
    assert "-.000200" in verdict.reasons[0]
    assert verdict.tradeable_headline == "no (DSR .74 < .95)"
    just_short = decide_verdict([], replace(GOOD, dsr=0.9496))
    assert just_short.tradeable_headline == "no (DSR .94 < .95)"
    assert "drift" in verdict.reasons[-1]
    assert "4.0 times as many test bars" in verdict.would_change[0]
    with pytest.raises(InputError):
        replace(GOOD, side="sideways")


def make_study(drift, n=3000, seed=0):
    """Bars whose next open-to-open return leans to a known sign, and a member that knows it."""
    rng = np.random.default_rng(seed)
    known = rng.choice([-1.0, 0.0, 1.0], n)
    steps = 0.01 * rng.standard_normal(n) + drift * known
    opens = np.exp(np.concatenate([[0.0, 0.0], np.cumsum(steps)]))
    open_time = pd.date_range("2024-01-01", periods=n + 2, freq="15min", tz="UTC")
    bars = pd.DataFrame({"symbol": "SYN", "open_time": open_time, "open": opens})
    time = open_time[:n] + pd.Timedelta("15min")
    name = np.repeat(["train", "val", "test"], [n // 3] * 3)
    table = pd.DataFrame({"symbol": "SYN", "time": time, "set": name, "target_id": "direction1"})
    logit = known + 0.01 * rng.standard_normal(n)
    table = table.assign(logit_label=logit, p_label=expit(logit))
    targets = table[["symbol", "time", "target_id"]].assign(label=(steps > 0).astype(float), uniqueness=1.0)
    return bars, table, targets


def score(drift, **changes):
    bars, table, targets = make_study(drift)
    naive = table.assign(p_label=0.5, logit_label=0.0)
    returns = next_open_returns(bars, "15m")
    settings = {"naive": naive, "next_returns": returns, "side": "direction", "horizon": 1,
                "interval": "15m", "block": 24, "seed": 0, "name": "nbeats", "role": "member"}  # fmt: skip
    return score_predictions(table, targets, **{**settings, **changes}), (bars, table, targets)


def test_scores_of_a_planted_edge_reach_the_verdict():
    row, (bars, table, _) = score(drift=0.006)
    json.dumps(row)
    assert row["n"] == 1000
    assert row["auc_low"] < row["auc"] < row["auc_high"]
    assert row["auc_low"] > 0.5
    assert row["oof_auc"] == pytest.approx(row["auc"], abs=0.06)
    assert row["gain_low"] < row["gain_lower"] < row["gain"]
    assert row["timing_lower"] > 0
    net = member_timing_return(
        table, next_open_returns(bars, "15m"), side="direction", horizon=1, interval="15m", cost=1e-4
    )
    dsr = sharpe_statistics(net, n_trials=1, trial_variance=0.0).dsr
    evidence = evidence_from_score(row, side="direction", baseline="naive", baseline_gain_lower=None, dsr=dsr)
    verdict = decide_verdict([], evidence)
    assert (verdict.word, verdict.tradeable) == ("edge", "yes")


def test_scores_of_noise_say_no_edge():
    row, _ = score(drift=0.0)
    assert row["auc_low"] < 0.5 < row["auc_high"]
    evidence = evidence_from_score(row, side="direction", baseline=None, baseline_gain_lower=None, dsr=0.5)
    assert decide_verdict([], evidence).word == "no_edge"


def test_test_rows_alone_are_scored():
    _, table, targets = make_study(0.006)
    honest, _ = score(0.006)
    train = table["set"] == "train"
    garbage = table.assign(p_label=table["p_label"].where(~train, 0.1))
    settings = {"naive": None, "next_returns": None, "side": "both", "horizon": 1, "interval": "15m",
                "block": 24, "seed": 0, "name": "nbeats", "role": "member"}  # fmt: skip
    row = score_predictions(garbage, targets.sample(frac=1, random_state=0), **settings)
    assert row["auc"] == honest["auc"]
    assert row["oof_auc"] == 0.5
    assert row["gain"] is None
    assert row["timing_t"] is None


def test_scores_refuse_other_targets():
    _, table, targets = make_study(0.0)
    for changes in (
        {"naive": table.assign(target_id="other")},
        {"naive": table.assign(symbol="OTHER")},
    ):
        with pytest.raises(InputError):
            score(0.0, **changes)
    settings = {"naive": None, "next_returns": None, "side": "both", "horizon": 1, "interval": "15m",
                "block": 24, "seed": 0, "name": "nbeats", "role": "member"}  # fmt: skip
    for wrong_table, wrong_targets in (
        (table, targets.assign(target_id="other")),
        (table, pd.concat([targets, targets])),
        (table.loc[table["set"] != "test"], targets),
        (table.assign(symbol="OTHER"), targets),
    ):
        with pytest.raises(InputError):
            score_predictions(wrong_table, wrong_targets, **settings)
