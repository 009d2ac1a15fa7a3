"""Sample entropy: how often what matched so far goes on to match."""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import ArrayLike

from topoquant.lib.complexity.refusing import as_series, check_at_least
from topoquant.lib.errors import bad_input

# A distance equal to the tolerance is no match; rounding of the tolerance must not decide it.
MARGIN = 1e-12


def sample_entropy(x: ArrayLike, *, order: int = 2, tolerance: float = 0.2) -> float:
    """Negative log of the chance that templates that match in `order` values match in one more.

    -ln(A / B): of the n - order templates of `order` values that have a next value, B pairs match,
    their largest distance being below the tolerance, and A pairs still match with the next values. No
    template is compared with itself.

    Parameters
    ----------
    x : array_like, shape (n,)
        The series in order of time.
    order : int
        Values per template (m), 1 or more.
    tolerance : float
        Largest distance of a match (r) in population standard deviations of `x`, above 0.

    Returns
    -------
    float
        Nats, 0 or more: the smaller the more regular. Infinite where no pair goes on to match (A = 0)
        and NaN where none matches at all (B = 0), as in a constant series, whose tolerance is 0.

    Raises
    ------
    InputError
        For NaN or infinite values, fewer than order + 2 of them, order < 1 or tolerance <= 0.

    Notes
    -----
    Equal to `antropy.sample_entropy`, in its unit, whose tolerance is absolute. A distance equal to
    the tolerance is no match. The value depends on all of `x`.

    References
    ----------
    Richman, J. S. and Moorman, J. R. (2000). Physiological time-series analysis using approximate
    entropy and sample entropy. American Journal of Physiology 278, H2039-H2049.

    Examples
    --------
    >>> round(sample_entropy([1, 2, 3, 1, 2, 3, 1, 2, 4], order=1, tolerance=0.5), 4)  # ln(7 / 5)
    0.3365
    """
    check_at_least("order", order, 1)
    if not tolerance > 0:
        raise bad_input("tolerance", "> 0", tolerance, "pass a share of the standard deviation, such as 0.2")
    series = as_series(x, n_least=order + 2, name=f"sample entropy of order {order}")
    radius = tolerance * (1 - MARGIN) * np.std(series - series[0])
    is_near = np.abs(series[:, None] - series) < radius
    # (i, j, k): whether the values k after i and j are near.
    n = series.size - order
    steps = sliding_window_view(is_near, (order + 1, order + 1)).diagonal(axis1=2, axis2=3)
    pairs = np.triu_indices(n, 1)
    matches = steps[pairs[0], pairs[1], :order].all(axis=1)
    n_shorter, n_longer = matches.sum(), (matches & steps[pairs[0], pairs[1], order]).sum()
    if n_shorter == 0:
        return float("nan")
    return float(np.log(n_shorter / n_longer)) if n_longer else float("inf")
