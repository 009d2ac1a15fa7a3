"""Purged and embargoed K-fold (Lopez de Prado, 2018, ch. 7), by instants, never by indices."""

from collections.abc import Iterator

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from topoquant.lib.errors import bad_input
from topoquant.lib.sampling.overlap import instants

Positions = NDArray[np.intp]


def time_blocks(times: NDArray[np.int64], n_blocks: int) -> NDArray[np.int64]:
    """Assign rows to contiguous blocks of time that hold equally many distinct instants.

    Parameters
    ----------
    times : ndarray of int64, shape (n,)
        Instants in any order; rows of one instant share a block whatever their symbol.
    n_blocks : int
        At most the number of distinct instants.

    Returns
    -------
    ndarray of int64, shape (n,)
        Block of each row, 0 for the earliest.

    Raises
    ------
    InputError
        If there are fewer distinct instants than blocks.

    Examples
    --------
    >>> time_blocks(np.array([10, 20, 30, 40, 10, 20]), 2)
    array([0, 0, 1, 1, 0, 0])
    """
    distinct = np.unique(times)
    if not 1 <= n_blocks <= len(distinct):
        raise bad_input(
            "number of folds", f"in [1, {len(distinct)}] for {len(distinct)} distinct times", n_blocks,
            "ask for fewer folds or load more bars",
        )  # fmt: skip
    sizes = np.full(n_blocks, len(distinct) // n_blocks)
    sizes[: len(distinct) % n_blocks] += 1
    starts = distinct[np.cumsum(sizes) - sizes]
    return np.searchsorted(starts, times, side="right").astype(np.int64) - 1


class PurgedKFold:
    """Hold out each block of time once; train on the rows whose interval keeps clear of it.

    A train row is purged when its closed interval [t0, t1] meets the span from the first t0
    to the last t1 of the held-out block (touching ends meet), and embargoed when it starts
    no later than `embargo` after that last t1.

    Parameters
    ----------
    n_splits : int
        Number of blocks, at least 2.
    embargo : Timedelta
        Time left out after each held-out block.

    Raises
    ------
    InputError
        If `n_splits` is below 2 or the embargo is negative.

    References
    ----------
    Lopez de Prado, M. (2018), Advances in Financial Machine Learning, sections 7.4.1-7.4.3.

    Examples
    --------
    >>> t0 = pd.date_range("2024-01-01", periods=6, freq="h", tz="UTC")
    >>> folds = PurgedKFold(3, embargo=pd.Timedelta(0))
    >>> [train.tolist() for train, _ in folds.split(t0, t0=t0, t1=t0 + pd.Timedelta("1h"))]
    [[3, 4, 5], [0, 5], [0, 1, 2]]
    """

    def __init__(self, n_splits: int, embargo: pd.Timedelta) -> None:
        if n_splits < 2:
            raise bad_input("n_splits", "at least 2", n_splits, "hold out two blocks or more")
        if embargo < pd.Timedelta(0):
            raise bad_input("embargo", "not negative", embargo, "pass the time to leave out after a block")
        self.n_splits = n_splits
        self.embargo = embargo

    def get_n_splits(self, X: object = None, y: object = None, groups: object = None) -> int:  # noqa: ARG002
        """Return the number of splits; all arguments are there for scikit-learn alone."""
        return self.n_splits

    def split(
        self,
        X: object,  # noqa: ARG002
        y: object = None,  # noqa: ARG002
        groups: object = None,  # noqa: ARG002
        *,
        t0: ArrayLike,
        t1: ArrayLike,
    ) -> Iterator[tuple[Positions, Positions]]:
        """Yield the (train, test) row positions of each block, earliest block first.

        Parameters
        ----------
        X, y, groups : object
            Not looked at: the split depends on times alone.
        t0, t1 : array-like of datetime or int, shape (n,)
            Decision time of each row and when its target is known, in any row order.

        Yields
        ------
        train, test : ndarray of int, ascending
            Every row is in exactly one `test`.

        Raises
        ------
        InputError
            If a time is missing, there are too few rows, or purging leaves a fold no train row.
        """
        start, end = instants(t0), instants(t1)
        blocks = time_blocks(start, self.n_splits)
        for block in range(self.n_splits):
            held_out = blocks == block
            yield _fold(start, end, held_out, self.embargo, block)


def fold_rows(rows: pd.DataFrame, *, embargo: pd.Timedelta) -> list[tuple[Positions, Positions]]:
    """Derive each fold's (train, held-out) row positions from the stored fold numbers.

    Parameters
    ----------
    rows : DataFrame
        With `time`, `t1`, `set` and `fold`, of any symbols in any order (`Samples.rows`).
        Rows whose set is not "train" are in neither part of any fold.
    embargo : Timedelta
        Time left out after a held-out block.

    Returns
    -------
    list of (train_positions, held_out_positions)
        Ascending positions in `rows`, in ascending order of fold number. Each train row is
        held out exactly once; purged and embargoed as in `PurgedKFold`, across symbols.

    Raises
    ------
    InputError
        If there are fewer than two folds or a fold is left without train rows.

    Examples
    --------
    >>> time = pd.date_range("2024-01-01", periods=5, freq="h", tz="UTC")
    >>> rows = pd.DataFrame({"time": time, "t1": time + pd.Timedelta("1h"), "set": "train",
    ...                      "fold": [0, 0, 1, 1, 1]})
    >>> [(train.tolist(), held.tolist()) for train, held in fold_rows(rows, embargo=pd.Timedelta(0))]
    [([3, 4], [0, 1]), ([0], [2, 3, 4])]
    """
    positions = np.flatnonzero((rows["set"] == "train").to_numpy())
    fold = rows["fold"].to_numpy()[positions]
    numbers = np.unique(fold)
    if len(numbers) < 2:
        raise bad_input(
            "folds of the train rows", "at least 2", numbers.tolist(), "split the train rows by time first"
        )
    start, end = instants(rows["time"])[positions], instants(rows["t1"])[positions]
    folds = [_fold(start, end, fold == number, embargo, int(number)) for number in numbers]
    return [(positions[train], positions[held_out]) for train, held_out in folds]


def _fold(
    start: NDArray[np.int64], end: NDArray[np.int64], held_out: NDArray[np.bool_],
    embargo: pd.Timedelta, number: int,
) -> tuple[Positions, Positions]:  # fmt: skip
    """Return (train, held-out) positions of one fold."""
    block_start, block_end = start[held_out].min(), end[held_out].max()
    clear = (end < block_start) | (start > block_end + embargo.value)
    train = np.flatnonzero(clear & ~held_out)
    if len(train) == 0:
        raise bad_input(
            f"train rows of fold {number}", "at least 1 after purging and embargo", 0,
            "load more bars, shorten the horizon or the embargo, or ask for fewer folds",
        )  # fmt: skip
    return train, np.flatnonzero(held_out)
