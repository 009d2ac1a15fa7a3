"""Lempel-Ziv complexity: how many phrases it takes to write a series down."""

import numpy as np
from numpy.typing import ArrayLike

from topoquant.lib.complexity.refusing import as_series


def lempel_ziv(x: ArrayLike, *, normalize: bool = False) -> float:
    """Count the phrases of a series cut into two symbols at its median.

    Read from the left, a phrase is the shortest run of symbols that has not begun anywhere before; it
    may overlap what it repeats. The last one may be cut short.

    Parameters
    ----------
    x : array_like, shape (n,)
        The series in order of time; only which values are above the median matters.
    normalize : bool
        Multiply by log2(n) / n: about 1 for coin tosses, whose count grows as n / log2(n).

    Returns
    -------
    float
        Number of phrases, 1 or more. A constant series of several values has 2.

    Raises
    ------
    InputError
        For NaN or infinite values, or none at all.

    Notes
    -----
    The symbol is 1 from the upper median on, the value at position n // 2 in order of size. Where that
    is the smallest value too it is 1 above it: so a series of two values is taken as it is. The
    count is that of `antropy.lziv_complexity` on these symbols. The value depends on all of `x`.

    References
    ----------
    Lempel, A. and Ziv, J. (1976). On the complexity of finite sequences. IEEE Transactions on
    Information Theory 22, 75-81.
    Kaspar, F. and Schuster, H. G. (1987). Easily calculable measure for the complexity of
    spatiotemporal patterns. Physical Review A 36, 842-848.

    Examples
    --------
    >>> lempel_ziv([0, 0, 0, 1, 1, 0, 1, 0, 0, 1, 0, 0, 0, 1, 0, 1])  # 0 001 10 100 1000 101
    6.0
    """
    series = as_series(x, n_least=1, name="a median")
    symbols = _symbols(series)
    n, count, begin = series.size, 0, 0
    while begin < n:
        end = begin + 1
        # A repetition begins before the phrase, and may run into it.
        while end <= n and symbols[begin:end] in symbols[: end - 1]:
            end += 1
        begin = end
        count += 1
    return count * np.log2(n) / n if normalize else float(count)


def _symbols(series: np.ndarray) -> bytes:
    """Return a byte per value: 1 from the upper median on, above it where it is the least."""
    median = np.sort(series)[series.size // 2]
    is_one = series > median if median == series.min() else series >= median
    return is_one.tobytes()
