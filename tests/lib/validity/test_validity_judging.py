"""All predictions by the same rules, on the same rows."""

import json
from dataclasses import asdict, replace

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit

from topoquant.lib.validity import (
    Check,
    Question,
    annual_sharpe,
    decide_verdict,
    gather_evidence,
    member_timing_return,
    next_open_returns,
    reach_verdict,
    score_members,
    sharpe_ratio,
)

QUESTION = Question(side="up", horizon=4, interval="15m", cost=1e-4, seed=0)


def make_study(names=("majority", "logistic", "ensemble"), n_val=400):
    rng = np.random.default_rng(0)
    sets = np.repeat(["train", "val", "test"], [100, n_val, 900])
    open_time = pd.date_range("2024-01-01", periods=len(sets) + 2, freq="15min", tz="UTC")
    bars = pd.DataFrame({"symbol": "SYN", "open_time": open_time})
    bars["open"] = np.exp(np.cumsum(0.01 * rng.standard_normal(len(bars))))
    keys = pd.DataFrame({"symbol": "SYN", "time": open_time[: len(sets)] + pd.Timedelta("15min")})
    keys = keys.assign(target_id="up4", set=sets)
    targets = keys.assign(label=(rng.random(len(keys)) < 0.3).astype(float), uniqueness=0.25)
    tables = {}
    for name in names:
        logit = np.zeros(len(keys)) if name == "majority" else rng.standard_normal(len(keys))
        tables[name] = keys.assign(p_label=expit(logit), logit_label=logit)
    return bars, targets, tables


def gather(bars, targets, tables):
    roles = dict.fromkeys(tables, "baseline") | {"ensemble": "ensemble"}
    scores = score_members(tables, targets, bars, QUESTION, naive="majority", roles=roles)
    used = next(row for row in scores if row["name"] == "ensemble")
    baselines = {"majority": tables["majority"], "logistic": tables["logistic"]}
    evidence, sharpe = gather_evidence(
        used, tables, targets, bars, QUESTION, naive="majority", baselines=baselines
    )
    return scores, evidence, sharpe


def test_scores_and_sharpe_ratios_are_those_of_the_rows_that_all_share():
    bars, targets, tables = make_study()
    tables["logistic"] = tables["logistic"].drop(index=range(600, 700))
    scores, _, sharpe = gather(bars, targets, tables)
    assert [row["name"] for row in scores] == ["majority", "logistic", "ensemble"]
    assert {row["n"] for row in scores} == {800}
    shared = tables["ensemble"].drop(index=range(600, 700))
    series = member_timing_return(
        shared, next_open_returns(bars, "15m"), side="up", horizon=4, interval="15m", cost=1e-4
    )
    assert sharpe.sharpe == pytest.approx(sharpe_ratio(series))
    assert sharpe.n_trials == 3


def test_a_val_set_shorter_than_two_blocks_shows_nothing_and_stays_valid_json():
    bars, targets, tables = make_study(n_val=150)
    _, evidence, _ = gather(bars, targets, tables)
    assert evidence.baseline is None
    assert evidence.baseline_gain_lower is None
    json.dumps([asdict(evidence), decide_verdict([], evidence).to_dict()], allow_nan=False)


def test_the_verdict_follows_from_the_evidence_of_the_one_named_and_from_findings():
    bars, targets, tables = make_study()
    scores, evidence, sharpe = gather(bars, targets, tables)
    asked = {"naive": "majority", "baselines": ["majority", "logistic"]}
    verdict, record = reach_verdict("ensemble", scores, tables, targets, bars, QUESTION, findings=[], **asked)
    assert verdict == decide_verdict([], evidence).to_dict()
    assert record == sharpe.to_dict() | {"sharpe_annual": pytest.approx(annual_sharpe(sharpe.sharpe, "15m"))}
    leak = Check("out of fold", "leak", "a row was fitted on", {}, "members").to_dict()
    verdict, _ = reach_verdict("ensemble", scores, tables, targets, bars, QUESTION, findings=[leak], **asked)
    assert verdict["word"] == "leak"


def test_without_a_side_there_is_no_sharpe_ratio():
    bars, targets, tables = make_study()
    both = replace(QUESTION, side="both")
    roles = dict.fromkeys(tables, "baseline")
    scores = score_members(tables, targets, bars, both, naive="majority", roles=roles)
    _, record = reach_verdict(
        "ensemble", scores, tables, targets, bars, both, naive="majority", baselines=[], findings=[]
    )
    assert record == {}
