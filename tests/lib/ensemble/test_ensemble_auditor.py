"""The auditor: what it finds, what it must not claim, and which rows it may know of."""

import json

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit

from topoquant.lib.ensemble import AuditorOptions, audit_effect, audit_signals
from topoquant.lib.ensemble.audit_effect import audit_effect as effect_of
from topoquant.lib.ensemble.auditor_inputs import audit_inputs
from topoquant.lib.ensemble.signals import SignalLevels, fit_signal_levels, is_right, signal_sides
from topoquant.lib.errors import InputError
from topoquant.lib.proportions import difference_interval, wilson_interval

EMBARGO = pd.Timedelta("1h")
LEVEL = 0.9


def options_of(**changed):
    base = {
        "share": 0.3, "kept": 0.5, "min_rarer": 20, "n_trees": 60, "learning_rate": 0.1, "max_depth": 2,
        "min_child_weight": 5, "max_bins": 32, "feature_fraction": 1.0, "row_fraction": 0.8, "l2": 5.0,
        "patience": 10, "validation_fraction": 0.2, "n_threads": 1,
    }  # fmt: skip
    return AuditorOptions(**base | changed)


def study_of(seed, *, reliable, n=3000, side="up", n_folds=5):
    """Primary signals that are right more often where `quiet` is 1; without `reliable`, always alike."""
    rng = np.random.default_rng(seed)
    time = pd.date_range("2024-01-01", periods=n, freq="h", tz="UTC", unit="ns")
    part = np.repeat(["train", "val", "test"], [n // 2, n // 4, n // 4])
    fold = np.where(part == "train", np.arange(n) * 2 * n_folds // n, -1)
    keys = pd.DataFrame({"symbol": "SYN", "time": time, "t1": time + pd.Timedelta("1h"), "target_id": "up-1"})
    score, quiet = rng.normal(size=n), (rng.random(n) < 0.5).astype(float)
    rate = np.where(quiet == 1, 0.75, 0.25) if reliable else np.full(n, 0.5)
    hit = rng.random(n) < rate
    label = np.where(score > 0, hit, ~hit) if side == "direction" else hit
    rows = keys.assign(set=part, fold=fold, p_label=expit(score), logit_label=score, model_hash="a")
    inputs = keys[["symbol", "time"]].assign(quiet=quiet, noise=rng.normal(size=n))
    return rows, keys.assign(set=part, label=label.astype(float), uniqueness=1.0), inputs


def audit_of(rows, targets, inputs, side="up", **changed):
    development = targets[targets["set"] != "test"].drop(columns="set")
    return audit_signals(
        rows, development, [inputs], options_of(**changed), side=side, embargo=EMBARGO, seed=3
    )


@pytest.mark.parametrize("side", ["up", "direction"])
def test_a_known_reliability_raises_precision_with_disjoint_intervals(side):
    rows, targets, inputs = study_of(0, reliable=True, side=side)
    audit = audit_of(rows, targets, inputs, side)
    assert audit.record["fitted"]
    assert next(iter(audit.record["gains"])) == "quiet"
    for name in ("val", "test"):
        effect = audit_effect(
            audit.predictions, rows, targets, set_name=name, side=side, gate=audit.record["gate"], level=0.99
        )
        assert effect["after"]["precision_low"] > effect["before"]["precision_high"]
        assert effect["improves"]
        assert effect["after"]["n_signals"] + effect["rejected"]["n_signals"] == effect["before"]["n_signals"]
    # Its probabilities are those of the simulation.
    answers = audit.predictions.merge(inputs, on=["symbol", "time"])
    by_quiet = answers[answers["set"] == "val"].groupby("quiet")["p_correct"].mean()
    assert by_quiet.tolist() == pytest.approx([0.25, 0.75], abs=0.06)


def test_on_noise_it_claims_nothing():
    """Trees free to fit noise, 20 seeds: intervals at 0.9 leave 0 out no more often than they say."""
    excluded, improved, compared = 0, 0, 0
    free = {"max_depth": 4, "min_child_weight": 1, "l2": 0.1, "patience": 30, "n_trees": 30}
    for seed in range(20):
        rows, targets, inputs = study_of(100 + seed, reliable=False, n=1600, n_folds=2)
        audit = audit_of(rows, targets, inputs, **free)
        effect = audit_effect(
            audit.predictions,
            rows,
            targets,
            set_name="val",
            side="up",
            gate=audit.record["gate"],
            level=LEVEL,
        )
        if effect["difference"] is not None:
            compared += 1
            excluded += effect["difference_low"] > 0 or effect["difference_high"] < 0
            improved += effect["improves"]
    # The test would be empty if no auditor ever told signals apart.
    assert compared >= 5
    # P(binomial(20, 0.1) > 6) is .002, P(binomial(20, 0.05) > 4) is .003.
    assert excluded <= 6
    assert improved <= 4


@pytest.mark.parametrize("horizon", [1, 4])
def test_on_noise_the_interval_of_the_difference_leaves_0_out_as_often_as_it_says(horizon):
    """Answers that come in runs and targets that overlap: effective counts keep the level."""
    rng = np.random.default_rng(horizon)
    n, n_draws, excluded = 400, 400, 0
    for _ in range(n_draws):
        steps = rng.normal(size=n + horizon)
        right = np.convolve(steps, np.ones(horizon), "valid")[1:] > 0
        kept = np.repeat(rng.random(n // 10), 10) >= 0.5
        # As audit_effect counts: every row as much as it is unique.
        counts = [((right & part).sum() / horizon, part.sum() / horizon) for part in (kept, ~kept)]
        low, high = difference_interval(*counts, level=LEVEL)
        excluded += low > 0 or high < 0
    spread = 3.3 * np.sqrt(0.1 * 0.9 / n_draws)
    assert excluded / n_draws < 0.1 + spread
    # Rows that are independent are counted as what they are, no fewer.
    assert horizon > 1 or excluded / n_draws > 0.1 - spread


def test_test_rows_and_val_labels_reach_nothing_that_is_fitted():
    rows, targets, inputs = study_of(1, reliable=True, n=1200)
    audit = audit_of(rows, targets, inputs)
    rng = np.random.default_rng(9)
    is_test, is_val = rows["set"] == "test", targets["set"] == "val"
    garbage, other_labels, other_inputs = rows.copy(), targets.copy(), inputs.copy()
    garbage.loc[is_test, "logit_label"] = 1e6 * rng.normal(size=is_test.sum())
    other_inputs.loc[is_test, ["quiet", "noise"]] = 1e9
    other_labels.loc[is_val, "label"] = 1 - other_labels.loc[is_val, "label"]
    again = audit_of(garbage, other_labels, other_inputs)
    assert again.files == audit.files
    known, known_again = (one.predictions.query("set != 'test'") for one in (audit, again))
    pd.testing.assert_frame_equal(known, known_again, check_exact=True)
    # n_signals of test is all that may differ.
    assert {**again.record, "n_signals": 0} == {**audit.record, "n_signals": 0}


def test_an_answer_depends_on_no_later_row():
    """A val row's answer is the same when everything after it is cut off."""
    rows, targets, inputs = study_of(2, reliable=True, n=1200)
    audit = audit_of(rows, targets, inputs).predictions
    cut = rows["time"].iloc[700]
    short = audit_of(*(table[table["time"] <= cut] for table in (rows, targets, inputs))).predictions
    pd.testing.assert_frame_equal(audit[audit["time"] <= cut], short, check_exact=True)


def test_a_train_rows_answer_comes_from_the_other_folds():
    """Turning the labels of one fold around moves its own answers by the line alone: their order stays."""
    rows, targets, inputs = study_of(3, reliable=True, n=1200)
    other = targets.copy()
    own = (rows["fold"] == 2).to_numpy()
    other.loc[own, "label"] = 1 - other.loc[own, "label"]
    first, second = (audit_of(rows, one, inputs).predictions.query("fold == 2") for one in (targets, other))
    order = [one["logit_correct"].rank().tolist() for one in (first, second)]
    assert order[0] == order[1]
    assert len(set(order[0])) > 2
    assert first["side"].tolist() == second["side"].tolist()
    # The fits of other folds did see them.
    elsewhere = [audit_of(rows, one, inputs).predictions.query("fold == 0") for one in (targets, other)]
    assert elsewhere[0]["model_hash"].iloc[0] != elsewhere[1]["model_hash"].iloc[0]


def test_no_fit_takes_a_row_that_overlaps_what_it_speaks_of(monkeypatch):
    rows, targets, inputs = study_of(4, reliable=True, n=1200)
    rows["t1"] = targets["t1"] = rows["time"] + pd.Timedelta("5h")
    seen = []

    def spy(part, design, right, weight, options, *, seed):
        seen.append(part)
        return boost(part, design, right, weight, options, seed=seed)

    from topoquant.lib.ensemble import auditor

    boost = auditor.boost
    monkeypatch.setattr(auditor, "boost", spy)
    audit_of(rows, targets, inputs)
    folds = rows[rows["set"] == "train"].groupby("fold")[["time", "t1"]].agg({"time": "min", "t1": "max"})
    assert len(seen) == len(folds) + 1
    for part, (_, block) in zip(seen, folds.iterrows(), strict=False):
        overlaps = (part["time"] <= block["t1"]) & (part["t1"] >= block["time"])
        assert len(part) > 50
        assert not overlaps.any()


def test_too_few_signals_are_no_auditor_and_say_so():
    rows, targets, inputs = study_of(5, reliable=True, n=400)
    audit = audit_of(rows, targets, inputs, min_rarer=40)
    assert not audit.record["fitted"]
    assert "min_rarer is 40" in audit.record["reason"]
    assert list(audit.predictions.columns)[-4:] == ["side", "p_correct", "logit_correct", "model_hash"]
    assert audit.predictions.empty
    assert audit.files == {}
    # A primary model that says the same of every row has no signals at all.
    flat = audit_of(rows.assign(logit_label=0.2), targets, inputs)
    assert "0 signals" in flat.record["reason"]


def test_signals_too_close_together_to_stop_early_are_no_auditor_either():
    rows, targets, inputs = study_of(8, reliable=True, n=400, n_folds=2)
    late = (rows["set"] == "train") & (rows["fold"] == 1)
    end = rows.loc[rows["set"] == "train", "time"].max()
    # The targets of the second half of train are all known at its end alone.
    rows.loc[late, "t1"] = targets.loc[late, "t1"] = end
    audit = audit_of(rows, targets, inputs, min_rarer=1)
    assert not audit.record["fitted"]
    assert "early-stopping tail" in audit.record["reason"]


@pytest.mark.parametrize("changed", [{"min_child_weight": 1e9}, {"max_depth": 4, "min_child_weight": 1}])
def test_without_anything_to_learn_every_signal_is_kept(changed):
    """No split at all, and trees whose answers are worth nothing out of fold."""
    rows, targets, inputs = study_of(100, reliable=False, n=1200)
    audit = audit_of(rows, targets, inputs, **changed)
    assert audit.record["slope"] == 0
    assert "every signal is kept" in audit.record["reason"]
    assert (audit.predictions["p_correct"] >= audit.record["gate"]).all()
    assert json.loads(audit.files["auditor.json"])["gate"] == audit.record["gate"]
    json.dumps(audit.record)


def test_regimes_are_taken_from_the_fit_of_the_rows_fold():
    time = pd.date_range("2024-01-01", periods=2, freq="h", tz="UTC")
    rows = pd.DataFrame({"symbol": "SYN", "time": time, "fold": [0, -1], "logit_label": 0.0, "spread": 0.5})
    regimes = pd.DataFrame(
        {"symbol": "SYN", "time": np.repeat(time, 2), "fold": [0, -1, 0, -1], "p_panic": [0.1, 0.2, 0.3, 0.4]}
    )
    inputs = audit_inputs(rows, [regimes, regimes.query("fold == -1").drop(columns="fold")])
    assert inputs["p_panic"].tolist() == [0.1, 0.4]
    assert inputs["1_p_panic"].tolist() == [0.2, 0.4]
    with pytest.raises(InputError, match="keys"):
        audit_inputs(rows, [pd.concat([regimes, regimes])])


def test_signals_are_strictly_beyond_their_levels():
    levels = fit_signal_levels([0.0, 0.0, 0.0, 1.0, 1.0], "up", share=0.4)
    assert levels == SignalLevels(pytest.approx(0.4), None)
    assert signal_sides([0.0, 0.4, 1.0], SignalLevels(0.4, None), "up").tolist() == [0, 0, 1]
    flat = fit_signal_levels(np.zeros(5), "direction", share=0.3)
    assert signal_sides(np.zeros(5), flat, "direction").tolist() == [0] * 5
    assert signal_sides([2.0], SignalLevels(1.0, None), "both").tolist() == [1]
    assert is_right([1], [np.nan], "up").tolist() == pytest.approx([np.nan], nan_ok=True)
    with pytest.raises(InputError, match="side"):
        fit_signal_levels([0.0], "sideways", share=0.3)


def test_targets_of_test_rows_and_of_another_label_are_refused():
    rows, targets, inputs = study_of(7, reliable=True, n=400)
    with pytest.raises(InputError, match="test"):
        audit_signals(rows, targets, [inputs], options_of(), side="up", embargo=EMBARGO, seed=0)
    other = targets[targets["set"] != "test"].assign(target_id="down-1")
    with pytest.raises(InputError, match="down-1"):
        audit_signals(rows, other, [inputs], options_of(), side="up", embargo=EMBARGO, seed=0)


def test_effect_counts_rows_as_much_as_they_are_unique():
    time = pd.date_range("2024-01-01", periods=6, freq="h", tz="UTC")
    rows = pd.DataFrame({"symbol": "SYN", "time": time, "target_id": "up", "set": "val"})
    audits = rows.iloc[:4].assign(side=1, p_correct=[0.9, 0.8, 0.2, 0.1])
    targets = rows.assign(label=[1.0, 0.0, 1.0, 0.0, 1.0, 0.0], uniqueness=[0.5, 0.25, 0.5, 1.0, 1.0, 1.0])
    effect = effect_of(audits, rows, targets, set_name="val", side="up", gate=0.5, level=0.95)
    assert effect["before"] == {
        "n_signals": 4, "effective_n": 2.25, "precision": 1 / 2.25, "recall": 0.5,
        **dict(zip(("precision_low", "precision_high"), wilson_interval(1, 2.25, level=0.95), strict=True)),
    }  # fmt: skip
    assert effect["after"]["precision"] == pytest.approx(2 / 3)
    assert effect["rejected"]["precision"] == pytest.approx(1 / 3)
    low, high = difference_interval((0.5, 0.75), (0.5, 1.5), level=0.95)
    assert [effect[name] for name in ("difference_low", "difference_high")] == [low, high]
    assert not effect["improves"]
    # A second symbol that does the same at the same times adds rows and no trials.
    both = [pd.concat([table, table.assign(symbol="ETH")]) for table in (audits, rows, targets)]
    twice = effect_of(*both, set_name="val", side="up", gate=0.5, level=0.95)
    assert twice["before"]["n_signals"] == 8
    for name, one in effect["before"].items():
        assert name == "n_signals" or twice["before"][name] == pytest.approx(one)
    assert [twice[name] for name in ("difference_low", "difference_high")] == pytest.approx([low, high])
    empty = effect_of(audits.iloc[:0], rows, targets, set_name="val", side="up", gate=0.5, level=0.95)
    assert empty["before"]["precision"] is None
    assert empty["difference"] is None
