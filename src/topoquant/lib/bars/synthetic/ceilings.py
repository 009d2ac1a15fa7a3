"""The best scores that anybody could give on a market whose truth is known."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import log_ndtr, ndtr

from topoquant.lib.errors import bad_input


def bayes_direction_score(truth: pd.DataFrame) -> NDArray[np.float64]:
    """Return the probability that the next bar's log-return is positive.

    Parameters
    ----------
    truth : DataFrame, shape (n, any)
        `drift` and `volatility` (expected log-return of the next bar and its standard
        deviation, both given the bars up to `time`).

    Returns
    -------
    ndarray of float64, shape (n,)
        Phi(drift / volatility): exact for a Gaussian return, and in the exact order for a
        symmetric mixture. NaN where `truth` is.

    Examples
    --------
    >>> bayes_direction_score(pd.DataFrame({"drift": [0.0, 0.001], "volatility": 0.002})).round(4).tolist()
    [0.5, 0.6915]
    """
    return np.asarray(ndtr(truth["drift"].to_numpy() / truth["volatility"].to_numpy()))


def bayes_trigger_score(
    truth: pd.DataFrame, *, threshold: float, horizon: int, side: str = "up"
) -> NDArray[np.float64]:
    """Return about the probability that price touches a threshold within the horizon.

    The price from the next open is taken for a Brownian motion that keeps the next bar's
    drift and volatility over the whole horizon. Its maximum M over h bars, with mean
    m = h drift and standard deviation s = sqrt(h) volatility, has by the reflection principle

        P(M >= b) = Phi((m - b) / s) + exp(2 m b / s^2) Phi((-m - b) / s),  b = log(1 + threshold).

    It is an approximation: the drift fades towards its mean and volatility moves within the
    horizon. It rises with the drift (towards the side), falls with the threshold, and rises
    with the horizon where the drift is not against it.

    Parameters
    ----------
    truth : DataFrame, shape (n, any)
        `drift` and `volatility` of the next bar given the bars up to `time`.
    threshold : float
        Move from the next open that counts, a positive fraction (below 1 on the down side).
    horizon : int
        Bars ahead, at least 1.
    side : {"up", "down"}
        Whether highs must reach it above or lows below the next open.

    Returns
    -------
    ndarray of float64, shape (n,)
        Probabilities in [0, 1]. NaN where `truth` is.

    Raises
    ------
    InputError
        For a threshold, horizon or side outside these.

    References
    ----------
    Borodin and Salminen (2002), Handbook of Brownian motion, part II, 2.1.1.4.

    Examples
    --------
    >>> truth = pd.DataFrame({"drift": [-0.0005, 0.0, 0.0005], "volatility": 0.002})
    >>> bayes_trigger_score(truth, threshold=0.005, horizon=4).round(3).tolist()
    [0.106, 0.212, 0.368]
    """
    if side not in ("up", "down"):
        raise bad_input("side", "up or down", repr(side), "name one of them")
    if horizon < 1:
        raise bad_input("horizon", "at least 1 bar", horizon, "raise it")
    if not 0 < threshold < (np.inf if side == "up" else 1):
        raise bad_input("threshold", "a positive fraction (below 1 down)", threshold, "write .01 for 1 %")
    sign = 1 if side == "up" else -1
    barrier = sign * np.log1p(sign * threshold)
    mean = sign * horizon * truth["drift"].to_numpy()
    deviation = np.sqrt(horizon) * truth["volatility"].to_numpy()
    beyond = ndtr((mean - barrier) / deviation)
    # In logs, for exp alone overflows where its partner vanishes.
    returned = np.exp(2 * mean * barrier / deviation**2 + log_ndtr((-mean - barrier) / deviation))
    return np.asarray(np.minimum(beyond + returned, 1.0))


def ranking_auc(score: NDArray[np.float64], label: NDArray[np.float64]) -> float:
    """Return how often a score ranks a positive row above a negative one; ties count one half.

    Parameters
    ----------
    score : ndarray of float64, shape (n,)
        Any scale.
    label : ndarray of float64, shape (n,)
        0 or 1; rows where it is NaN are left out.

    Returns
    -------
    float
        The area under the ROC curve (Mann and Whitney 1947); NaN if one class is absent.

    Examples
    --------
    >>> ranking_auc(np.array([0.1, 0.4, 0.4, 0.9]), np.array([0.0, 0.0, 1.0, 1.0]))
    0.875
    """
    known = ~np.isnan(label)
    positive = label[known] == 1
    _, position, counts = np.unique(score[known], return_inverse=True, return_counts=True)
    # Equal scores share the mean of the ranks they take up.
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[position]
    n_positive, n_negative = int(positive.sum()), int((~positive).sum())
    if n_positive == 0 or n_negative == 0:
        return float("nan")
    wins = ranks[positive].sum() - n_positive * (n_positive + 1) / 2
    return float(wins / (n_positive * n_negative))
