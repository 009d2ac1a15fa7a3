"""Whether probabilities mean what they say."""

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.special import expit
from scipy.special import logit as log_odds

from topoquant.lib.errors import bad_input
from topoquant.lib.proportions import wilson_interval
from topoquant.lib.validity.binary import checked_labels
from topoquant.lib.validity.intervals import LEVEL

MAX_STEPS = 100


def calibration_curve(label: ArrayLike, probability: ArrayLike, *, n_bins: int) -> pd.DataFrame:
    """Compare forecast and frequency in bins of equally many rows.

    Bins of equal width would put nearly all rows of a rare event into the first.

    Parameters
    ----------
    label : array-like, shape (n,)
        0 or 1.
    probability : array-like, shape (n,)
        In [0, 1]; equal probabilities share a bin.
    n_bins : int
        At least 1; fewer come out where probabilities tie.

    Returns
    -------
    DataFrame
        Per bin, ascending: `probability` (mean), `rate` (mean label), `rate_low` and `rate_high`
        (Wilson, rows taken as independent), `n`.

    Raises
    ------
    InputError
        If `n_bins` is below 1, there are no rows, or a probability is outside [0, 1].

    Examples
    --------
    >>> curve = calibration_curve([0, 0, 1, 1], [0.1, 0.1, 0.8, 0.8], n_bins=2)
    >>> curve[["probability", "rate", "n"]].to_numpy().tolist()
    [[0.1, 0.0, 2.0], [0.8, 1.0, 2.0]]
    """
    positive, values = _checked(label, probability)
    if n_bins < 1:
        raise bad_input("n_bins", "at least 1", n_bins, "ask for ten or so")
    edges = np.unique(np.quantile(values, np.arange(1, n_bins) / n_bins))
    place = np.searchsorted(edges, values, side="left")
    rows = []
    for place_of_bin in np.unique(place):
        inside = place == place_of_bin
        n, k = int(inside.sum()), int(positive[inside].sum())
        low, high = wilson_interval(k, n, level=LEVEL)
        rows.append((float(values[inside].mean()), k / n, low, high, n))
    return pd.DataFrame(rows, columns=["probability", "rate", "rate_low", "rate_high", "n"])


def expected_calibration_error(label: ArrayLike, probability: ArrayLike, *, n_bins: int) -> float:
    """Mean absolute difference of forecast and frequency, over the bins of `calibration_curve`.

    Parameters
    ----------
    label, probability, n_bins
        As in `calibration_curve`.

    Returns
    -------
    float
        In [0, 1]; positive by chance alone, more so with many bins and few rows.

    References
    ----------
    Naeini, Cooper and Hauskrecht (2015), with bins of equal counts (Nixon et al., 2019).

    Examples
    --------
    >>> round(expected_calibration_error([0, 0, 1, 1], [0.1, 0.1, 0.8, 0.8], n_bins=2), 2)
    0.15
    """
    curve = calibration_curve(label, probability, n_bins=n_bins)
    return float(np.average((curve["probability"] - curve["rate"]).abs(), weights=curve["n"]))


def cox_slope_intercept(label: ArrayLike, logit: ArrayLike) -> tuple[float, float]:
    """Fit label ~ logistic(intercept + slope * logit): (1, 0) means calibrated.

    Parameters
    ----------
    label : array-like, shape (n,)
        0 or 1.
    logit : array-like, shape (n,)
        Log-odds of the forecast, finite.

    Returns
    -------
    tuple of (float, float)
        Slope (below 1: too sure of itself) and intercept. NaN where no fit exists: one class only,
        a constant logit, or classes that the logit separates.

    References
    ----------
    Cox (1958), "Two further applications of a model for binary regression".

    Examples
    --------
    >>> slope, intercept = cox_slope_intercept([0, 0, 0, 1, 0, 1, 1, 1], [-2.2] * 4 + [2.2] * 4)
    >>> round(slope, 3), round(abs(intercept), 3)
    (0.499, 0.0)
    """
    positive, values = checked_labels(label, logit)
    return fit_logit_line(positive.astype(float), values, np.ones(len(values)))


def fit_logit_line(
    target: NDArray[np.float64], logit: NDArray[np.float64], weight: NDArray[np.float64]
) -> tuple[float, float]:
    """Slope and intercept of target ~ logistic(intercept + slope * logit), by weighted maximum likelihood.

    Parameters
    ----------
    target : ndarray, shape (n,)
        In [0, 1].
    logit, weight : ndarray, shape (n,)
        Finite; weights not negative.

    Returns
    -------
    tuple of (float, float)
        NaN where no fit exists, as in `cox_slope_intercept`.

    Examples
    --------
    >>> slope, intercept = fit_logit_line(np.array([0.2, 0.8]), np.array([-1.0, 1.0]), np.ones(2))
    >>> round(slope, 3), round(abs(intercept), 3)
    (1.386, 0.0)
    """
    spread = float(logit.std()) if len(logit) else 0.0
    rate = float(np.average(target, weights=weight)) if weight.sum() > 0 else 0.0
    if not spread > 1e-9 or not 0 < rate < 1:
        return float("nan"), float("nan")
    # Newton steps on the standardised logit; a separating logit sends the slope to infinity.
    centre = float(logit.mean())
    design = np.column_stack([np.ones(len(logit)), (logit - centre) / spread])
    beta = np.zeros(2)
    for _ in range(MAX_STEPS):
        fitted = expit(design @ beta)
        hessian = (design * (weight * fitted * (1 - fitted))[:, None]).T @ design
        if np.linalg.det(hessian) < 1e-12 * weight.sum() ** 2 or np.abs(beta).max() > 50:
            return float("nan"), float("nan")
        step = np.linalg.solve(hessian, design.T @ (weight * (target - fitted)))
        beta += np.clip(step, -2, 2)
        if np.abs(step).max() < 1e-10:
            slope = float(beta[1] / spread)
            return slope, float(beta[0] - slope * centre)
    return float("nan"), float("nan")


def correct_prior(logit: ArrayLike, *, sampled_rate: float, true_rate: float) -> NDArray[np.float64]:
    """Undo what a sampler did to the base rate: add log-odds(true) - log-odds(sampled).

    For a sampler alone, whose rate is known. A base rate that moved by itself is not corrected: where
    volatility moved it, the prediction already follows.

    Parameters
    ----------
    logit : array-like, any shape
        Of a model fitted on sampled rows; NaN stays NaN.
    sampled_rate : float
        Share of positives among the rows it was fitted on, in (0, 1).
    true_rate : float
        Share of positives among the train rows before sampling, in (0, 1).

    Returns
    -------
    ndarray of float64
        Of the same shape; the order of the rows is kept.

    Raises
    ------
    InputError
        If a rate is not in (0, 1).

    References
    ----------
    Elkan (2001), "The foundations of cost-sensitive learning", theorem 2.

    Examples
    --------
    >>> round(float(expit(correct_prior(0.0, sampled_rate=0.5, true_rate=0.02))), 3)
    0.02
    """
    for name, rate in (("sampled_rate", sampled_rate), ("true_rate", true_rate)):
        if not 0 < rate < 1:
            raise bad_input(name, "in (0, 1)", rate, "pass the share of positives among those rows")
    return np.asarray(logit, float) + float(log_odds(true_rate) - log_odds(sampled_rate))


def _checked(label: ArrayLike, probability: ArrayLike) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
    """Labels and probabilities, or a refusal."""
    positive, values = checked_labels(label, probability)
    if not len(values) or values.min() < 0 or values.max() > 1:
        raise bad_input(
            "probability", "in [0, 1], at least one row", f"{len(values)} rows", "pass p_label, not a logit"
        )
    return positive, values
