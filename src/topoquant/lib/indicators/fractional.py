"""Fractional differences: as little memory taken from a series as makes it stationary."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.fft import irfft, rfft

from topoquant.lib.errors import bad_input
from topoquant.lib.indicators.fractional_kernel import weighted_sum
from topoquant.lib.indicators.options import LARGEST_D, SMALLEST_THRESHOLD, FractionalOptions
from topoquant.lib.indicators.table import Indicator, Values

# From this width on a convolution by blocks of a Fourier transform is the faster of both.
WIDE = 64
SMALLEST_BLOCK = 4096
BLOCKS_AT_ONCE = 16


def fractional_weights(d: float, threshold: float) -> Values:
    """Weights of the fractional difference of order d, cut where they become small.

    Parameters
    ----------
    d : float
        Order, in (0, 2].
    threshold : float
        The weights end before the first that is smaller than this in absolute value; in
        [1e-7, 1).

    Returns
    -------
    ndarray of float64, shape (width,)
        Of the newest value first: 1, -d, d (d - 1) / 2, ...: the binomial series of (1 - B)^d.

    Raises
    ------
    InputError
        For d or a threshold outside its range.

    References
    ----------
    Hosking, J. R. M. (1981). Fractional differencing. Biometrika 68(1).

    Examples
    --------
    >>> fractional_weights(0.5, 0.05).tolist()
    [1.0, -0.5, -0.125, -0.0625]
    >>> fractional_weights(1.0, 0.001).tolist()
    [1.0, -1.0]
    """
    if not 0 < d <= LARGEST_D:
        raise bad_input("d", f"in (0, {LARGEST_D:g}]", d, "choose an order of differencing in that range")
    if not SMALLEST_THRESHOLD <= threshold < 1:
        raise bad_input(
            "threshold", f"in [{SMALLEST_THRESHOLD:g}, 1)", threshold, "smaller weights need a longer past"
        )
    weights = [1.0]
    while abs(following := -weights[-1] * (d - len(weights) + 1) / len(weights)) >= threshold:
        weights.append(following)
    return np.array(weights)


def fractional_difference(x: ArrayLike, *, d: float, threshold: float) -> Values:
    """Difference a series to the fractional order d, with a window of fixed width.

    Parameters
    ----------
    x : array_like, shape (n,)
        Values in order of time, of any unit, without a gap.
    d : float
        Order, in (0, 2]; 1 is the ordinary difference.
    threshold : float
        Weights smaller than this in absolute value are left out; it sets the width. In [1e-7, 1).

    Returns
    -------
    ndarray of float64, shape (n,)
        In the unit of `x`; NaN for the first width - 1 values and wherever the window holds a
        value that is not finite. Value i depends on x[i - width + 1 : i + 1]; in windows that are
        wide it is computed by blocks and may differ in the sixteenth digit of the block's largest
        value when other values of the block do.

    Raises
    ------
    InputError
        For `x` that is not one series, and as `fractional_weights`.

    Notes
    -----
    Equal to the plain weighted sum within 1e-12 of the largest absolute value. The cut leaves the
    weights a sum that is not quite 0: a share of the level stays, the smaller the threshold.

    References
    ----------
    Lopez de Prado, M. (2018). Advances in Financial Machine Learning, 5.5.

    Examples
    --------
    >>> fractional_difference([1.0, 2.0, 4.0, 8.0], d=0.5, threshold=0.2).tolist()
    [nan, 1.5, 3.0, 6.0]
    """
    # Read-only memory would have the kernel compiled a second time.
    values = np.require(x, np.float64, ["C", "W"])
    if values.ndim != 1:
        raise bad_input("x", "one series, shape (n,)", values.shape, "pass one column at a time")
    weights = fractional_weights(d, threshold)
    if len(weights) < WIDE or len(weights) > len(values):
        return weighted_sum(values, weights)
    # A sum of finite values is finite, but for giants; whether there are others is seldom asked.
    if np.isfinite(values.sum()):
        return _by_blocks(values, weights)
    unknown = ~np.isfinite(values)
    result = _by_blocks(np.where(unknown, 0.0, values), weights)
    seen = np.append(0, np.cumsum(unknown))
    first = np.maximum(np.arange(1, len(seen)) - len(weights), 0)
    result[seen[1:] > seen[first]] = np.nan
    return result


def _by_blocks(values: Values, weights: Values) -> Values:
    """Convolve by overlapping blocks, a few at a time so that their transforms stay in the cache."""
    width = len(weights)
    size = 1 << (max(SMALLEST_BLOCK, 4 * width) - 1).bit_length()
    step = size - width + 1
    transformed = rfft(weights, size)
    result = np.full(len(values), np.nan)
    sums = result[width - 1 :]
    n_blocks = len(sums) // step
    if n_blocks:
        blocks = np.lib.stride_tricks.sliding_window_view(values, size)[::step][:n_blocks]
        whole = sums[: n_blocks * step].reshape(n_blocks, step)
        for begin in range(0, n_blocks, BLOCKS_AT_ONCE):
            product = rfft(blocks[begin : begin + BLOCKS_AT_ONCE]) * transformed
            whole[begin : begin + BLOCKS_AT_ONCE] = irfft(product, size)[:, width - 1 :]
    rest = values[n_blocks * step :]
    sums[n_blocks * step :] = irfft(rfft(rest, size) * transformed, size)[width - 1 : len(rest)]
    return result


def fractional_columns(options: FractionalOptions) -> tuple[Indicator, ...]:
    """Columns of log close differenced to each order of the grid.

    Each value is summed up by itself: a convolution by blocks would let later bars into the last
    digits of earlier rows. The weights' sum is not quite 0, so a share of the level stays, most of
    it at the lowest orders: that memory is what train tests for, and another unit of price adds
    a constant.
    """

    def column(d: float) -> Indicator:
        weights = fractional_weights(d, options.threshold)
        return Indicator(
            fractional_name(d),
            f"log close differenced to the order {d:g}, weights below {options.threshold:g} left out",
            len(weights) - 1,
            compute=lambda bars: weighted_sum(bars["log_close"], weights),
        )

    return tuple(column(d) for d in options.grid)


def fractional_name(d: float) -> str:
    """Name of the column of one order.

    Examples
    --------
    >>> fractional_name(0.4)
    'fractional_0.4'
    """
    return f"fractional_{d:g}"


def augmented_dickey_fuller(x: ArrayLike, *, maxlag: int) -> tuple[float, float]:
    """Test a series for a unit root, with a constant and a fixed number of lagged differences.

    Parameters
    ----------
    x : array_like, shape (n,)
        Values in order of time, all finite.
    maxlag : int
        Number of lagged differences. It is fixed: to search for it costs a hundred times as much.

    Returns
    -------
    statistic : float
        Of the test; the more negative, the less like a random walk.
    p_value : float
        By MacKinnon's approximation.

    Raises
    ------
    InputError
        For values that are not finite, do not move at all, or are too few.

    References
    ----------
    Said, S. E. and Dickey, D. A. (1984). Testing for unit roots in autoregressive-moving average
    models of unknown order. Biometrika 71(3).

    Examples
    --------
    >>> noise = np.random.default_rng(0).normal(size=500)
    >>> [bool(augmented_dickey_fuller(x, maxlag=1)[1] < 0.05) for x in (noise, noise.cumsum())]
    [True, False]
    """
    values = np.asarray(x, dtype=np.float64)
    needed = 2 * maxlag + 10
    if values.ndim != 1 or len(values) < needed or not np.isfinite(values).all() or np.ptp(values) == 0:
        raise bad_input(
            "x", f"one series of {needed} or more finite values that move",
            f"shape {values.shape}, {int((~np.isfinite(values)).sum())} not finite",
            "drop its warm-up, and a column that is constant",
        )  # fmt: skip
    from statsmodels.tsa.stattools import adfuller  # noqa: PLC0415 (takes seconds, and few callers need it)

    statistic, p_value, *_ = adfuller(values, maxlag=maxlag, regression="c", autolag=None)
    return float(statistic), float(p_value)


def smallest_stationary_d(
    columns: pd.DataFrame, *, grid: Sequence[float], maxlag: int, level: float
) -> float:
    """Choose the smallest order of differencing whose column passes the Dickey-Fuller test.

    Parameters
    ----------
    columns : DataFrame, shape (n, n_orders)
        One column per order of `grid`, in its order, as the set `fractional` gives them; train
        rows of one symbol in order of time. Rows with a NaN are left out, the same for all.
    grid : sequence of float
        The orders, ascending.
    maxlag : int
        Lagged differences of the test.
    level : float
        The unit root is rejected where the p-value is at most this; in (0, 1).

    Returns
    -------
    float
        The smallest order that passes; the largest of the grid where none does.

    Raises
    ------
    InputError
        When `columns` and `grid` do not fit, the grid does not ascend, `level` is no probability,
        or a column cannot be tested.

    References
    ----------
    Lopez de Prado, M. (2018). Advances in Financial Machine Learning, 5.6.

    Examples
    --------
    >>> walk = np.random.default_rng(1).normal(size=2000).cumsum()
    >>> grid = (0.1, 0.5, 1.0)
    >>> columns = pd.DataFrame({d: fractional_difference(walk, d=d, threshold=1e-3) for d in grid})
    >>> smallest_stationary_d(columns, grid=grid, maxlag=1, level=0.05)
    0.5
    """
    if columns.shape[1] != len(grid) or list(grid) != sorted(set(grid)) or not grid:
        raise bad_input(
            "grid", f"{columns.shape[1]} ascending orders, one per column", list(grid),
            "pass the grid that the columns were made with",
        )  # fmt: skip
    if not 0 < level < 1:
        raise bad_input("level", "in (0, 1)", level, "choose a level of significance such as 0.05")
    values = columns.to_numpy(np.float64)
    complete = values[np.isfinite(values).all(axis=1)]
    for place, d in enumerate(grid):
        if augmented_dickey_fuller(complete[:, place], maxlag=maxlag)[1] <= level:
            return float(d)
    return float(grid[-1])
