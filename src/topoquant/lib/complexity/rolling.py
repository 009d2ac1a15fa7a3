"""All six measures of the window that ends at each value of a series."""

from collections.abc import Callable
from math import factorial

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from topoquant.lib.complexity.detrended import check_box_sizes, default_box_sizes
from topoquant.lib.complexity.detrended_kernel import rolling_detrended
from topoquant.lib.complexity.higuchi_kernel import rolling_higuchi
from topoquant.lib.complexity.lempel_ziv_kernel import rolling_lempel_ziv
from topoquant.lib.complexity.options import ComplexityOptions
from topoquant.lib.complexity.permutation_kernel import rolling_permutation
from topoquant.lib.complexity.refusing import as_series
from topoquant.lib.complexity.sample import MARGIN
from topoquant.lib.complexity.sample_kernel import rolling_sample
from topoquant.lib.complexity.spectral_kernel import rolling_spectral
from topoquant.lib.errors import bad_input

MEASURES = ("permutation", "sample", "spectral", "lempel_ziv", "higuchi", "detrended")
# Windows that are computed together: their arrays fit in the cache, whatever the length of the series.
CHUNK = 16_384

Array = NDArray[np.float64]
Kernel = Callable[[Array], Array]


def measure_names(options: ComplexityOptions) -> list[str]:
    """Names of the columns of `rolling_complexity`.

    Parameters
    ----------
    options : ComplexityOptions
        `windows` is read.

    Returns
    -------
    list of str
        `<measure>_<window>`, the measures of the first window first.
    """
    return [f"{measure}_{window}" for window in options.windows for measure in MEASURES]


def rolling_complexity(x: ArrayLike, options: ComplexityOptions) -> pd.DataFrame:
    """Compute six measures of complexity of the window that ends at each value.

    Parameters
    ----------
    x : array_like, shape (n,)
        One series in order of time, without gaps, finite.
    options : ComplexityOptions
        Windows and parameters of the measures; `series` and `interval` are for whoever makes `x`.

    Returns
    -------
    DataFrame of float64, shape (n, 6 n_windows)
        Columns as `measure_names`: permutation entropy in bits, sample entropy in nats, spectral
        entropy in bits, Lempel-Ziv phrases, Higuchi's dimension and the exponent of detrended
        fluctuation analysis, or fractions where `normalize` says so. Row i is that of
        x[i - window + 1 : i + 1] and NaN where there is no whole window. NaN and infinite values are
        those of the functions of one series.

    Raises
    ------
    InputError
        For NaN or infinite values, or a window too short for a measure.

    Notes
    -----
    A row depends on its window alone, and its bits besides on where the series begins, not on where
    it ends: values are added up in blocks that are counted from the first. Nothing that has left a
    window is subtracted, so that the difference to the function of one series stays below 1e-9 whatever
    went before. Memory is that of the result and of a few thousand windows' numbers.

    Examples
    --------
    >>> options = ComplexityOptions(
    ...     series=["log_return"], interval=None, windows=[7], permutation_order=2, permutation_delay=1,
    ...     sample_order=1, sample_tolerance=0.5, higuchi_lags=2, box_sizes=[3, 4], normalize=False,
    ... )
    >>> rolling_complexity([4, 7, 9, 10, 6, 11, 3], options)["permutation_7"].round(4).tolist()
    [nan, nan, nan, nan, nan, nan, 0.9183]
    """
    series = as_series(x, n_least=0, name="windows")
    columns = {}
    for window in options.windows:
        for measure, kernel in window_kernels(options, window).items():
            columns[f"{measure}_{window}"] = _by_chunks(kernel, series, window)
    return pd.DataFrame(columns, columns=measure_names(options))


def check_window(options: ComplexityOptions, window: int) -> None:
    """Refuse a window that some measure has no value for.

    Parameters
    ----------
    options : ComplexityOptions
        Parameters of the measures.
    window : int
        Values per window.

    Raises
    ------
    InputError
        Naming the measure's parameter and what it needs.
    """
    needs = {
        "permutation_order": (options.permutation_order - 1) * options.permutation_delay + 2,
        "sample_order": options.sample_order + 2,
        "higuchi_lags": 2 * options.higuchi_lags,
        "box_sizes": 58 if options.box_sizes is None else max(options.box_sizes, default=0),
    }
    name, least = max(needs.items(), key=lambda need: need[1])
    if window < least:
        raise bad_input("windows", f">= {least} for {name}", window, f"widen the window or change {name}")


def window_kernels(options: ComplexityOptions, window: int) -> dict[str, Kernel]:
    """Return, for each measure, what computes it of all whole windows of a series at once.

    Parameters
    ----------
    options : ComplexityOptions
        Parameters of the measures.
    window : int
        Values per window.

    Returns
    -------
    dict of str to callable
        By the names of `MEASURES`; from n finite values to n - window + 1 results.

    Raises
    ------
    InputError
        For a window too short for a measure.
    """
    check_window(options, window)
    order, delay = options.permutation_order, options.permutation_delay
    sizes = default_box_sizes(window) if options.box_sizes is None else options.box_sizes
    boxes = np.array(check_box_sizes(sizes, window), np.int64)
    tolerance = options.sample_tolerance * (1 - MARGIN)
    most = [np.log2(factorial(order)), np.log2(window // 2 + 1), window / np.log2(window)]
    permutations, frequencies, phrases = most if options.normalize else (1.0, 1.0, 1.0)
    return {
        "permutation": lambda x: rolling_permutation(x, window, order, delay) / permutations,
        "sample": lambda x: rolling_sample(x, window, options.sample_order, tolerance),
        "spectral": lambda x: rolling_spectral(x, window) / frequencies,
        "lempel_ziv": lambda x: rolling_lempel_ziv(x, window) / phrases,
        "higuchi": lambda x: rolling_higuchi(x, window, options.higuchi_lags),
        "detrended": lambda x: rolling_detrended(x, window, boxes),
    }


def _by_chunks(kernel: Kernel, series: Array, window: int) -> Array:
    """Put the values of all windows together; rows without a whole window stay NaN."""
    values = np.full(series.size, np.nan)
    n_windows, at_once = series.size - window + 1, max(CHUNK, 8 * window)
    for first in range(0, n_windows, at_once):
        last = min(first + at_once, n_windows) + window - 1
        values[first + window - 1 : last] = kernel(series[first:last])
    return values
