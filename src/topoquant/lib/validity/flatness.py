"""Whether a model says the same of every row, and the likely cause."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.special import expit

from topoquant.lib.validity.binary import checked_labels, roc_auc
from topoquant.lib.validity.checks import Check, Status
from topoquant.lib.validity.scoring import join_targets
from topoquant.lib.validity.wording import short

MINIMUM_LOGIT_STD = 0.05
LARGE_OFFSET = 0.5


@dataclass(frozen=True)
class Flatness:
    """Spread of the logit, its distance from the base rate, and a sentence.

    Attributes
    ----------
    logit_std : float
        Standard deviation of the logit.
    offset : float
        |logit(mean p) - logit(base rate)|; NaN when one class is absent.
    is_flat : bool
        `logit_std` below 0.05.
    diagnosis : str
        One sentence with the numbers and the likely cause.
    """

    logit_std: float
    offset: float
    is_flat: bool
    diagnosis: str


def diagnose_flatness(label: ArrayLike, logit: ArrayLike, *, best_epoch: int | None = None) -> Flatness:
    """Measure how flat a prediction is and say why it probably is.

    Parameters
    ----------
    label : array-like, shape (n,)
        0 or 1.
    logit : array-like, shape (n,)
        Log-odds of the prediction, no NaN.
    best_epoch : int or None
        Epoch (from 0) that early stopping kept; None when there are no epochs.

    Returns
    -------
    Flatness
        For rows in any order.

    Examples
    --------
    >>> diagnose_flatness([0, 1, 0, 1], [0.01, 0.0, 0.0, 0.01]).diagnosis
    'flat: logit std .005 < .050 over 4 rows, offset .00 from the base rate .500; it learned the base rate \
and nothing else: the features carry no signal this model found, or regularisation removed it'
    """
    positive, logits = checked_labels(label, logit)
    std = float(logits.std()) if len(logits) else float("nan")
    rate = float(positive.mean()) if len(positive) else float("nan")
    mean = float(expit(logits).mean()) if len(logits) else float("nan")
    defined = 0 < rate < 1 and 0 < mean < 1
    offset = abs(float(np.log(mean / (1 - mean) * (1 - rate) / rate))) if defined else float("nan")
    is_flat = bool(std < MINIMUM_LOGIT_STD)
    numbers = (
        f"logit std {short(std, 3)} {'<' if is_flat else '>='} {short(MINIMUM_LOGIT_STD, 3)} over "
        f"{len(logits)} rows, offset {short(offset)} from the base rate {short(rate, 3)}"
    )
    if not is_flat:
        return Flatness(std, offset, False, f"not flat: {numbers}, AUC {short(roc_auc(positive, logits), 3)}")
    return Flatness(std, offset, True, f"flat: {numbers}; {_cause(offset, best_epoch)}")


def _cause(offset: float, best_epoch: int | None) -> str:
    """Likely cause of a flat prediction."""
    if np.isnan(offset):
        return "only one class is present in these rows: lower the threshold or take more bars"
    if best_epoch == 0:
        return "early stopping kept the first epoch: lower the learning rate or check the scale of the inputs"
    if offset > LARGE_OFFSET:
        return (
            "not even the base rate was learned: the loss (focal, class weights) or the sampler moves "
            "the prior, or training stopped too early"
        )
    return (
        "it learned the base rate and nothing else: the features carry no signal this model found, "
        "or regularisation removed it"
    )


def check_flatness(predictions: pd.DataFrame, targets: pd.DataFrame, *, name: str) -> Check:
    """Warn of a member whose predictions on val hardly differ from row to row.

    Parameters
    ----------
    predictions : DataFrame
        One member's; its val rows are looked at.
    targets : DataFrame
        Of val rows, and any others.
    name : str
        Of the member.

    Returns
    -------
    Check
        "warning" with the likely cause when the logit's standard deviation is below the limit.

    Examples
    --------
    >>> time = pd.date_range("2024", periods=4, freq="h", tz="UTC")
    >>> rows = pd.DataFrame({"symbol": "SYN", "time": time, "target_id": "up4", "set": "val"})
    >>> rows["logit_label"] = 0.0
    >>> check_flatness(rows, rows.assign(label=[0.0, 1.0, 0.0, 1.0], uniqueness=1.0), name="nbeats").status
    'warning'
    """
    known = join_targets(predictions.loc[predictions["set"] == "val"], targets)
    found = diagnose_flatness(known["label"], known["logit_label"])
    numbers = {"logit_std": found.logit_std, "offset": found.offset, "n": len(known)}
    status: Status = "warning" if found.is_flat else "ok"
    return Check(f"flatness, {name}", status, found.diagnosis, numbers, "members")
