"""The one prediction calibrated on its out-of-fold rows, and what that did elsewhere."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.special import expit

from topoquant.lib.errors import bad_input
from topoquant.lib.validity.binary import checked_labels, log_loss
from topoquant.lib.validity.calibration import cox_slope_intercept, expected_calibration_error
from topoquant.lib.validity.calibrators import Calibrator, choose_calibrator
from topoquant.lib.validity.scoring import join_targets

N_BINS = 10


def calibrate_predictions(
    predictions: pd.DataFrame,
    targets: pd.DataFrame,
    *,
    n_blocks: int,
) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Choose a calibrator on out-of-fold rows and apply it to every row.

    Parameters
    ----------
    predictions : DataFrame
        By the contract of predictions. Train rows, which are out of fold, choose and fit; val and test
        rows are only mapped.
    targets : DataFrame
        Of train rows, and any others but test rows.
    n_blocks : int
        Contiguous blocks of time for the cross-fitted loss, at least 2.

    Returns
    -------
    predictions : DataFrame
        The same rows with calibrated `logit_label` and `p_label`. Ranks, and with them AUC and
        positions, stay.
    record : dict
        `calibrator` (of `Calibrator.to_dict`), `losses` (cross-fitted log-loss by kind; "identity" is as it
        was), `n_rows`, `train_rate`, and `before` and `after` (`calibration_numbers` of val
        rows, on which nothing of this was fitted; None without both classes).

    Raises
    ------
    InputError
        If no train row has a target, or as `choose_calibrator`.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> truth = rng.normal(-1.0, 1.0, 3000)
    >>> time = pd.date_range("2024", periods=3000, freq="h", tz="UTC")
    >>> rows = pd.DataFrame({"symbol": "SYN", "time": time, "t1": time + pd.Timedelta("1h")})
    >>> rows = rows.assign(target_id="up", set=["train"] * 2000 + ["val"] * 1000)
    >>> rows = rows.assign(logit_label=3 * truth, p_label=0.5)
    >>> targets = rows.assign(label=(rng.random(3000) < expit(truth)).astype(float), uniqueness=1.0)
    >>> calibrated, record = calibrate_predictions(rows, targets, n_blocks=5)
    >>> record["calibrator"]["kind"], record["after"]["ece"] < record["before"]["ece"]
    ('temperature', True)
    """
    known = join_targets(predictions.loc[predictions["set"] == "train"], targets)
    rate = float(known["label"].mean())
    chosen = choose_calibrator(
        known["label"], known["logit_label"], time=known["time"], t1=known["t1"], n_blocks=n_blocks,
        weight=known["uniqueness"],
    )  # fmt: skip
    logit = chosen.calibrator.apply(predictions["logit_label"])
    calibrated = predictions.assign(logit_label=logit, p_label=expit(logit))
    if "model_hash" in predictions:
        calibrated["model_hash"] = _hashes(predictions["model_hash"], chosen.calibrator)
    record = {**chosen.to_dict(), "train_rate": rate}
    for name, table in (("before", predictions), ("after", calibrated)):
        record[name] = _numbers_of(table.loc[table["set"] == "val"], targets, rate)
    return calibrated, record


def measure_calibration(
    before: pd.DataFrame, after: pd.DataFrame, targets: pd.DataFrame, record: Mapping[str, Any]
) -> dict[str, Any]:
    """See on other rows what calibration did.

    Parameters
    ----------
    before, after : DataFrame
        Predictions of the same rows.
    targets : DataFrame
        Of those rows.
    record : mapping
        Of `calibrate_predictions`.

    Returns
    -------
    dict
        `before` and `after`, each of `calibration_numbers`, or None without both classes.

    Examples
    --------
    >>> time = pd.date_range("2024", periods=4, freq="h", tz="UTC")
    >>> rows = pd.DataFrame({"symbol": "SYN", "time": time, "target_id": "up", "p_label": 0.5})
    >>> rows = rows.assign(logit_label=[-1.0, 1.0, -1.0, 1.0])
    >>> targets = rows.assign(label=[0.0, 1.0, 1.0, 0.0], uniqueness=1.0)
    >>> found = measure_calibration(rows, rows, targets, {"train_rate": 0.5})
    >>> round(found["before"]["cox_slope"], 3), found["before"] == found["after"]
    (0.0, True)
    """
    rate = record["train_rate"]
    return {"before": _numbers_of(before, targets, rate), "after": _numbers_of(after, targets, rate)}


def calibration_numbers(label: ArrayLike, logit: ArrayLike, *, reference: float) -> dict[str, float | None]:
    """Give what tells a calibrated prediction from another.

    Parameters
    ----------
    label : array-like, shape (n,)
        0 or 1, both present.
    logit : array-like, shape (n,)
        Log-odds, finite.
    reference : float
        Probability, in (0, 1), of the forecast that the skill is over: the train rate.

    Returns
    -------
    dict
        `ece` (10 bins), `cox_slope`, `cox_intercept`, `log_loss`, `skill` (1 less the log-loss over that of
        the reference; 0 is no better) and `n`. None for what is not finite.

    Raises
    ------
    InputError
        If the reference is not inside (0, 1), or a label is neither 0 nor 1.

    Examples
    --------
    >>> numbers = calibration_numbers([0, 1, 0, 1], [0.0, 0.0, 0.0, 0.0], reference=0.5)
    >>> numbers["skill"], numbers["n"]
    (0.0, 4)
    """
    if not 0 < reference < 1:
        raise bad_input("reference", "in (0, 1)", reference, "pass the rate of the train rows")
    positive, logits = checked_labels(label, logit)
    probability = expit(logits)
    loss = log_loss(positive, probability)
    slope, intercept = cox_slope_intercept(positive, logits)
    numbers = {
        "ece": expected_calibration_error(positive, probability, n_bins=N_BINS),
        "cox_slope": slope,
        "cox_intercept": intercept,
        "log_loss": loss,
        "skill": 1 - loss / log_loss(positive, np.full(len(positive), reference)),
        "n": len(positive),
    }
    return {name: value if np.isfinite(value) else None for name, value in numbers.items()}


def _hashes(model_hash: pd.Series, calibrator: Calibrator) -> pd.Series:
    """Hash models and calibrator together; what nothing was done to keeps its hash."""
    if calibrator.kind == "identity":
        return model_hash
    text = json.dumps(calibrator.to_dict(), sort_keys=True)
    new = {one: hashlib.sha256(f"{one} {text}".encode()).hexdigest() for one in model_hash.unique()}
    return model_hash.map(new)


def _numbers_of(table: pd.DataFrame, targets: pd.DataFrame, rate: float) -> dict[str, float | None] | None:
    """Calibration numbers of rows that have a target; None where they are not of both classes."""
    if table.empty:
        return None
    known = join_targets(table, targets)
    if known["label"].nunique() < 2:
        return None
    return calibration_numbers(known["label"], known["logit_label"], reference=rate)
