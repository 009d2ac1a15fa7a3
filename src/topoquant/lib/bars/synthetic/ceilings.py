"""The best scores that anybody could give on a market whose truth is known."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import ndtr

from topoquant.lib.bars.synthetic.levels import LEVELS
from topoquant.lib.bars.synthetic.orbit import ORBIT, expect_states
from topoquant.lib.bars.synthetic.touching import touch_brownian, touch_levels, touch_orbit
from topoquant.lib.errors import bad_input


def bayes_direction_score(truth: pd.DataFrame) -> NDArray[np.float64]:
    """Return the probability that the next bar's log-return is positive.

    Parameters
    ----------
    truth : DataFrame, shape (n, any)
        `drift` and `volatility` (expected log-return of the next bar and its standard
        deviation, both given the bars up to `time`); `p_up` where a market gives it.

    Returns
    -------
    ndarray of float64, shape (n,)
        `p_up` where given, which is exact. Else Phi(drift / volatility): exact for a Gaussian
        return, and in the exact order for a symmetric mixture. NaN where `truth` is.

    Examples
    --------
    >>> bayes_direction_score(pd.DataFrame({"drift": [0.0, 0.001], "volatility": 0.002})).round(4).tolist()
    [0.5, 0.6915]
    """
    if "p_up" in truth:
        return truth["p_up"].to_numpy(dtype=np.float64)
    return np.asarray(ndtr(truth["drift"].to_numpy() / truth["volatility"].to_numpy()))


def bayes_trigger_score(
    truth: pd.DataFrame, *, threshold: float, horizon: int, side: str = "up"
) -> NDArray[np.float64]:
    """Return the probability that price touches a threshold within the horizon.

    Which formula depends on what the truth holds:

    - `level_<k>` (market "volatility"): exact, see `touch_levels`.
    - `evidence` (market "orbit"): exact but for a grid, see `touch_orbit`. The hidden state is
      filtered again, so the rows of a symbol have to be consecutive from the market's first bar.
    - neither: about. The price from the next open is taken for a Brownian motion that keeps the
      next bar's drift and volatility over the whole horizon (`touch_brownian` with mean
      h drift and standard deviation sqrt(h) volatility), while in truth the drift fades
      towards its mean and volatility moves within the horizon.

    It rises with the drift (towards the side), falls with the threshold, and rises with the
    horizon where the drift is not against it.

    Parameters
    ----------
    truth : DataFrame
        `drift` and `volatility` of the next bar given the bars up to `time`, and the columns
        above; `symbol` and `time` where there is `evidence`.
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
        For a threshold, horizon or side outside these, or rows that are missing where the
        state is filtered.

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
    if "level_0" in truth:
        return _levels_score(truth, barrier, horizon)
    if "evidence" in truth:
        return _orbit_score(truth, barrier, horizon, sign)
    mean = sign * horizon * truth["drift"].to_numpy()
    return touch_brownian(mean, np.sqrt(horizon) * truth["volatility"].to_numpy(), barrier)


def _levels_score(truth: pd.DataFrame, barrier: float, horizon: int) -> NDArray[np.float64]:
    """Weigh the touch of each level with its probability."""
    probability = truth[[f"level_{k}" for k in range(len(LEVELS.variance))]].to_numpy()
    units = truth["volatility"].to_numpy() / np.sqrt(probability @ LEVELS.variance)
    touch = touch_levels(LEVELS, barrier / float(np.nanmedian(units)), horizon)
    return np.asarray(np.clip(probability @ touch, 0.0, 1.0))


def _orbit_score(truth: pd.DataFrame, barrier: float, horizon: int, sign: int) -> NDArray[np.float64]:
    """Weigh the touch of each hidden state with its probability, filtered symbol by symbol."""
    steps = truth["time"].groupby(truth["symbol"]).diff().dropna().unique()
    if len(steps) > 1:
        raise bad_input(
            "truth", "of consecutive bars where it holds evidence", f"steps of {steps[0]} and {steps[1]}",
            "score the whole truth first, then take the rows you need",
        )  # fmt: skip
    unit = float(np.nanmedian(np.hypot(truth["drift"], truth["volatility"])))
    touch = touch_orbit(ORBIT, barrier / unit, horizon, sign)[:, None]
    score = np.empty(len(truth))
    for rows in truth.groupby("symbol").indices.values():
        score[rows] = expect_states(ORBIT, truth["evidence"].to_numpy()[rows], touch)[1:, 0]
    return np.clip(score, 0.0, 1.0)


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
