"""The one prediction: who fits on what, who chooses on what, and what it is worth."""

import json

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import minimize
from scipy.special import expit

from topoquant.lib.ensemble import (
    AdaptationOptions,
    EnsembleOptions,
    Stack,
    apply_stack,
    choose_final,
    choose_naive,
    ensemble,
    fit_stack,
    join_predictions,
    second_half_rows,
    weighted_log_loss,
)
from topoquant.lib.errors import InputError

EMBARGO = pd.Timedelta("2h")
MEMBERS, BLIND = ["nbeats", "lstm"], ["majority", "volatility_logistic"]


def options_of(**changed):
    base = {"candidates": ("stack", "mean", "best_single"), "ridge": 1e-4, "min_rarer": 5}
    return EnsembleOptions(**base | changed)


def study_of(seed=0, scale=(1.0, 1.0), bias=0.0, n=900):
    """Two informative members and two blind ones; targets of train and val."""
    rng = np.random.default_rng(seed)
    time = pd.date_range("2024-01-01", periods=n, freq="h", tz="UTC", unit="ns")
    part = np.repeat(["train", "val", "test"], n // 3)
    fold = np.where(part == "train", np.arange(n) * 9 // n, -1)
    keys = pd.DataFrame({"symbol": "SYN", "time": time, "t1": time + pd.Timedelta("2h"), "target_id": "up-2"})
    signal = rng.normal(size=(n, 2))
    label = (rng.random(n) < expit(signal.sum(axis=1))).astype(float)
    logits = {
        "nbeats": scale[0] * signal[:, 0] + bias, "lstm": scale[1] * signal[:, 1],
        "majority": np.zeros(n), "volatility_logistic": 0.3 * rng.normal(size=n),
    }  # fmt: skip
    tables = {
        name: keys.assign(set=part, fold=fold, p_label=expit(z), logit_label=z, model_hash=f"{name}-hash")
        for name, z in logits.items()
    }
    targets = keys.assign(label=label, uniqueness=rng.choice([0.5, 1.0], n))[part != "test"]
    return tables, targets


def combine(tables, targets, **changed):
    return ensemble(
        tables, targets, options_of(**changed), members=MEMBERS, blind_members=BLIND, embargo=EMBARGO
    )


def test_fit_stack_minimises_the_penalised_loss():
    tables, targets = study_of()
    joined = join_predictions(tables).query("set == 'train'")
    rows = targets.iloc[: len(joined)]
    label, weight = rows["label"].to_numpy(), rows["uniqueness"].to_numpy()
    options = options_of(ridge=0.05)
    stack = fit_stack(joined, label, weight, options, members=MEMBERS)

    def loss(x):
        logit = apply_stack(Stack(x[0], dict(zip(MEMBERS, x[1:], strict=True))), joined)
        return weighted_log_loss(label, logit, weight) + options.ridge / 2 * (x[1:] ** 2).sum()

    best = minimize(loss, np.zeros(3), tol=1e-10).x
    assert [stack.intercept, *stack.weights.values()] == pytest.approx(best, abs=1e-4)


def test_the_stack_wins_where_members_are_badly_scaled():
    # One member shouts, the other whispers: only the stack undoes it.
    result = combine(*study_of(scale=(4.0, 0.1), bias=3.0))
    final = result.choices["final"]
    assert final["name"] == "stack"
    assert final["log_loss"]["stack"] == min(final["log_loss"].values())
    weights = result.choices["stack"]["weights"]
    assert weights["nbeats"] == pytest.approx(0.25, abs=0.15)
    assert weights["lstm"] == pytest.approx(10, abs=4)
    # All train rows are scored by a stack that has not seen them, and are no worse for it.
    train = result.predictions.query("set == 'train'")
    assert train["logit_label"].notna().all()
    assert train["model_hash"].nunique() == 3
    json.dumps(result.choices)


def test_the_mean_or_a_single_member_wins_where_they_are_right():
    tables, targets = study_of()
    tables["lstm"] = tables["lstm"].assign(
        logit_label=lambda t: 4 * np.cos(np.arange(len(t))), p_label=lambda t: expit(t["logit_label"])
    )
    result = combine(tables, targets, candidates=("mean", "best_single"))
    assert result.choices["final"]["name"] == "nbeats"
    assert result.choices["stack"] is None
    predictions = result.predictions
    np.testing.assert_allclose(predictions["logit_label"], tables["nbeats"]["logit_label"])
    mean = combine(*study_of(), candidates=("mean",))
    assert mean.choices["final"]["name"] == "mean"
    tables, _ = study_of()
    expected = (tables["nbeats"]["logit_label"] + tables["lstm"]["logit_label"]) / 2
    np.testing.assert_allclose(mean.predictions["logit_label"], expected)


def test_predictions_keep_the_contract_and_row_order_changes_nothing():
    tables, targets = study_of(scale=(4.0, 0.1))
    tables["nbeats"]["value_max_pct"] = 0.2
    result = combine(tables, targets)
    shuffled = {name: table.sample(frac=1, random_state=i) for i, (name, table) in enumerate(tables.items())}
    again = combine(shuffled, targets.sample(frac=1, random_state=9))
    pd.testing.assert_frame_equal(result.predictions, again.predictions)
    assert result.choices == again.choices
    frame = result.predictions
    columns = "symbol time t1 target_id set fold p_label logit_label value_max_pct spread model_hash"
    assert list(frame) == columns.split()
    np.testing.assert_allclose(frame["p_label"], expit(frame["logit_label"]))
    assert (frame["value_max_pct"] == 0.2).all()


def test_train_rows_are_scored_by_a_stack_that_never_saw_their_labels():
    tables, targets = study_of(scale=(4.0, 0.1))
    fold = tables["nbeats"].set_index("time")["fold"]
    held_out = targets["time"].map(fold).to_numpy() == 1
    poisoned = targets.assign(label=np.where(held_out, 1 - targets["label"], targets["label"]))
    one, other = (combine(tables, t, candidates=("stack",)).predictions for t in (targets, poisoned))
    changed = (one["logit_label"] != other["logit_label"]).to_numpy()
    assert not changed[one["fold"] == 1].any()
    assert changed[one["fold"] != 1].all()


def test_only_the_first_half_of_val_chooses_and_only_train_fits():
    tables, targets = study_of(scale=(4.0, 0.1))
    second = set(second_half_rows(tables["nbeats"])["time"])
    flipped = targets["time"].isin(second)
    other = targets.assign(label=np.where(flipped, 1 - targets["label"], targets["label"]))
    one, two = combine(tables, targets), combine(tables, other)
    assert one.choices == two.choices
    pd.testing.assert_frame_equal(one.predictions, two.predictions)


def test_garbage_in_test_rows_changes_no_choice():
    tables, targets = study_of()
    garbage = {
        name: table.assign(
            logit_label=table["logit_label"].where(table["set"] != "test", 9.0),
            p_label=table["p_label"].where(table["set"] != "test", expit(9.0)),
        )
        for name, table in tables.items()
    }
    assert combine(tables, targets).choices == combine(garbage, targets).choices


def test_regimes_of_test_rows_change_no_choice():
    """A rule that comes up among test rows alone must not make another candidate."""
    tables, targets = study_of()
    rows = tables["nbeats"]
    weights = {"nbeats": {"default": 0.5, "volatile": 0.9}, "lstm": {"default": 0.5, "volatile": 0.1}}
    made = []
    for rule in ("ranging", "volatile"):
        regimes = rows[["symbol", "time", "fold"]].assign(
            p_range=0.4, p_trend=0.3, p_panic=0.3, regime="range",
            rule=np.where(rows["set"] == "test", rule, "ranging"),
        )  # fmt: skip
        made.append(
            ensemble(
                tables, targets, options_of(candidates=("mean", "regime_mean"), weights=weights),
                members=MEMBERS, blind_members=BLIND, embargo=EMBARGO, regimes=regimes,
            ).choices
        )  # fmt: skip
    assert made[0] == made[1]
    assert "it would be the mean" in made[0]["final"]["reason"]


def test_the_spread_is_that_of_the_members_whatever_was_chosen():
    tables, targets = study_of(scale=(4.0, 0.1))
    spreads = [
        combine(tables, targets, candidates=candidates).predictions["spread"].to_numpy()
        for candidates in (("stack",), ("best_single",), ("mean",))
    ]
    logits = np.column_stack([tables[name]["logit_label"] for name in MEMBERS])
    for spread in spreads:
        np.testing.assert_allclose(spread, np.abs(logits[:, 0] - logits[:, 1]) / 2)


def test_every_fit_of_a_stack_is_kept_by_the_fold_it_left_out():
    result = combine(*study_of(scale=(4.0, 0.1)))
    assert sorted(result.stacks["stack"]) == ["-1", "0", "1", "2"]
    assert result.stacks["stack"]["-1"] == result.choices["stack"]
    assert list(result.candidates) == ["symbol", "time", "set", "fold", *MEMBERS, "mean", "stack"]
    json.dumps(result.stacks)


def test_what_cannot_be_made_is_left_out_and_said():
    table = {"nbeats": {"default": 0.25, "volatile": 0.75}, "lstm": {"default": 0.25, "volatile": 0.25}}
    adaptation = AdaptationOptions(window=50, half_life=20, rate=0.5)
    asked = {"candidates": ("mean", "regime_mean", "adaptive"), "weights": table, "adaptation": adaptation}
    final = combine(*study_of(), **asked).choices["final"]
    assert final["name"] == "mean"
    assert final["reason"].endswith(
        "no regime_mean: the recipe has no regimes; no adaptive: no outcomes were given"
    )


def test_where_the_stack_loses_on_val_it_is_not_used_and_the_reason_says_by_how_much():
    tables, targets = study_of()
    # On train rows one member whispers, so the stack turns it up; from val on it speaks as loud as the other.
    late = tables["lstm"]["set"] != "train"
    logit = tables["lstm"]["logit_label"] * np.where(late, 1.0, 0.02)
    tables["lstm"] = tables["lstm"].assign(logit_label=logit, p_label=expit(logit))
    final = combine(tables, targets).choices["final"]
    assert final["name"] == "mean"
    losses = final["log_loss"]
    assert final["fallback"] == {"from": "stack", "loss": pytest.approx(losses["stack"] - losses["mean"])}
    assert f"fell back from stack, worse by {final['fallback']['loss']:.4f}" in final["reason"]


def test_too_few_of_a_class_leave_the_stack_out_and_say_so():
    result = combine(*study_of(), min_rarer=200)
    assert result.choices["stack"] is None
    assert result.choices["final"]["name"] in {"mean", "nbeats", "lstm"}
    assert "min_rarer is 200" in result.choices["final"]["reason"]
    with pytest.raises(InputError, match="add best_single"):
        combine(*study_of(), min_rarer=200, candidates=("stack",))


def test_naive_is_the_blind_member_with_the_lower_loss_and_counts_are_kept():
    tables, targets = study_of()
    tables["lstm"] = tables["lstm"].iloc[10:]
    choices = combine(tables, targets).choices
    assert choices["naive"]["member"] == "majority"
    assert choices["naive"]["log_loss"]["majority"] == pytest.approx(np.log(2))
    assert choices["n_rows"]["dropped"] == {
        "nbeats": 10,
        "lstm": 0,
        "majority": 10,
        "volatility_logistic": 10,
    }
    assert (choices["n_rows"]["train"], choices["n_rows"]["val"], choices["n_rows"]["test"]) == (
        290,
        300,
        300,
    )
    assert choices["n_rows"]["val_first_half"] == 148  # 150 less the two whose label reaches the second half


def test_one_member_is_its_own_mean():
    tables, targets = study_of()
    result = ensemble(
        tables,
        targets,
        options_of(candidates=("mean",)),
        members=["lstm"],
        blind_members=["majority"],
        embargo=EMBARGO,
    )
    assert result.choices["final"]["name"] == "lstm"


@pytest.mark.parametrize(
    ("members", "targets_changed", "message"),
    [
        (["nbeats", "tcn"], {}, "got tcn: correct the names"),
        ([], {}, "got none: correct the names"),
        (["nbeats", "nbeats"], {}, "rename a member"),
        (MEMBERS, {"target_id": "up-9"}, "target_id of the targets must be up-2"),
        (MEMBERS, {"label": 0.5}, "label must be 0 or 1"),
    ],
)
def test_ensemble_refuses(members, targets_changed, message):
    tables, targets = study_of()
    with pytest.raises(InputError, match=message):
        ensemble(
            tables, targets.assign(**targets_changed), options_of(candidates=("mean", "best_single")),
            members=members, blind_members=BLIND, embargo=EMBARGO,
        )  # fmt: skip


@pytest.mark.parametrize("name", ["mean", "regime_mean", "adaptive", "stack", "boosted_stack", "regimes"])
def test_a_member_cannot_have_the_name_of_a_combination(name):
    tables, targets = study_of()
    with pytest.raises(InputError, match=f"none called .*{name}.* rename a member"):
        ensemble(
            tables | {name: tables["lstm"]}, targets, options_of(), members=["nbeats", name],
            blind_members=BLIND, embargo=EMBARGO,
        )  # fmt: skip


def test_ensemble_refuses_targets_of_test_rows():
    tables, targets = study_of()
    test_rows = tables["nbeats"].query("set == 'test'")[["symbol", "time", "t1", "target_id"]]
    leaked = pd.concat([targets, test_rows.assign(label=1.0, uniqueness=1.0)])
    with pytest.raises(InputError, match="300 test rows among them"):
        combine(tables, leaked)


def test_fit_stack_and_choices_refuse():
    tables, _ = study_of()
    joined = join_predictions(tables)
    with pytest.raises(InputError, match="train rows alone, got also test, val"):
        fit_stack(joined, np.zeros(len(joined)), np.ones(len(joined)), options_of(), members=MEMBERS)
    train = joined.query("set == 'train'")
    with pytest.raises(InputError, match="0 and 1, both"):
        fit_stack(train, np.zeros(len(train)), np.ones(len(train)), options_of(), members=MEMBERS)
    with pytest.raises(InputError, match="blind members"):
        choose_naive({}, [1, 0], [1, 1])
    with pytest.raises(InputError, match="candidates"):
        choose_final({"lstm": np.zeros(2)}, [1, 0], [1, 1], allowed=["stack"])
    with pytest.raises(InputError, match="label must be 0 or 1"):
        weighted_log_loss([], [], [])
