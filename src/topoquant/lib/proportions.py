"""Intervals of proportions: one formula for win rates, precisions and calibration bins."""

from statistics import NormalDist

from topoquant.lib.errors import bad_input


def wilson_interval(k: float, n: float, *, level: float) -> tuple[float, float]:
    """Bound a proportion of `k` in `n`, which may be effective numbers and so need not be whole.

    Parameters
    ----------
    k : float
        Successes, in [0, n].
    n : float
        Independent trials; 0 gives [0, 1].
    level : float
        Coverage in (0, 1).

    Returns
    -------
    tuple of float
        Low and high, within [0, 1].

    Raises
    ------
    InputError
        If `k` is outside [0, n].

    References
    ----------
    Wilson (1927), "Probable inference, the law of succession, and statistical inference".

    Examples
    --------
    >>> [round(bound, 4) for bound in wilson_interval(8, 10, level=0.95)]
    [0.4902, 0.9433]
    """
    if not 0 <= k <= n:
        raise bad_input("k", f"in [0, {n}]", k, "count successes among the trials")
    if n == 0:
        return 0.0, 1.0
    z = NormalDist().inv_cdf(0.5 + level / 2)
    share = k / n
    centre = (share + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * float((share * (1 - share) / n + z**2 / (4 * n**2)) ** 0.5)
    return max(0.0, centre - half), min(1.0, centre + half)
