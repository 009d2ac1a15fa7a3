"""Choices made on the first half of val: what counts as naive, and what is finally used."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from topoquant.lib.errors import bad_input

FITTED = ("stack", "boosted_stack")


def weighted_log_loss(label: ArrayLike, logit: ArrayLike, uniqueness: ArrayLike) -> float:
    """Mean log-loss in nats, rows weighted by uniqueness.

    Parameters
    ----------
    label : array-like, shape (n,)
        0 or 1.
    logit : array-like, shape (n,)
        Logits, not probabilities.
    uniqueness : array-like, shape (n,)
        Weights, positive.

    Returns
    -------
    float
        log(2) for logits of 0.

    Raises
    ------
    InputError
        If there are no rows, or a label is neither 0 nor 1.

    Examples
    --------
    >>> round(weighted_log_loss([1, 0], [0.0, 0.0], [1.0, 0.5]), 4)
    0.6931
    """
    labels, logits = np.asarray(label, np.float64), np.asarray(logit, np.float64)
    if not len(labels) or not np.isin(labels, (0.0, 1.0)).all():
        raise bad_input(
            "label", "0 or 1, one row or more", np.unique(labels).tolist(), "drop rows without one"
        )
    return float(np.average(np.logaddexp(0.0, logits) - labels * logits, weights=uniqueness))


def choose_naive(
    logits: Mapping[str, NDArray[np.float64]], label: ArrayLike, uniqueness: ArrayLike
) -> dict[str, object]:
    """Choose the sign-blind member with the lowest log-loss.

    Parameters
    ----------
    logits : mapping of member to ndarray, shape (n,)
        Of the blind members, on the first half of val.
    label, uniqueness : array-like, shape (n,)
        Of the same rows.

    Returns
    -------
    dict
        member, and log_loss by member. The first of equals.

    Raises
    ------
    InputError
        If there are no blind members, or as in `weighted_log_loss`.

    Examples
    --------
    >>> choose_naive({"majority": np.zeros(2), "blind": np.array([1.0, -1.0])}, [1, 0], [1.0, 1.0])["member"]
    'blind'
    """
    if not logits:
        raise bad_input("blind members", "one or more", 0, "add majority to the recipe")
    losses = {name: weighted_log_loss(label, values, uniqueness) for name, values in logits.items()}
    return {"member": min(losses, key=losses.__getitem__), "log_loss": losses}


def choose_final(
    logits: Mapping[str, NDArray[np.float64]], label: ArrayLike, uniqueness: ArrayLike,
    *, allowed: Sequence[str], notes: Sequence[str] = (),
) -> dict[str, object]:  # fmt: skip
    """Choose the one prediction that will be tested: that with the lowest log-loss.

    A fitted combination (`FITTED`) that is worse than a member or a mean is not used, and the reason says by
    how much.

    Parameters
    ----------
    logits : mapping of name to ndarray, shape (n,)
        Of the members and what was made of them, on the first half of val; the simplest first, which
        wins among equals.
    label, uniqueness : array-like, shape (n,)
        Of the same rows.
    allowed : sequence of str
        Names that may be chosen; the others are scored only.
    notes : sequence of str
        Said at the end of the reason.

    Returns
    -------
    dict
        name, reason (a sentence with numbers), log_loss by name, and fallback: None, or from (the best
        fitted combination) and loss (by how much it is worse).

    Raises
    ------
    InputError
        If nothing may be chosen, or as in `weighted_log_loss`.

    Examples
    --------
    >>> logits = {"lstm": np.array([2.0, 1.0]), "mean": np.array([1.0, -1.0])}
    >>> print(choose_final(logits, [1, 0], [1.0, 0.5], allowed=["lstm", "mean"])["reason"])
    mean has the lowest log-loss on the first half of val, 0.3133 against lstm 0.5224 (2 rows, effective 1.5)
    """
    losses = {name: weighted_log_loss(label, values, uniqueness) for name, values in logits.items()}
    candidates = [name for name in losses if name in allowed]
    if not candidates:
        raise bad_input(
            "candidates", "one that can be made from these members", ", ".join(allowed) or "none",
            "add best_single to the candidates, or load more bars",
        )  # fmt: skip
    name = min(candidates, key=losses.__getitem__)
    fallback = _fallback(losses, candidates, name)
    fell = [f"fell back from {fallback['from']}, worse by {fallback['loss']:.4f}"] if fallback else []
    reason = "; ".join([_reason(losses, candidates, name, label, uniqueness), *fell, *notes])
    return {"name": name, "reason": reason, "log_loss": losses, "fallback": fallback}


def _reason(
    losses: Mapping[str, float], candidates: Sequence[str], name: str, label: ArrayLike, uniqueness: ArrayLike
) -> str:
    """Say why this one, with numbers; what was scored and could not be chosen is no rival."""
    sizes = f"({np.size(label):,} rows, effective {np.sum(uniqueness):,.1f})"
    if len(candidates) == 1:
        return f"{name} is the only candidate, log-loss {losses[name]:.4f} on the first half of val {sizes}"
    rivals = ", ".join(f"{other} {losses[other]:.4f}" for other in candidates if other != name)
    lowest = f"{name} has the lowest log-loss on the first half of val, {losses[name]:.4f}"
    return f"{lowest} against {rivals} {sizes}"


def _fallback(losses: Mapping[str, float], candidates: Sequence[str], name: str) -> dict[str, object] | None:
    """Say what a fitted combination lost by, where one might have been used and was not."""
    fitted = [one for one in candidates if one in FITTED]
    if not fitted or name in FITTED:
        return None
    best = min(fitted, key=losses.__getitem__)
    return {"from": best, "loss": losses[best] - losses[name]}
