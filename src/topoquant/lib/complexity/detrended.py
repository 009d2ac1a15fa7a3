"""Detrended fluctuation analysis: how fast a walk wanders off from straight lines."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from topoquant.lib.complexity.refusing import as_series
from topoquant.lib.errors import bad_input


def default_box_sizes(n: int) -> tuple[int, ...]:
    """Box sizes from 4 to a tenth of a series, each about 1.2 times the one before.

    Parameters
    ----------
    n : int
        Length of the series, 58 or more: there are no two sizes for a shorter one.

    Returns
    -------
    tuple of int
        Whole parts of 4 x 1.2^i up to n / 10, without repetition: those of nolds and antropy.

    Raises
    ------
    InputError
        For a shorter series.

    Examples
    --------
    >>> default_box_sizes(96)
    (4, 5, 6, 8)
    """
    if n < 58:
        raise bad_input("x", "58 values or more when no box sizes are given", n, "name box sizes")
    n_steps = int(np.floor(np.log(0.1 * n / 4) / np.log(1.2)))
    return tuple(sorted({int(4 * 1.2**i) for i in range(n_steps + 1)}))


def detrended_fluctuation(x: ArrayLike, *, sizes: Sequence[int] | None = None) -> float:
    """Scaling exponent of the fluctuations of a series: the slope of ln F(size) on ln size.

    The series without its mean is summed up to a profile and cut into boxes, from its beginning; F is
    the root mean square distance of the profile from the least-squares line of each box.

    Parameters
    ----------
    x : array_like, shape (n,)
        The series in order of time; neither its unit nor its level matters.
    sizes : sequence of int, optional
        Values per box, each in [3, n], two or more different ones. `default_box_sizes` when absent.

    Returns
    -------
    float
        0.5 for values without memory, above for persistent and below for reverting ones (the Hurst
        exponent of stationary increments); 1.5 for a random walk. A size at which nothing fluctuates is
        left out; NaN where fewer than two are left, as in a constant series.

    Raises
    ------
    InputError
        For NaN or infinite values, sizes outside [3, n], or fewer than two.

    Notes
    -----
    Equal to `antropy.detrended_fluctuation` with the default sizes, but for a constant of 1e-9 that it
    adds to a denominator. The value depends on all of `x`.

    References
    ----------
    Peng, C.-K. et al. (1994). Mosaic organization of DNA nucleotides. Physical Review E 49, 1685-1689.

    Examples
    --------
    >>> round(detrended_fluctuation(np.arange(1000.0)), 3)  # the profile is a parabola
    2.039
    """
    series = as_series(x, n_least=3, name="a box")
    chosen = check_box_sizes(default_box_sizes(series.size) if sizes is None else sizes, series.size)
    squares = np.array([_mean_square(series, size) for size in chosen])
    fluctuates = squares > 0
    if fluctuates.sum() < 2:
        return float("nan")
    return float(np.polyfit(np.log(np.array(chosen)[fluctuates]), 0.5 * np.log(squares[fluctuates]), 1)[0])


def check_box_sizes(sizes: Sequence[int], n: int) -> tuple[int, ...]:
    """Return box sizes that a series of length n can be cut into, or refuse them."""
    chosen = tuple(sorted(set(sizes)))
    if len(chosen) < 2 or chosen[0] < 3 or chosen[-1] > n:
        raise bad_input("box sizes", f"two or more, all in [3, {n}]", list(sizes), "choose others")
    return chosen


def _mean_square(series: NDArray[np.float64], size: int) -> float:
    """Return F(size)^2.

    Lines are taken away from each box, and so is every level: what is summed up is measured from the
    second value of the box, not from the mean of the series, so that a flat box comes out as 0 exactly.
    """
    boxes = series[: series.size // size * size].reshape(-1, size)
    steps = boxes[:, 1:] - boxes[:, 1:2]
    profile = np.insert(np.cumsum(steps, axis=1), 0, 0.0, axis=1)
    place = np.arange(size) - 0.5 * (size - 1)
    centred = profile - profile.mean(axis=1, keepdims=True)
    slope = centred @ place / (place @ place)
    return float(((centred - slope[:, None] * place) ** 2).mean())
