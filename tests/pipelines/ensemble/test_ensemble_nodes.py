"""One prediction, chosen on val, and the threshold at which it is a signal."""

import json

import numpy as np
import pandas as pd

from topoquant.schemas import OUTCOMES, PREDICTIONS


def test_the_ensemble_is_one_table_of_predictions(made):
    PREDICTIONS.validate(made("predictions_ensemble"))
    choices = made("choices")
    assert choices["naive"]["member"] in choices["naive"]["log_loss"]
    assert choices["final"]["name"]


def test_the_signal_needs_no_test_row(made, registered):
    needed = registered["trigger"].to_outputs("trigger.operating_point").datasets()
    assert "trigger.test_targets" not in needed
    assert "threshold" in made("operating_point")


def test_the_calibrator_changes_values_but_no_rank_and_no_other_column(made):
    before, after = made("predictions_uncalibrated"), made("predictions_ensemble")
    order = np.argsort(before["logit_label"].to_numpy(), kind="stable")
    assert (np.diff(after["logit_label"].to_numpy()[order]) >= 0).all()
    same = ["symbol", "time", "t1", "target_id", "set", "fold"]
    assert before[same].equals(after[same])
    calibrator = made("calibrator")
    assert calibrator["calibrator"]["kind"] in calibrator["losses"]
    assert calibrator["n_rows"] == (before["set"] == "train").sum()


def test_what_came_of_a_row_counts_from_its_t1_on_and_is_made_of_bars(made, registered):
    outcomes = OUTCOMES.validate(made("outcomes"))
    both = pd.concat([made("development_targets"), made("test_targets")])
    joined = outcomes.merge(both, on=["symbol", "time"], suffixes=("", "_target"), validate="one_to_one")
    assert len(joined) == len(outcomes) == len(both)
    assert (joined["available_at"] == joined["t1"]).all()
    assert (joined["label"] == joined["label_target"]).all()
    for name in ("outcomes", "predictions_uncalibrated", "choices", "stacks"):
        needed = registered["trigger"].to_outputs(f"trigger.{name}").datasets()
        assert "trigger.test_targets" not in needed


def test_every_candidate_was_compared_and_every_fit_kept(made):
    choices, stacks = made("choices"), made("stacks")
    compared = set(choices["final"]["log_loss"])
    assert {"nbeats", "lightgbm", "mean", "adaptive"} <= compared
    assert set(stacks) == compared & {"stack", "boosted_stack"}
    assert all(set(fits) == {"-1", "0", "1", "2", "3", "4"} for fits in stacks.values())
    assert choices["gate"] is None  # the recipe has none
    assert choices["weights"]["unknown"] == ["nbeats"]
    assert (made("predictions_ensemble")["spread"] >= 0).all()
    json.dumps([choices, stacks])


def test_the_calibrator_needs_no_test_target(registered):
    needed = registered["trigger"].to_outputs("trigger.calibrator").datasets()
    assert "trigger.test_targets" not in needed
