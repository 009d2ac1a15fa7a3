"""Intervals by block bootstrap that hold their level with few blocks, and of proportions."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import norm
from scipy.stats import t as student

from topoquant.lib.errors import bad_input
from topoquant.lib.validity.binary import checked_labels
from topoquant.lib.validity.intervals_kernel import resample_auc, resample_means
from topoquant.lib.validity.resampling import N_RESAMPLES, block_bootstrap_weights, block_starts, time_codes

LEVEL = 0.99


class Interval(NamedTuple):
    """A statistic and its bounds; the bounds are NaN where fewer than two blocks fit the data."""

    value: float
    low: float
    high: float

    def excludes(self, reference: float) -> bool:
        """Whether `reference` lies outside; never when the bounds are NaN."""
        return bool(self.low > reference or self.high < reference)


def bootstrap_bounds(
    value: float, replicates: NDArray[np.float64], *, n_blocks: float, level: float = LEVEL,
    sided: int = 2,
) -> Interval:  # fmt: skip
    """Turn bootstrap replicates into bounds that hold their level with few blocks.

    The distance of the percentile from `value` is stretched by t / z at `n_blocks` - 1 degrees of
    freedom, for the spread is estimated from that many blocks, and by 1 / sqrt(1 - 1 / n_blocks),
    which the circular scheme loses. With 30 blocks the factor is 1.07. Without it, a one-sided
    0.99 bound on noise fails in 1.8 % of cases with 30 blocks and in 6 % with three.

    Parameters
    ----------
    value : float
        The statistic on the data.
    replicates : ndarray, shape (n_resamples,)
        The statistic on the resamples; NaN (undefined on a resample) is left out.
    n_blocks : float
        Number of distinct times over block length.
    level : float
        Coverage in (0, 1).
    sided : {1, 2}
        1 puts all the error on either side alone, so that `low` is a one-sided bound at `level`.

    Returns
    -------
    Interval
        Bounds NaN with fewer than two blocks, or when `value` is NaN.

    Examples
    --------
    >>> draws = np.random.default_rng(0).standard_normal(100_000)
    >>> [round(bound, 1) for bound in bootstrap_bounds(0.0, draws, n_blocks=1e9, level=0.95)]
    [0.0, -2.0, 2.0]
    """
    defined = replicates[np.isfinite(replicates)]
    if n_blocks < 2 or not np.isfinite(value) or not defined.size:
        return Interval(value, float("nan"), float("nan"))
    tail = (1 - level) / sided
    stretch = student.ppf(1 - tail, n_blocks - 1) / norm.ppf(1 - tail) / np.sqrt(1 - 1 / n_blocks)
    low, high = np.quantile(defined, [tail, 1 - tail])
    return Interval(value, float(value - stretch * (value - low)), float(value + stretch * (high - value)))


def bootstrap_interval(
    time: ArrayLike, statistic: Callable[[NDArray[np.int64]], float], *, block: int, seed: int,
    level: float = LEVEL, n_resamples: int = N_RESAMPLES,
) -> Interval:  # fmt: skip
    """Bound any statistic of weighted rows by resampling blocks of times.

    Parameters
    ----------
    time : array-like of datetimes, shape (n,)
        Time of each row, in any order; rows of one time (several symbols) are drawn together.
    statistic : callable
        Takes the integer weight of each row, shape (n,), gives a number (NaN if undefined).
    block : int
        Block length in distinct times.
    seed, level, n_resamples
        As in `block_starts` and `bootstrap_bounds`.

    Returns
    -------
    Interval
        Two-sided.

    Examples
    --------
    >>> import pandas as pd
    >>> time = pd.date_range("2024", periods=400, freq="15min", tz="UTC")
    >>> rows = np.tile([0.0, 1.0], 200)
    >>> bootstrap_interval(time, lambda w: float(w @ rows / w.sum()), block=10, seed=0).value
    0.5
    """
    code, n_times = time_codes(time)
    weights = block_bootstrap_weights(n_times, block=block, seed=seed, n_resamples=n_resamples)
    replicates = np.array([statistic(row[code]) for row in weights], float)
    value = float(statistic(np.ones(len(code), np.int64)))
    return bootstrap_bounds(value, replicates, n_blocks=n_times / block, level=level)


def bootstrap_auc(
    time: ArrayLike, label: ArrayLike, score: ArrayLike, *, block: int, seed: int,
    level: float = LEVEL, n_resamples: int = N_RESAMPLES,
) -> Interval:  # fmt: skip
    """Bound the area under the ROC curve; one sort serves all resamples.

    Parameters
    ----------
    time : array-like of datetimes, shape (n,)
        Time of each row, in any order.
    label : array-like, shape (n,)
        0 or 1.
    score : array-like, shape (n,)
        Higher means more likely 1; ties count one half.
    block, seed, level, n_resamples
        As in `bootstrap_interval`.

    Returns
    -------
    Interval
        All NaN when one class is absent.

    Raises
    ------
    InputError
        If a label is neither 0 nor 1 or a score is NaN.

    Examples
    --------
    >>> import pandas as pd
    >>> time = pd.date_range("2024", periods=400, freq="15min", tz="UTC")
    >>> label = np.tile([0, 1], 200)
    >>> bootstrap_auc(time, label, label * 2.0, block=10, seed=0)
    Interval(value=1.0, low=1.0, high=1.0)
    """
    positive, values = checked_labels(label, score)
    code, n_times = time_codes(time)
    order = np.argsort(values, kind="stable")
    ranked = values[order]
    last_of_tie = np.append(ranked[1:] != ranked[:-1], True)
    starts = block_starts(n_times, block=block, seed=seed, n_resamples=n_resamples)
    table = (code[order], positive[order], last_of_tie)
    value = float(resample_auc(np.zeros((1, 1), np.int64), n_times, n_times, *table)[0])
    replicates = resample_auc(starts, min(block, n_times), n_times, *table)
    bounds = bootstrap_bounds(value, replicates, n_blocks=n_times / block, level=level)
    # Bounds are stretched where blocks are few; an AUC still lies in [0, 1].
    return Interval(bounds.value, *(float(np.clip(bound, 0.0, 1.0)) for bound in bounds[1:]))


def bootstrap_mean(
    time: ArrayLike, value: ArrayLike, *, block: int, seed: int, level: float = LEVEL,
    sided: int = 2, n_resamples: int = N_RESAMPLES,
) -> Interval:  # fmt: skip
    """Bound a mean over rows.

    Parameters
    ----------
    time : array-like of datetimes, shape (n,)
        Time of each row, in any order.
    value : array-like, shape (n,)
        Finite numbers.
    block, seed, level, sided, n_resamples
        As in `bootstrap_interval` and `bootstrap_bounds`.

    Returns
    -------
    Interval
        In the unit of `value`.

    Raises
    ------
    InputError
        If a value is not finite.

    Examples
    --------
    >>> import pandas as pd
    >>> time = pd.date_range("2024", periods=400, freq="15min", tz="UTC")
    >>> bootstrap_mean(time, np.ones(400), block=10, seed=0)
    Interval(value=1.0, low=1.0, high=1.0)
    """
    values, replicates, n_blocks = mean_replicates(
        time, value, block=block, seed=seed, n_resamples=n_resamples
    )
    return bootstrap_bounds(float(values.mean()), replicates, n_blocks=n_blocks, level=level, sided=sided)


def mean_replicates(
    time: ArrayLike, value: ArrayLike, *, block: int, seed: int, n_resamples: int = N_RESAMPLES
) -> tuple[NDArray[np.float64], NDArray[np.float64], float]:
    """Give the values as floats, their mean on each resample, and the number of blocks.

    Parameters
    ----------
    time, value, block, seed, n_resamples
        As in `bootstrap_mean`.

    Returns
    -------
    tuple of (ndarray (n,), ndarray (n_resamples,), float)
        Values, resampled means, distinct times over block length.

    Examples
    --------
    >>> import pandas as pd
    >>> time = pd.date_range("2024", periods=40, freq="15min", tz="UTC")
    >>> mean_replicates(time, np.ones(40), block=10, seed=0, n_resamples=3)[1].tolist()
    [1.0, 1.0, 1.0]
    """
    values = np.asarray(value, float)
    if not np.isfinite(values).all():
        n_bad = int((~np.isfinite(values)).sum())
        raise bad_input("value", "finite", f"{n_bad} rows that are not", "drop rows without a value first")
    code, n_times = time_codes(time)
    total = np.bincount(code, values, n_times)
    n_rows = np.bincount(code, minlength=n_times).astype(float)
    starts = block_starts(n_times, block=block, seed=seed, n_resamples=n_resamples)
    return values, resample_means(starts, min(block, n_times), total, n_rows), n_times / block
