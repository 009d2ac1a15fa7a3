"""Resamples that keep what overlapping labels share: circular blocks of times, all symbols together."""

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from topoquant.lib.bars import interval_timedelta
from topoquant.lib.errors import bad_input
from topoquant.lib.validity.intervals_kernel import count_times

N_RESAMPLES = 2_000


def block_length(horizon: int, interval: str) -> int:
    """Give the bootstrap's block: ten horizons or one day, whichever is longer.

    Parameters
    ----------
    horizon : int
        Bars ahead.
    interval : str
        Length of a bar, such as "15m".

    Returns
    -------
    int
        Block length in bars.

    Examples
    --------
    >>> block_length(4, "15m"), block_length(30, "1d")
    (96, 300)
    """
    bars_a_day = int(pd.Timedelta(days=1) / interval_timedelta(interval))
    return max(10 * horizon, bars_a_day, 1)


def block_starts(n_times: int, *, block: int, seed: int, n_resamples: int = N_RESAMPLES) -> NDArray[np.int64]:
    """Draw the starts of the circular blocks of every resample.

    Parameters
    ----------
    n_times : int
        Number of distinct times.
    block : int
        Block length in distinct times; longer than `n_times` means one block.
    seed : int
        Seed of the draw.
    n_resamples : int
        Number of resamples.

    Returns
    -------
    ndarray of int64, shape (n_resamples, ceil(n_times / block))
        Positions in [0, n_times). The last block is cut so that a resample has `n_times` draws.

    Raises
    ------
    InputError
        If `block` or `n_times` is below 1.

    References
    ----------
    Politis and Romano (1992), "A circular block-resampling procedure for stationary data".

    Examples
    --------
    >>> block_starts(10, block=4, seed=0, n_resamples=5).shape
    (5, 3)
    """
    if block < 1 or n_times < 1:
        raise bad_input("block and n_times", "at least 1", (block, n_times), "give rows and a block length")
    n_blocks = -(-n_times // block)
    return np.random.default_rng(seed).integers(0, n_times, (n_resamples, n_blocks))


def block_bootstrap_weights(
    n_times: int, *, block: int, seed: int, n_resamples: int = N_RESAMPLES
) -> NDArray[np.int64]:
    """Count how often each resample draws each time (the plain form of what the kernels do).

    Parameters
    ----------
    n_times, block, seed, n_resamples
        As in `block_starts`.

    Returns
    -------
    ndarray of int64, shape (n_resamples, n_times)
        Multiplicities; each row sums to `n_times`.

    Examples
    --------
    >>> weights = block_bootstrap_weights(10, block=4, seed=0, n_resamples=5)
    >>> weights.sum(axis=1).tolist()
    [10, 10, 10, 10, 10]
    """
    starts = block_starts(n_times, block=block, seed=seed, n_resamples=n_resamples)
    weights = np.zeros((n_resamples, n_times), np.int64)
    for resample in range(n_resamples):
        count_times(starts[resample], min(block, n_times), weights[resample])
    return weights


def time_codes(time: ArrayLike) -> tuple[NDArray[np.int64], int]:
    """Give each row the place of its time among the sorted distinct times.

    Parameters
    ----------
    time : array-like of datetimes, shape (n,)
        In any order, with repeats.

    Returns
    -------
    tuple of (ndarray of int64, int)
        Place of each row in [0, n_times), and n_times.

    Examples
    --------
    >>> time_codes(pd.to_datetime(["2024-01-02", "2024-01-01", "2024-01-02"]))[0].tolist()
    [1, 0, 1]
    """
    instants = np.asarray(pd.DatetimeIndex(time).asi8)  # type: ignore[arg-type]
    distinct, code = np.unique(instants, return_inverse=True)
    return code.astype(np.int64), len(distinct)
