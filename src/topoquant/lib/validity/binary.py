"""Scores of binary forecasts, row by row and as one number."""

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import rankdata

from topoquant.lib.errors import bad_input


def checked_labels(label: ArrayLike, score: ArrayLike) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
    """Give labels as booleans and scores as floats, or refuse them.

    Parameters
    ----------
    label : array-like, shape (n,)
        0 or 1.
    score : array-like, shape (n,)
        Numbers without NaN.

    Returns
    -------
    tuple of (ndarray of bool, ndarray of float64)
        Same rows.

    Raises
    ------
    InputError
        For other labels, a NaN score or different lengths.

    Examples
    --------
    >>> checked_labels([0, 1], [0.2, 0.3])[0].tolist()
    [False, True]
    """
    labels, scores = np.asarray(label, float), np.asarray(score, float)
    if labels.shape != scores.shape:
        raise bad_input(
            "score", f"of shape {labels.shape}, as label is", scores.shape, "join them on the key"
        )
    if not np.isin(labels, (0.0, 1.0)).all():
        raise bad_input(
            "label", "0 or 1", labels[~np.isin(labels, (0.0, 1.0))][0], "drop rows without a label"
        )
    if np.isnan(scores).any():
        raise bad_input("score", "without NaN", f"{int(np.isnan(scores).sum())} NaN", "score every row")
    return labels == 1.0, scores


def roc_auc(label: ArrayLike, score: ArrayLike) -> float:
    """Area under the ROC curve; ties count one half.

    Parameters
    ----------
    label : array-like, shape (n,)
        0 or 1.
    score : array-like, shape (n,)
        Higher means more likely 1; no NaN.

    Returns
    -------
    float
        In [0, 1]; NaN when one class is absent.

    Raises
    ------
    InputError
        If a label is neither 0 nor 1 or a score is NaN.

    References
    ----------
    Hanley and McNeil (1982): the Mann-Whitney statistic over the number of pairs.

    Examples
    --------
    >>> roc_auc([0, 1, 0, 1], [0.1, 0.4, 0.35, 0.8])
    1.0
    """
    positive, scores = checked_labels(label, score)
    n_positive = int(positive.sum())
    n_pairs = n_positive * (len(positive) - n_positive)
    if not n_pairs:
        return float("nan")
    ranks = float(rankdata(scores)[positive].sum())
    return (ranks - n_positive * (n_positive + 1) / 2) / n_pairs


def row_log_loss(label: ArrayLike, probability: ArrayLike) -> NDArray[np.float64]:
    """Log-loss of each row, in nats; probabilities are kept 1e-12 away from 0 and 1.

    Parameters
    ----------
    label : array-like, shape (n,)
        0 or 1.
    probability : array-like, shape (n,)
        Probability of 1, in [0, 1].

    Returns
    -------
    ndarray, shape (n,)
        Non-negative.

    Raises
    ------
    InputError
        If a probability is outside [0, 1] (a logit, say) or a label neither 0 nor 1.

    Examples
    --------
    >>> row_log_loss([1, 0], [0.5, 0.5]).round(4).tolist()
    [0.6931, 0.6931]
    """
    positive, values = checked_labels(label, probability)
    if len(values) and (values.min() < 0 or values.max() > 1):
        raise bad_input(
            "probability",
            "in [0, 1]",
            (float(values.min()), float(values.max())),
            "pass p_label, not a logit",
        )
    clipped = np.clip(values, 1e-12, 1 - 1e-12)
    return np.where(positive, -np.log(clipped), -np.log1p(-clipped))


def log_loss(label: ArrayLike, probability: ArrayLike) -> float:
    """Mean log-loss in nats.

    Parameters
    ----------
    label, probability
        As in `row_log_loss`.

    Returns
    -------
    float
        log(2) for a constant 0.5.

    Examples
    --------
    >>> round(log_loss([1, 0], [0.5, 0.5]), 4)
    0.6931
    """
    return float(row_log_loss(label, probability).mean())
