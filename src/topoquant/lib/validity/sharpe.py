"""Sharpe ratios with what they owe: track record, shape of the returns and number of trials.

All ratios are per period (not annualised); kurtosis is plain (3 for a normal); NaN gives NaN. Two conventions
give the variance of a Sharpe ratio: "2012" takes it at the ratio observed, over T - 1 (Bailey and Lopez de
Prado, 2012 and 2014); "2025" at the benchmark, which is the hypothesis tested, over T, and for the best of
several trials times the variance of a maximum ("How to use the Sharpe ratio", Lopez de Prado, Lipton and
Zoonekynd, 2025).
"""

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import norm

from topoquant.lib.errors import bad_input

EULER_GAMMA = 0.5772156649015329
Convention = Literal["2012", "2025"]


def sharpe_ratio(returns: ArrayLike) -> float:
    """Mean over standard deviation of the returns of one period each.

    Parameters
    ----------
    returns : array-like, shape (T,)
        Returns in excess of the benchmark, finite.

    Returns
    -------
    float
        Per period; NaN with fewer than two returns or no spread.

    Raises
    ------
    InputError
        If a return is not finite.

    Examples
    --------
    >>> round(sharpe_ratio([0.01, 0.03]), 4)
    1.4142
    """
    values = finite_returns(returns)
    spread = float(values.std(ddof=1)) if len(values) > 1 else 0.0
    return float(values.mean()) / spread if spread > 1e-15 * float(np.abs(values).max(initial=0)) else np.nan


def probabilistic_sharpe_ratio(
    sharpe: float, *, benchmark: float = 0.0, n_observations: int, skew: float, kurtosis: float,
    convention: Convention = "2012",
) -> float:  # fmt: skip
    """Probability that the true Sharpe ratio exceeds `benchmark`.

    Parameters
    ----------
    sharpe, benchmark : float
        Per period.
    n_observations : int
        T, at least 2.
    skew, kurtosis : float
        Of the returns; 0 and 3 for a normal.
    convention : {"2012", "2025"}
        Whose variance (see the module).

    Returns
    -------
    float
        In [0, 1].

    Raises
    ------
    InputError
        If T is below 2 or no distribution has such skew and kurtosis.

    References
    ----------
    Bailey and Lopez de Prado (2012), "The Sharpe ratio efficient frontier".

    Examples
    --------
    >>> track = {"n_observations": 24, "skew": -2.448, "kurtosis": 10.164}
    >>> round(probabilistic_sharpe_ratio(0.458, **track), 3)
    0.913
    >>> round(probabilistic_sharpe_ratio(0.458, **track, convention="2025"), 3)
    0.988
    """
    return _exceeds(sharpe, benchmark, n_observations, skew, kurtosis, convention)


def expected_maximum_sharpe(n_trials: int, trial_variance: float) -> float:
    """Sharpe ratio that the best of `n_trials` worthless trials is expected to show.

    Parameters
    ----------
    n_trials : int
        Independent trials, at least 1 (which gives 0).
    trial_variance : float
        Variance of the trials' per-period Sharpe ratios.

    Returns
    -------
    float
        Per period.

    Raises
    ------
    InputError
        If `n_trials` is below 1 or the variance negative.

    References
    ----------
    Bailey and Lopez de Prado (2014), "The deflated Sharpe ratio".

    Examples
    --------
    >>> round(expected_maximum_sharpe(100, 0.5 / 250), 4)
    0.1132
    """
    if n_trials < 1 or trial_variance < 0:
        raise bad_input(
            "n_trials and trial_variance", "at least 1 and at least 0", (n_trials, trial_variance),
            "count every configuration that was tried",
        )  # fmt: skip
    if n_trials == 1:
        return 0.0
    quantiles = norm.ppf([1 - 1 / n_trials, 1 - 1 / (n_trials * np.e)])
    return float(np.sqrt(trial_variance) * ((1 - EULER_GAMMA) * quantiles[0] + EULER_GAMMA * quantiles[1]))


def deflated_sharpe_ratio(
    sharpe: float, *, n_observations: int, skew: float, kurtosis: float, n_trials: int, trial_variance: float,
    convention: Convention = "2012",
) -> float:  # fmt: skip
    """Probability that the true Sharpe ratio is positive, given how many trials it was picked from.

    Parameters
    ----------
    sharpe : float
        Per period, of the trial picked.
    n_observations, skew, kurtosis, convention
        As in `probabilistic_sharpe_ratio`.
    n_trials : int
        Trials it was picked from.
    trial_variance : float
        Variance of their per-period Sharpe ratios; taken as 1 / T when smaller, for that much
        comes from the length of the record alone.

    Returns
    -------
    float
        In [0, 1].

    Raises
    ------
    InputError
        As its parts do.

    References
    ----------
    Bailey and Lopez de Prado (2014), "The deflated Sharpe ratio", with its worked example.

    Examples
    --------
    >>> dsr = deflated_sharpe_ratio(2.5 / 250**0.5, n_observations=1250, skew=-3, kurtosis=10,
    ...                             n_trials=100, trial_variance=0.5 / 250)
    >>> round(dsr, 4)
    0.9004
    """
    floor = max(trial_variance, 1 / max(n_observations, 1))
    hurdle = expected_maximum_sharpe(n_trials, floor)
    return _exceeds(sharpe, hurdle, n_observations, skew, kurtosis, convention, n_trials)


def minimum_track_record_length(
    sharpe: float, *, benchmark: float = 0.0, skew: float, kurtosis: float, alpha: float = 0.05,
    convention: Convention = "2012",
) -> float:  # fmt: skip
    """Observations needed before the Sharpe ratio exceeds `benchmark` with confidence 1 - alpha.

    Parameters
    ----------
    sharpe, benchmark : float
        Per period.
    skew, kurtosis : float
        Of the returns.
    alpha : float
        Probability of error, in (0, 1).
    convention : {"2012", "2025"}
        Whose variance (see the module).

    Returns
    -------
    float
        In periods; infinite when `sharpe` does not exceed `benchmark`.

    Raises
    ------
    InputError
        If `alpha` is outside (0, 1).

    References
    ----------
    Bailey and Lopez de Prado (2012), "The Sharpe ratio efficient frontier".

    Examples
    --------
    >>> months = minimum_track_record_length(2 / 12**0.5, benchmark=1 / 12**0.5, skew=-0.72, kurtosis=5.78)
    >>> round(months / 12, 2)
    4.99
    """
    if not 0 < alpha < 1:
        raise bad_input("alpha", "in (0, 1)", alpha, "give a probability of error such as 0.05")
    if not sharpe > benchmark:
        return float("inf")
    z = float(norm.ppf(1 - alpha))
    if convention == "2025":
        return _shape(benchmark, skew, kurtosis) * (z / (sharpe - benchmark)) ** 2
    return 1 + _shape(sharpe, skew, kurtosis) * (z / (sharpe - benchmark)) ** 2


def minimum_backtest_length(sharpe: float, *, n_trials: int) -> float:
    """Periods below which the best of `n_trials` worthless trials is expected to show `sharpe`.

    Parameters
    ----------
    sharpe : float
        Above 0, per period; an annual ratio gives years.
    n_trials : int
        Independent trials, at least 1 (which gives 0: nothing was chosen).

    Returns
    -------
    float
        In periods of `sharpe`; below 2 log(n_trials) / sharpe^2. Refused: `sharpe` not above 0.

    References
    ----------
    Bailey, Borwein, Lopez de Prado and Zhu (2014), "Pseudo-mathematics and financial charlatanism",
    theorem 3.1: five years carry no more than 45 trials.

    Examples
    --------
    >>> round(minimum_backtest_length(1.0, n_trials=45), 2)
    5.0
    """
    if not sharpe > 0:
        raise bad_input("sharpe", "above 0", sharpe, "pass the ratio that chance should not reach")
    return (expected_maximum_sharpe(n_trials, 1.0) / sharpe) ** 2


def _exceeds(
    sharpe: float, benchmark: float, n_observations: int, skew: float, kurtosis: float,
    convention: Convention, n_trials: int = 1,
) -> float:  # fmt: skip
    """Probability that the true ratio exceeds the benchmark."""
    if n_observations < 2:
        raise bad_input("n_observations", "at least 2", n_observations, "lengthen the test period")
    if convention not in ("2012", "2025"):
        raise bad_input("convention", "'2012' or '2025'", convention, "name one of them")
    if convention == "2025":
        variance = _shape(benchmark, skew, kurtosis) / n_observations * _variance_of_maximum(n_trials)
    else:
        variance = _shape(sharpe, skew, kurtosis) / (n_observations - 1)
    return float(norm.cdf((sharpe - benchmark) / np.sqrt(variance)))


def _variance_of_maximum(n: int) -> float:
    """Variance of the largest of `n` independent standard normals."""
    z = np.linspace(-9, 9, 3601)
    density = n * norm.pdf(z) * norm.cdf(z) ** (n - 1) * (z[1] - z[0])
    return float((z**2 * density).sum() - (z * density).sum() ** 2)


def _shape(sharpe: float, skew: float, kurtosis: float) -> float:
    """Variance factor of a Sharpe ratio under non-normal returns."""
    if kurtosis < 1 + skew**2 - 1e-9:
        raise bad_input(
            "kurtosis",
            f"at least 1 + skew^2 = {1 + skew**2:.3f}",
            kurtosis,
            "pass plain kurtosis, 3 for a normal",
        )
    return max(1 - skew * sharpe + (kurtosis - 1) / 4 * sharpe**2, 1e-12)


def finite_returns(returns: ArrayLike) -> np.ndarray:
    """Give returns as floats, or refuse them."""
    values = np.asarray(returns, float)
    if not np.isfinite(values).all():
        raise bad_input(
            "returns", "finite", f"{int((~np.isfinite(values)).sum())} that are not", "drop them first"
        )
    return values
