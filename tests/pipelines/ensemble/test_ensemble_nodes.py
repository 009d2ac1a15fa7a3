"""One prediction, chosen on val, and the threshold at which it is a signal."""

import numpy as np

from topoquant.schemas import PREDICTIONS


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


def test_the_calibrator_needs_no_test_target(registered):
    needed = registered["trigger"].to_outputs("trigger.calibrator").datasets()
    assert "trigger.test_targets" not in needed
