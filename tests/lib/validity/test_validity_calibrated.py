"""The one prediction calibrated: on which rows, what stays, and what it is worth elsewhere."""

import json

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit

from topoquant.lib.errors import InputError
from topoquant.lib.validity import (
    Calibrator,
    calibrate_predictions,
    calibration_numbers,
    measure_calibration,
    roc_auc,
)

N = 3000


def study(distort, *, seed=2, n=N, level=-1.5):
    """Predictions whose logit is a distortion of the truth, and the targets of all of them."""
    rng = np.random.default_rng(seed)
    truth = rng.normal(level, 1.0, n)
    time = pd.date_range("2024-01-01", periods=n, freq="h", tz="UTC", unit="ns")
    keys = pd.DataFrame({"symbol": "SYN", "time": time, "t1": time + pd.Timedelta("2h"), "target_id": "up"})
    part = np.repeat(["train", "val", "test"], [n // 2, n // 4, n - n // 2 - n // 4])
    logit = distort(truth)
    rows = keys.assign(set=part, p_label=expit(logit), logit_label=logit, model_hash="a")
    return rows, keys.assign(label=(rng.random(n) < expit(truth)).astype(float), uniqueness=1.0)


def known(targets, rows):
    """Targets of train and val rows alone."""
    return targets[(rows["set"] != "test").to_numpy()]


@pytest.mark.parametrize(
    ("distort", "kinds"),
    [
        (lambda truth: truth, {"identity"}),
        (lambda truth: 3 * truth, {"temperature", "platt"}),
        (lambda truth: 0.5 * truth + 1.5, {"platt"}),
        (lambda truth: np.where(truth > -1.5, truth + 2.5, truth - 2.5), {"isotonic"}),
    ],
)
def test_what_was_done_to_the_logit_is_undone_and_nothing_where_nothing_was(distort, kinds):
    rows, targets = study(distort)
    calibrated, record = calibrate_predictions(rows, known(targets, rows), n_blocks=5)
    assert record["calibrator"]["kind"] in kinds
    assert record["losses"][record["calibrator"]["kind"]] == min(record["losses"].values())
    test = (rows["set"] == "test").to_numpy()
    found = measure_calibration(rows[test], calibrated[test], targets[test], record)
    assert found["after"]["log_loss"] <= found["before"]["log_loss"]
    assert found["after"]["cox_slope"] == pytest.approx(1.0, abs=0.25)
    assert found["after"]["ece"] < 0.05
    assert found["after"]["skill"] > 0.05
    json.dumps({**record, "test": found}, allow_nan=False)


@pytest.mark.parametrize(
    "distort", [lambda truth: 3 * truth, lambda truth: np.where(truth > -1, truth + 3, truth)]
)
def test_ranks_stay_so_no_auc_and_no_quantile_changes(distort):
    rows, targets = study(distort)
    calibrated, _ = calibrate_predictions(rows, known(targets, rows), n_blocks=5)
    before, after = rows["logit_label"].to_numpy(), calibrated["logit_label"].to_numpy()
    assert (np.argsort(before, kind="stable") == np.argsort(after, kind="stable")).all()
    assert roc_auc(targets["label"], after) == roc_auc(targets["label"], before)
    np.testing.assert_allclose(calibrated["p_label"], expit(after))
    untouched = [name for name in rows if name not in ("p_label", "logit_label", "model_hash")]
    pd.testing.assert_frame_equal(calibrated[untouched], rows[untouched])


def test_isotonic_steps_keep_the_order_of_their_rows():
    steps = Calibrator("isotonic", knots=(-1.0, 0.0, 1.0), values=(-2.0, -2.0, 2.0))
    raw = np.array([-9.0, -1.0, -0.5, 0.0, 0.5, 9.0])
    assert (np.diff(steps.apply(raw)) > 0).all()
    np.testing.assert_allclose(steps.apply(raw), [-2, -2, -2, -2, 0, 2], atol=1e-5)


def test_only_out_of_fold_rows_fit():
    rows, targets = study(lambda truth: 3 * truth)
    calibrated, record = calibrate_predictions(rows, known(targets, rows), n_blocks=5)
    held_out = (rows["set"] != "train").to_numpy()
    garbage = targets.assign(label=np.where(held_out, 1 - targets["label"], targets["label"]))
    again, other = calibrate_predictions(rows, known(garbage, rows), n_blocks=5)
    pd.testing.assert_frame_equal(calibrated, again)
    assert other["calibrator"] == record["calibrator"]
    assert other["before"] != record["before"]
    assert set(calibrated["model_hash"]) != {"a"}


def test_no_calibrator_leaves_the_prediction_and_its_hash():
    rows, targets = study(lambda truth: truth)
    calibrated, _ = calibrate_predictions(rows, known(targets, rows), n_blocks=5)
    pd.testing.assert_frame_equal(calibrated, rows)


def test_calibration_numbers_by_hand_and_refusals():
    numbers = calibration_numbers([0, 0, 0, 1], [np.log(1 / 3)] * 4, reference=0.5)
    assert numbers["ece"] == pytest.approx(0.0)
    assert numbers["cox_slope"] is None or np.isfinite(numbers["cox_slope"])
    entropy = -(0.25 * np.log(0.25) + 0.75 * np.log(0.75))
    assert numbers["skill"] == pytest.approx(1 - entropy / np.log(2))
    with pytest.raises(InputError, match="rate of the train rows"):
        calibration_numbers([0, 1], [0.0, 0.0], reference=0.0)
    rows, targets = study(lambda truth: truth, n=40)
    one_class = targets.assign(label=0.0)
    assert measure_calibration(rows, rows, one_class, {"train_rate": 0.2})["before"] is None
    with pytest.raises(InputError, match="no shared key"):
        calibrate_predictions(rows.assign(set="val"), targets.iloc[:0], n_blocks=2)
