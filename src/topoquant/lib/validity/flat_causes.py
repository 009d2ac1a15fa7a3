"""Causes of a prediction that is flat or off the base rate, told apart by what each does to the numbers."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import expit
from scipy.special import logit as log_odds

from topoquant.lib.errors import bad_input
from topoquant.lib.validity.calibration import correct_prior

LARGE_OFFSET = 0.5
# A cause explains an offset when no more than this is left without it.
EXPLAINED_OFFSET = 0.3
DEAD_LOGIT_STD = 1e-6
STUCK_LOSS = 1e-3

Cause = Literal[
    "none", "one_class", "dead_head", "sampler", "focal_alpha", "sampler_and_focal_alpha", "base_rate_moved",
    "first_epoch", "base_rate_not_learned", "missed_signal", "no_signal", "unexplained_offset",
    "too_sure", "too_timid",
]  # fmt: skip

REMEDIES: dict[Cause, str] = {
    "none": "nothing to explain",
    "one_class": "only one class is present in these rows: lower the threshold or take more bars",
    "dead_head": "dead head: the output does not depend on the inputs, or its loss never moved: check the "
    "learning rate, dead units, the scale of the inputs, or trees that were allowed no split",
    "sampler": "sampler shift: the rate of the sampled rows accounts for the offset: correct the sampler's "
    "prior",
    "focal_alpha": "focal alpha shift: the minimum of that loss is not the probability: set alpha to 0.5 and "
    "gamma to 0, or calibrate on out-of-fold rows",
    "sampler_and_focal_alpha": "sampler and focal alpha shift: together they account for the offset: correct "
    "the sampler's prior and set alpha to 0.5",
    "base_rate_moved": "the base rate moved between train and these rows: reported, not corrected",
    "first_epoch": "early stopping kept the first epoch: lower the learning rate or check the scale of the "
    "inputs",
    "base_rate_not_learned": "not even the base rate was learned: the loss (focal, class weights) or the "
    "sampler moves the prior, or training stopped too early",
    "missed_signal": "it learned the base rate and nothing else where a baseline finds signal: "
    "regularisation, the learning rate or the inputs of this model removed it",
    "no_signal": "labels without signal: it learned the base rate and nothing else: the features carry no "
    "signal this model found, or regularisation removed it",
    "unexplained_offset": "no known fact accounts for the offset: check class weights, the rows of the fit "
    "and the target's threshold",
    "too_sure": "too sure of itself: calibrate on out-of-fold rows",
    "too_timid": "less sure than it could be: calibrate on out-of-fold rows, or train longer",
}
# Causes that somebody has to do something about, whatever else is true.
FAULTS = ("dead_head", "sampler", "focal_alpha", "sampler_and_focal_alpha")


@dataclass(frozen=True, kw_only=True)
class FitFacts:
    """What is known of how a prediction came about; None where it is not.

    Attributes
    ----------
    train_rate : float or None
        Share of positives among the train rows, before any sampler.
    sampled_rate : float or None
        The same among the rows a sampler drew, where its prior was not corrected since.
    focal_alpha : float or None
        Weight of a positive, 1 - alpha being that of a negative (0.5: neither).
    focal_gamma : float
        Exponent of the focal loss, 0 for none.
    best_epoch : int or None
        Epoch (from 0) that early stopping kept.
    train_losses : tuple of float
        Of the epochs, in order; empty when there are none.
    baseline_finds_signal : bool or None
        Whether a baseline beats naive on the same rows.
    """

    train_rate: float | None = None
    sampled_rate: float | None = None
    focal_alpha: float | None = None
    focal_gamma: float = 0.0
    best_epoch: int | None = None
    train_losses: tuple[float, ...] = ()
    baseline_finds_signal: bool | None = None


NOTHING_KNOWN = FitFacts()


def undo_focal(logit: ArrayLike, *, alpha: float, gamma: float) -> NDArray[np.float64]:
    """Give the log-odds at which a focal loss has its minimum where the logit is.

    For a diagnosis: what is predicted is calibrated, never inverted by formula.

    Parameters
    ----------
    logit : array-like, any shape
        Of a model fitted with that loss, taken as its minimum; NaN stays NaN.
    alpha : float
        Weight of a positive, in (0, 1); 1 - alpha is that of a negative.
    gamma : float
        Not negative; 0 leaves the weights alone, which move log-odds by log(alpha / (1 - alpha)).

    Returns
    -------
    ndarray of float64
        Of the same shape, increasing in the logit.

    Raises
    ------
    InputError
        If `alpha` or `gamma` is out of range.

    References
    ----------
    Lin et al. (2017), "Focal loss for dense object detection"; Charoenphakdee et al. (2021), "On focal
    loss for class-posterior probability estimation": its minimum is a known map of the probability.

    Examples
    --------
    >>> undo_focal([0.0, 1.0], alpha=0.75, gamma=0.0).round(4).tolist()
    [-1.0986, -0.0986]
    """
    if not 0 < alpha < 1 or not gamma >= 0:
        raise bad_input(
            "alpha and gamma", "in (0, 1) and not negative", (alpha, gamma), "pass those of the loss"
        )
    values = np.clip(np.asarray(logit, float), -30, 30)
    # The derivative of the expected loss is 0: log-odds = log((1 - alpha) B / (alpha A)).
    for_negative = np.log(np.exp(values) + gamma * np.logaddexp(0.0, values))
    for_positive = np.log(np.exp(-values) + gamma * np.logaddexp(0.0, -values))
    return (gamma - 1) * values + for_negative - for_positive - float(log_odds(alpha))


def cause_if_flat(std: float, offset: float, without: dict[Cause, float], facts: FitFacts) -> Cause:
    """Name the cause of a prediction that hardly differs from row to row.

    Parameters
    ----------
    std : float
        Standard deviation of the logit.
    offset : float
        |logit(mean p) - logit(base rate)|, NaN when one class is absent.
    without : dict
        Of `offsets_without`.
    facts : FitFacts
        What is known of the fit.

    Returns
    -------
    str
        The first that applies: one class, a dead head, what explains a large offset, a missed signal,
        labels without signal.

    Examples
    --------
    >>> cause_if_flat(0.0, 0.0, {}, FitFacts())
    'dead_head'
    """
    losses = np.asarray(facts.train_losses, float)
    stuck = len(losses) > 1 and bool(np.ptp(losses) <= STUCK_LOSS * abs(losses[0]))
    explained = _explained(without)
    if np.isnan(offset):
        return "one_class"
    if std < DEAD_LOGIT_STD or not np.isfinite(losses).all() or (stuck and offset > LARGE_OFFSET):
        return "dead_head"
    if offset > LARGE_OFFSET:
        return explained or ("first_epoch" if facts.best_epoch == 0 else "base_rate_not_learned")
    return "missed_signal" if facts.baseline_finds_signal else "no_signal"


def cause_if_not_flat(offset: float, slope: float, without: dict[Cause, float]) -> Cause:
    """Name the cause of what is wrong with a prediction that differs from row to row.

    Parameters
    ----------
    offset, without
        As in `cause_if_flat`.
    slope : float
        Of `cox_slope_intercept`; NaN is not judged.

    Returns
    -------
    str
        "none" for an offset up to 0.5 and a slope in [0.5, 2].

    Examples
    --------
    >>> cause_if_not_flat(0.1, 0.2, {})
    'too_sure'
    """
    if offset > LARGE_OFFSET:
        return _explained(without) or "unexplained_offset"
    if slope < 0.5:
        return "too_sure"
    return "too_timid" if slope > 2 else "none"


def offsets_without(logits: NDArray[np.float64], rate: float, facts: FitFacts) -> dict[Cause, float]:
    """Offset from the train rate that is left when the effect of each known fact is taken away.

    Parameters
    ----------
    logits : ndarray of float64, shape (n,)
        Log-odds of the prediction, no NaN.
    rate : float
        Share of positives among the rows, used where the train rate is unknown.
    facts : FitFacts
        What is known of the fit.

    Returns
    -------
    dict of str to float
        By cause; empty when nothing is known, there are no rows or one class is absent. 0 for a focal loss
        whose minimum lies further on the same side: the fit was stopped on its way there.

    Examples
    --------
    >>> offsets_without(np.zeros(4), 0.1, FitFacts(sampled_rate=0.5))
    {'sampler': 0.0}
    """
    base = rate if facts.train_rate is None else facts.train_rate
    reference = log_odds_or_nan(base)
    left: dict[Cause, float] = {}
    if np.isnan(reference) or not len(logits):
        return left
    if facts.train_rate is not None:
        left["base_rate_moved"] = abs(mean_log_odds(logits) - reference)
    unsampled = None
    if facts.sampled_rate is not None:
        unsampled = correct_prior(logits, sampled_rate=facts.sampled_rate, true_rate=base)
        left["sampler"] = abs(mean_log_odds(unsampled) - reference)
    if facts.focal_alpha is not None or facts.focal_gamma:
        alpha = 0.5 if facts.focal_alpha is None else facts.focal_alpha
        plain = undo_focal(logits, alpha=alpha, gamma=facts.focal_gamma)
        left["focal_alpha"] = _left_of_focal(logits, plain, reference)
        if unsampled is not None and facts.sampled_rate is not None:
            both = correct_prior(plain, sampled_rate=facts.sampled_rate, true_rate=base)
            left["sampler_and_focal_alpha"] = abs(mean_log_odds(both) - reference)
    return left


def _left_of_focal(logits: NDArray[np.float64], undone: NDArray[np.float64], reference: float) -> float:
    """Offset that a focal loss leaves unexplained.

    A fit that was stopped early stands between the base rate, where it started, and the minimum of its loss:
    undone in full, its mean then lies on the other side of the base rate, and nothing is left.
    """
    now, rest = mean_log_odds(logits) - reference, mean_log_odds(undone) - reference
    return 0.0 if now * rest < 0 else abs(rest)


def _explained(without: dict[Cause, float]) -> Cause | None:
    """Name the cause without which least is left, if that is little; the simpler one on a tie."""
    left = [(round(offset, 2), "_and_" in cause, cause) for cause, offset in without.items()]
    offset, _, cause = min(left, default=(np.inf, False, "none"))
    return cause if offset <= EXPLAINED_OFFSET else None


def mean_log_odds(logits: NDArray[np.float64]) -> float:
    """Log-odds of the mean probability, NaN without rows.

    Parameters
    ----------
    logits : ndarray of float64, shape (n,)
        Log-odds.

    Returns
    -------
    float

    Examples
    --------
    >>> mean_log_odds(np.array([-1.0, 1.0]))
    0.0
    """
    return log_odds_or_nan(float(expit(logits).mean())) if len(logits) else float("nan")


def log_odds_or_nan(rate: float) -> float:
    """Log-odds of one rate, NaN outside (0, 1).

    Parameters
    ----------
    rate : float
        A probability, or NaN.

    Returns
    -------
    float

    Examples
    --------
    >>> log_odds_or_nan(0.5), log_odds_or_nan(0.0)
    (0.0, nan)
    """
    return float(log_odds(rate)) if 0 < rate < 1 else float("nan")
