"""Whether a model says the same of every row or is off the base rate, and the cause of it."""

from dataclasses import dataclass
from typing import Any

import pandas as pd
from numpy.typing import ArrayLike
from scipy.special import expit

from topoquant.lib.validity.binary import checked_labels, roc_auc
from topoquant.lib.validity.calibration import cox_slope_intercept, expected_calibration_error
from topoquant.lib.validity.checks import Check, Status
from topoquant.lib.validity.flat_causes import (
    FAULTS,
    NOTHING_KNOWN,
    REMEDIES,
    Cause,
    FitFacts,
    cause_if_flat,
    cause_if_not_flat,
    log_odds_or_nan,
    mean_log_odds,
    offsets_without,
)
from topoquant.lib.validity.scoring import join_targets
from topoquant.lib.validity.wording import short

MINIMUM_LOGIT_STD = 0.05
N_BINS = 10


@dataclass(frozen=True)
class Flatness:
    """Spread of the logit, its distance from the base rate, and why.

    Attributes
    ----------
    logit_std : float
        Standard deviation of the logit.
    offset : float
        |logit(mean p) - logit(base rate)|; NaN when one class is absent.
    is_flat : bool
        `logit_std` below 0.05.
    diagnosis : str
        One sentence with the numbers, the cause and what to do.
    cause : str
        One word for it; "none" when nothing is wrong.
    numbers : dict
        Also `rate`, `mean_p`, `shift` (the offset with its sign), `auc`, `ece`, `cox_slope`,
        `cox_intercept`, `n`, and the offset left without each known cause (`offset_without_...`).
    """

    logit_std: float
    offset: float
    is_flat: bool
    diagnosis: str
    cause: Cause
    numbers: dict[str, Any]


def diagnose_flatness(label: ArrayLike, logit: ArrayLike, *, facts: FitFacts = NOTHING_KNOWN) -> Flatness:
    """Measure how flat and how far from the base rate a prediction is, and say why.

    Parameters
    ----------
    label : array-like, shape (n,)
        0 or 1.
    logit : array-like, shape (n,)
        Log-odds of the prediction, no NaN; out-of-fold or val rows, in any order.
    facts : FitFacts, optional
        What is known of the fit: the more, the fewer causes are left.

    Returns
    -------
    Flatness
        A cause counts only if it accounts for the numbers: a sampler is named when the offset shrinks to
        0.3 without its prior, not because there was one.

    Raises
    ------
    InputError
        If a label is neither 0 nor 1, or a logit is NaN.

    Examples
    --------
    >>> diagnose_flatness([0, 1, 0, 1], [0.01, 0.0, 0.0, 0.01]).diagnosis
    'flat: logit std .005 < .050 over 4 rows, offset .00 from the base rate .500; labels without signal: \
it learned the base rate and nothing else: the features carry no signal this model found, or \
regularisation removed it'
    >>> half = FitFacts(sampled_rate=0.5)
    >>> diagnose_flatness([0] * 9 + [1], [-0.5] * 9 + [1.0], facts=half).cause
    'sampler'
    """
    positive, logits = checked_labels(label, logit)
    std = float(logits.std()) if len(logits) else float("nan")
    rate = float(positive.mean()) if len(positive) else float("nan")
    shift = mean_log_odds(logits) - log_odds_or_nan(rate)
    slope, intercept = cox_slope_intercept(positive, logits)
    numbers: dict[str, Any] = {
        "logit_std": std, "offset": abs(shift), "shift": shift, "rate": rate,
        "mean_p": float(expit(logits).mean()) if len(logits) else float("nan"),
        "auc": roc_auc(positive, logits), "cox_slope": slope, "cox_intercept": intercept,
        "ece": expected_calibration_error(positive, expit(logits), n_bins=N_BINS) if len(logits) else None,
        "n": len(logits),
    }  # fmt: skip
    is_flat = bool(std < MINIMUM_LOGIT_STD)
    without = offsets_without(logits, rate, facts)
    if is_flat:
        cause = cause_if_flat(std, abs(shift), without, facts)
    else:
        cause = cause_if_not_flat(abs(shift), slope, without)
    numbers |= {f"offset_without_{name}": value for name, value in without.items()}
    text = _sentence(numbers, cause, is_flat=is_flat)
    return Flatness(std, abs(shift), is_flat, text, cause, {"cause": cause, **numbers})


def check_flatness(
    predictions: pd.DataFrame, targets: pd.DataFrame, *, name: str, facts: FitFacts = NOTHING_KNOWN
) -> Check:
    """Warn of a member that is flat on val, or whose sampler, loss or head spoils it.

    Parameters
    ----------
    predictions : DataFrame
        One member's; its val rows are looked at.
    targets : DataFrame
        Of val rows, and any others.
    name : str
        Of the member.
    facts : FitFacts, optional
        As in `diagnose_flatness`.

    Returns
    -------
    Check
        "warning" with the cause; "ok" for a flat one where a baseline is known to find no signal either.

    Examples
    --------
    >>> time = pd.date_range("2024", periods=4, freq="h", tz="UTC")
    >>> rows = pd.DataFrame({"symbol": "SYN", "time": time, "target_id": "up4", "set": "val"})
    >>> rows["logit_label"] = 0.0
    >>> check_flatness(rows, rows.assign(label=[0.0, 1.0, 0.0, 1.0], uniqueness=1.0), name="nbeats").status
    'warning'
    """
    known = join_targets(predictions.loc[predictions["set"] == "val"], targets)
    found = diagnose_flatness(known["label"], known["logit_label"], facts=facts)
    is_right = found.cause == "no_signal" and facts.baseline_finds_signal is False
    status: Status = "warning" if (found.is_flat and not is_right) or found.cause in FAULTS else "ok"
    return Check(f"flatness, {name}", status, found.diagnosis, found.numbers, "members")


def _sentence(numbers: dict[str, Any], cause: Cause, *, is_flat: bool) -> str:
    """Say the numbers, the cause and what to do."""
    text = (
        f"{'' if is_flat else 'not '}flat: logit std {short(numbers['logit_std'], 3)} "
        f"{'<' if is_flat else '>='} {short(MINIMUM_LOGIT_STD, 3)} over {numbers['n']} rows, "
        f"offset {short(numbers['offset'])} from the base rate {short(numbers['rate'], 3)}"
    )
    if not is_flat:
        text += f", AUC {short(numbers['auc'], 3)}"
    if f"offset_without_{cause}" in numbers:
        text += f", {short(numbers[f'offset_without_{cause}'])} without this cause"
    return text if cause == "none" else f"{text}; {REMEDIES[cause]}"
