"""Combinations are worth what they should be, on members whose worth is known."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm

from tests.lib.ensemble.simulated import auc, keys_of, table_of, targets_of
from topoquant.lib.ensemble import (
    AdaptationOptions,
    BoostedStackOptions,
    EnsembleOptions,
    GateOptions,
    adapt_weights,
    ensemble,
    outcomes_of,
    regime_weights,
    resolved_losses,
    weighted_log_loss,
    weighted_mean,
)

ALL = ("train", "val", "test")
ADAPTATION = AdaptationOptions(window=50, half_life=20, rate=0.25)
EMBARGO = pd.Timedelta("2h")
RULES = ("trending", "ranging", "volatile")


@pytest.mark.parametrize(("n_members", "rho"), [(1, 0.0), (3, 0.0), (3, 0.5), (8, 0.2), (8, 0.9)])
def test_a_mean_of_members_is_as_good_as_its_law_says(n_members, rho):
    """Scores of unit variance, correlated by rho, whose means of the two classes are d apart."""
    d, n = 0.6, 200_000
    rng = np.random.default_rng(n_members)
    label = rng.integers(0, 2, n)
    shared, own = rng.normal(size=(n, 1)), rng.normal(size=(n, n_members))
    scores = d * label[:, None] + np.sqrt(rho) * shared + np.sqrt(1 - rho) * own
    expected = norm.cdf(d / np.sqrt(2 * (rho + (1 - rho) / n_members)))
    assert auc(label, weighted_mean(scores)) == pytest.approx(expected, abs=0.005)


def switching_market(seed, *, switches=True, n=3000, length=300, d=0.8):
    """Three members; each is worth something in one regime, which lasts about `length` bars."""
    rng = np.random.default_rng(seed)
    rows = keys_of(n)
    state = (np.cumsum(rng.random(n) < 1 / length) if switches else np.zeros(n, int)) % len(RULES)
    label = rng.integers(0, 2, n)
    tables = {}
    for i, name in enumerate("abc"):
        score = rng.normal(size=n) + np.where(state == i, d, 0.0) * (2 * label - 1)
        # Each is calibrated for its own regime: in the others it is too sure of itself.
        tables[name] = table_of(rows, 2 * d * score, name)
    return rows, tables, label, np.array(RULES, object)[state]


def scores_on_test(rows, label, logit):
    test = (rows["set"] == "test").to_numpy()
    return auc(label[test], logit[test]), -weighted_log_loss(label[test], logit[test], np.ones(test.sum()))


def means_of(seed, **market):
    """The static mean, that by the table of weights, and the adaptive one, on test rows."""
    rows, tables, label, rule = switching_market(seed, **market)
    members = list(tables)
    logits = np.column_stack([tables[name]["logit_label"] for name in members])
    table = {
        name: {"default": 1 / 3} | {regime: 0.8 if i == j else 0.1 for j, regime in enumerate(RULES)}
        for i, name in enumerate(members)
    }
    resolved = resolved_losses(tables, outcomes_of(targets_of(rows, label, ALL)))
    weights = (
        None,
        regime_weights(rule, members, table),
        adapt_weights(rows, resolved, ADAPTATION, members=members),
    )  # fmt: skip
    return [scores_on_test(rows, label, weighted_mean(logits, one)) for one in weights]


def paired_t(difference):
    return difference.mean() / difference.std(ddof=1) * np.sqrt(len(difference))


def test_regime_weights_and_adaptation_beat_static_weights_where_the_best_member_switches():
    found = np.array([means_of(seed) for seed in range(20)])  # seed, kind of mean, (AUC, -log-loss)
    static, by_regime, adaptive = np.moveaxis(found, 1, 0)
    for better in (by_regime, adaptive):
        assert ((better - static).mean(axis=0) > 0.05).all()
        assert paired_t((better - static)[:, 0]) > 5
        assert paired_t((better - static)[:, 1]) > 5


def test_adaptation_costs_next_to_nothing_where_members_are_alike():
    rng = np.random.default_rng(0)
    cost = []
    for _ in range(10):
        rows = keys_of(2000)
        label = rng.integers(0, 2, 2000)
        scores = 0.4 * (2 * label[:, None] - 1) + rng.normal(size=(2000, 3))
        tables = {
            name: table_of(rows, 0.8 * score, name) for name, score in zip("abc", scores.T, strict=True)
        }
        resolved = resolved_losses(tables, outcomes_of(targets_of(rows, label, ALL)))
        weights = adapt_weights(rows, resolved, ADAPTATION, members=list("abc"))
        logits = np.column_stack([tables[name]["logit_label"] for name in "abc"])
        cost.append(auc(label, weighted_mean(logits)) - auc(label, weighted_mean(logits, weights)))
    assert np.mean(cost) < 0.01


def options_of(**changed):
    base = {
        "candidates": ("best_single", "mean", "regime_mean", "adaptive", "stack", "boosted_stack"),
        "ridge": 1e-3, "min_rarer": 10, "adaptation": ADAPTATION,
        "boosted": BoostedStackOptions(
            n_trees=100, max_depth=3, n_leaves=8, learning_rate=0.03, min_rows_per_leaf=40, l1=1.0,
            n_threads=1,
        ),
    }  # fmt: skip
    return EnsembleOptions(**base | changed)


def combine(tables, rows, label, options, **more):
    resolved = resolved_losses(tables, outcomes_of(targets_of(rows, label, ALL)))
    blind = table_of(rows, np.zeros(len(rows)), "majority")
    return ensemble(
        {**tables, "majority": blind}, targets_of(rows, label), options, members=list(tables),
        blind_members=["majority"], embargo=EMBARGO, resolved=resolved, **more,
    )  # fmt: skip


def unequal_members(seed, n=1600, rho=0.4):
    """Three members of unequal worth with errors in common."""
    rng = np.random.default_rng(seed)
    rows, label = keys_of(n), rng.integers(0, 2, n)
    shared = rng.normal(size=n)
    worth = rng.uniform(0.1, 0.5, 3)
    tables = {
        name: table_of(
            rows,
            d * (np.sqrt(rho) * shared + np.sqrt(1 - rho) * rng.normal(size=n) + d * (2 * label - 1)),
            name,
        )
        for name, d in zip("abc", worth, strict=True)
    }
    return rows, label, tables


@pytest.mark.system
def test_over_twenty_seeds_the_ensemble_is_no_worse_than_the_member_chosen_on_val():
    found, names = [], set()
    for seed in range(20):
        rows, label, tables = unequal_members(seed)
        made = combine(tables, rows, label, options_of())
        losses = made.choices["final"]["log_loss"]
        single = min(tables, key=lambda name: losses[name])
        logit = made.predictions["logit_label"].to_numpy()
        one = tables[single]["logit_label"].to_numpy()
        found.append([scores_on_test(rows, label, values)[0] for values in (logit, one)])
        names.add(made.choices["final"]["name"])
    together, alone = np.mean(found, axis=0)
    assert together >= alone - 0.01
    assert len(names) > 2  # it does choose


def test_all_candidates_follow_the_switching_market_and_the_choice_finds_one_that_does():
    rows, tables, label, rule = switching_market(3, n=2000, length=60)
    p = {f"p_{name}": np.where(rule == one, 0.98, 0.01) for name, one in zip(
        ("trend", "range", "panic"), RULES, strict=True)}  # fmt: skip
    regimes = rows[["symbol", "time", "fold"]].assign(**p, regime="", rule=rule)
    table = {name: {"default": 1 / 3, rule_of: 2.0} for name, rule_of in zip("abc", RULES, strict=True)}
    made = combine(tables, rows, label, options_of(regimes=True, weights=table), regimes=regimes)
    losses = made.choices["final"]["log_loss"]
    assert made.choices["final"]["name"] in {"regime_mean", "adaptive", "stack", "boosted_stack"}
    for name in ("regime_mean", "adaptive", "stack"):
        assert losses[name] < losses["mean"]
    weights = made.choices["weights"]
    assert weights["columns"]["ranging"] == pytest.approx({"a": 1 / 8, "b": 6 / 8, "c": 1 / 8})
    assert sum(weights["rows"].values()) == (rows["set"] != "test").sum()
    path = made.choices["adaptive"]
    assert len(path["time"]) == len(path["weights"]["a"]) == 160
    assert path["time"][-1] < rows.loc[rows["set"] == "test", "time"].min().isoformat()


def test_outcomes_of_test_rows_reach_adaptive_test_rows_alone_and_not_before_their_t1():
    rows, label, tables = unequal_members(3)
    is_test = (rows["set"] == "test").to_numpy()
    made, other = (
        combine(tables, rows, one, options_of()) for one in (label, np.where(is_test, 1 - label, label))
    )
    assert made.choices == other.choices
    assert made.stacks == other.stacks
    changed = {
        name: np.flatnonzero(made.candidates[name] != other.candidates[name])
        for name in made.choices["final"]["log_loss"]
    }
    assert {name for name, places in changed.items() if places.size} == {"adaptive"}
    # The first test row is known two bars later.
    assert changed["adaptive"].min() == np.flatnonzero(is_test)[0] + 2


@pytest.mark.parametrize(
    ("low", "high", "use", "allowed"),
    [(0.85, 0.9, "tabular", {"c"}), (0.6, 0.85, "hybrid", {"mean"}), (0.6, 0.65, "ensemble", None)],
)
def test_the_gate_says_what_may_be_used(low, high, use, allowed):
    """Members that are right in three rows of four."""
    rng = np.random.default_rng(1)
    rows, label = keys_of(1600), rng.integers(0, 2, 1600)
    scores = 0.7 * (2 * label[:, None] - 1) + rng.normal(size=(1600, 3))
    tables = {name: table_of(rows, score, name) for name, score in zip("abc", scores.T, strict=True)}
    options = options_of(gate=GateOptions(tabular=("c",), hybrid=(), low=low, high=high, level=0.95))
    choices = combine(tables, rows, label, options).choices
    assert choices["gate"]["use"] == use
    assert choices["final"]["reason"].endswith(choices["gate"]["reason"])
    assert choices["gate"]["gated"] == ["a", "b"]
    if allowed:
        assert {choices["final"]["name"]} == allowed
        assert "is the only candidate" in choices["final"]["reason"]
    else:
        assert "against" in choices["final"]["reason"]
