"""Meta-learners: fitted on what members say of rows they had not seen, with regimes by option."""

import numpy as np
import pandas as pd
import pytest
from scipy.special import logit as log_odds

from tests.lib.ensemble.simulated import auc, keys_of, table_of
from topoquant.lib.ensemble import (
    BoostedStackOptions,
    EnsembleOptions,
    apply_boosted_stack,
    fit_boosted_stack,
    fit_stack,
    join_predictions,
    stack,
    weighted_log_loss,
    with_regimes,
)
from topoquant.lib.ensemble.stack_inputs import stack_columns, stack_matrix
from topoquant.lib.errors import InputError

EMBARGO = pd.Timedelta("2h")
MEMBERS = ["a", "b"]
KINDS = pytest.mark.parametrize("boosted", [False, True])


def options_of(**changed):
    booster = BoostedStackOptions(
        n_trees=100, max_depth=3, n_leaves=8, learning_rate=0.05, min_rows_per_leaf=20, l1=1.0, n_threads=1
    )
    base = {"candidates": ("stack", "boosted_stack"), "ridge": 1e-4, "min_rarer": 5, "boosted": booster}
    return EnsembleOptions(**base | changed)


def study_of(n=1800, seed=0):
    """Member a is right in a trend and noise in a range, b the other way round."""
    rng = np.random.default_rng(seed)
    rows = keys_of(n)
    trend = np.arange(n) // 60 % 2 == 1
    label = rng.integers(0, 2, n)
    right, noise = 1.6 * (2 * label - 1) + rng.normal(size=n), rng.normal(size=n)
    scores = {"a": np.where(trend, right, noise), "b": np.where(trend, noise, right)}
    joined = join_predictions({name: table_of(rows, score, name) for name, score in scores.items()})
    return joined, label.astype(float), regimes_of(rows, trend)


def regimes_of(rows, trend):
    p = np.where(trend, 0.9, 0.05)
    rule = np.where(trend, "trending", "ranging")
    return rows[["symbol", "time", "fold"]].assign(
        p_range=0.95 - p, p_trend=p, p_panic=0.05, regime="", rule=rule
    )


def stacked(joined, label, *, boosted, **changed):
    return stack(
        joined,
        label,
        np.ones(len(label)),
        options_of(**changed),
        members=MEMBERS,
        embargo=EMBARGO,
        boosted=boosted,
    )


@KINDS
def test_no_row_is_scored_by_a_fit_that_saw_its_label(boosted):
    joined, label, regimes = study_of()
    joined = with_regimes(joined, regimes)
    one = stacked(joined, label, boosted=boosted, regimes=True)
    assert sorted(one.fits) == [-1, 0, 1, 2]
    for fold in (0, 1, 2):
        here = (joined["fold"] == fold).to_numpy()
        other = stacked(joined, np.where(here, 1 - label, label), boosted=boosted, regimes=True)
        np.testing.assert_array_equal(one.logits[here], other.logits[here])
        assert (one.logits[~here] != other.logits[~here]).mean() > 0.9
    late = (joined["set"] != "train").to_numpy()
    without = stacked(joined, np.where(late, np.nan, label), boosted=boosted, regimes=True)
    np.testing.assert_array_equal(one.logits, without.logits)


@KINDS
def test_regimes_tell_a_stack_whom_to_hear(boosted):
    joined, label, regimes = study_of()
    known = with_regimes(joined, regimes)
    test = (joined["set"] == "test").to_numpy()
    losses = []
    for rows, sees in ((joined, False), (known, False), (known, True)):
        made = stacked(rows, label, boosted=boosted, regimes=sees)
        losses.append(weighted_log_loss(label[test], made.logits[test], np.ones(test.sum())))
    assert losses[0] == losses[1]  # joined, but not asked for
    assert losses[2] < losses[0] - 0.05


def test_the_linear_stack_weighs_members_by_regime():
    joined, label, regimes = study_of()
    weights = stacked(with_regimes(joined, regimes), label, boosted=False, regimes=True).fits[-1].weights
    assert weights["a"] == pytest.approx(0, abs=0.5)
    assert weights["a"] + weights["a x p_trend"] > 2
    assert weights["b"] > 2
    assert weights["b"] + weights["b x p_trend"] < 0.5


def test_a_booster_is_the_same_to_the_byte_and_back_from_its_text():
    joined, label, _ = study_of()
    train = (joined["set"] == "train").to_numpy()
    parts = (joined[train], label[train], np.ones(train.sum()), options_of())
    one, two = (fit_boosted_stack(*parts, members=MEMBERS) for _ in range(2))
    assert one == two
    assert one.text.count("Tree=") == 100
    assert "[lambda_l1: 1]" in one.text
    assert sum(one.importance.values()) == pytest.approx(1)
    score = apply_boosted_stack(one, joined)
    assert auc(label[~train], score[~train]) > 0.75


def test_without_a_split_a_booster_says_the_rate():
    joined, label, _ = study_of(n=60)
    train = (joined["set"] == "train").to_numpy()
    made = fit_boosted_stack(joined[train], label[train], np.ones(train.sum()), options_of(), members=MEMBERS)
    assert set(made.importance.values()) == {0.0}
    np.testing.assert_allclose(apply_boosted_stack(made, joined), log_odds(label[train].mean()), atol=1e-6)


def memorising_study(seed, n=1600):
    """An honest member, and nearest neighbours of noise that know every row they were fitted on by heart.

    Both are fitted for real: per fold, and once on all train rows.
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.neighbors import KNeighborsClassifier

    rng = np.random.default_rng(seed)
    rows = keys_of(n)
    x = rng.normal(size=(n, 10))
    label = (rng.random(n) < 1 / (1 + np.exp(-0.5 * x[:, 0]))).astype(float)
    train, fold = (rows["set"] == "train").to_numpy(), rows["fold"].to_numpy()
    models = {
        "a": LogisticRegression(solver="newton-cholesky"),
        "b": KNeighborsClassifier(5, weights="distance"),
    }

    def score(model, fitted, asked):
        seen = x[:, :1] if isinstance(model, LogisticRegression) else x[:, 1:]
        p = model.fit(seen[fitted], label[fitted]).predict_proba(seen[asked])[:, 1]
        return log_odds(np.clip(p, 0.01, 0.99))

    tables = {}
    for honest in (True, False):
        for name, model in models.items():
            logit = score(model, train, np.ones(n, bool))
            for number in (0, 1, 2) if honest else ():
                here = fold == number
                logit[here] = score(model, train & ~here, here)
            tables[name, honest] = table_of(rows, logit, name)
    joined = [join_predictions({name: tables[name, honest] for name in models}) for honest in (True, False)]
    return *joined, label


def test_a_memorising_member_does_not_fool_the_stack():
    scores = []
    for seed in range(8):
        honest, in_sample, label = memorising_study(seed)
        train, test = ((honest["set"] == name).to_numpy() for name in ("train", "test"))
        found = [auc(label[test], honest.loc[test, f"logit_label.{name}"]) for name in MEMBERS]
        for joined in (in_sample, honest):
            made = fit_stack(joined[train], label[train], np.ones(train.sum()), options_of(), members=MEMBERS)
            found.append(auc(label[test], stack_matrix(joined, MEMBERS)[test] @ list(made.weights.values())))
        boosted = stacked(honest, label, boosted=True)
        scores.append([*found, auc(label[test], boosted.logits[test])])
    honest_alone, memory_alone, in_sample, out_of_fold, boosted = np.mean(scores, axis=0)
    assert memory_alone < 0.53
    assert in_sample < 0.53
    assert out_of_fold >= honest_alone - 0.01
    assert boosted > in_sample + 0.1


def test_a_row_takes_the_regime_of_the_fit_that_left_its_fold_out():
    joined, _, regimes = study_of(n=60)
    every_fit = pd.concat([regimes.assign(fold=fold, p_trend=0.1 * (fold + 1)) for fold in (-1, 0, 1, 2)])
    made = with_regimes(joined, every_fit.sample(frac=1, random_state=0))
    np.testing.assert_allclose(made["p_trend"], 0.1 * (joined["fold"] + 1))
    assert made[["symbol", "time"]].equals(joined[["symbol", "time"]])
    some = with_regimes(joined, regimes[10:])
    np.testing.assert_allclose(some.loc[:9, ["p_range", "p_trend", "p_panic"]], 1 / 3)
    assert some["rule"][:10].isna().all()
    assert with_regimes(joined, None) is joined


def test_refusals():
    joined, label, regimes = study_of(n=300)
    ones = np.ones(300)
    with pytest.raises(InputError, match="unique, got 300 repeated"):
        with_regimes(joined, pd.concat([regimes, regimes]))
    with pytest.raises(InputError, match="got 0 of 300: make the regimes"):
        with_regimes(joined, regimes.assign(fold=7))
    with pytest.raises(InputError, match="got also test, val"):
        fit_boosted_stack(joined, label, ones, options_of(), members=MEMBERS)
    with pytest.raises(InputError, match=r"ensemble\.boosted must be given"):
        fit_boosted_stack(
            joined, label, ones, options_of(candidates=("stack",), boosted=None), members=MEMBERS
        )
    with pytest.raises(InputError, match="100 effective or more"):
        stack(joined, label, ones, options_of(min_rarer=100), members=MEMBERS, embargo=EMBARGO)
    with pytest.raises(InputError, match="got lstm: correct the name"):
        stack_matrix(joined, stack_columns(["lstm"], regimes=False, products=True))
    with pytest.raises(InputError, match="got p_trend"):
        stack_matrix(joined, ["a x p_trend"])
