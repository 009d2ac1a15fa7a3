"""Purged and embargoed K-fold (Lopez de Prado, 2018, ch. 7), by instants, never by indices."""

from collections.abc import Iterator

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from topoquant.lib.errors import InputError, bad_input
from topoquant.lib.sampling.overlap import clear_rows, instants, nanoseconds, row_intervals

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
    distinct = distinct_instants(times)
    if not 1 <= n_blocks <= len(distinct):
        raise bad_input(
            "number of folds", f"in [1, {len(distinct)}] for {len(distinct)} distinct times", n_blocks,
            "ask for fewer folds or load more bars",
        )  # fmt: skip
    sizes = np.full(n_blocks, len(distinct) // n_blocks)
    sizes[: len(distinct) % n_blocks] += 1
    starts = distinct[np.cumsum(sizes) - sizes]
    if _in_time_order(times):
        return np.repeat(np.arange(n_blocks), np.diff(np.searchsorted(times, starts), append=len(times)))
    return np.searchsorted(starts, times, side="right").astype(np.int64, copy=False) - 1


def distinct_instants(times: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the distinct instants, ascending.

    Parameters
    ----------
    times : ndarray of int64, shape (n,)
        Instants in any order; rows in the order of time, or symbol after symbol, are fastest.

    Returns
    -------
    ndarray of int64

    Examples
    --------
    >>> distinct_instants(np.array([30, 10, 30]))
    array([10, 30])
    """
    ordered = times if _in_time_order(times) else np.sort(times, kind="stable")
    return ordered[np.append(np.ones(len(ordered[:1]), dtype=bool), ordered[1:] != ordered[:-1])]


def _in_time_order(times: NDArray[np.int64]) -> bool:
    """Return whether no row is earlier than the one before it, so that nothing needs a sort."""
    return bool((times[1:] >= times[:-1]).all())


def block_span(
    start: NDArray[np.int64], end: NDArray[np.int64], held_out: NDArray[np.bool_]
) -> tuple[int, int]:
    """Return the first start and the last end of the held-out rows: what train rows keep clear of.

    Parameters
    ----------
    start, end : ndarray of int64, shape (n,)
        Instants of each row, in any row order.
    held_out : ndarray of bool, shape (n,)
        At least one row.

    Returns
    -------
    tuple of int

    Examples
    --------
    >>> block_span(np.array([1, 2, 3]), np.array([9, 5, 4]), np.array([False, True, True]))
    (2, 5)
    """
    return int(start[held_out].min()), int(end[held_out].max())


def no_train_rows(fold: object) -> InputError:
    """Build the refusal of a fold that purging and embargo leave without train rows.

    Parameters
    ----------
    fold : object
        Its number, or the numbers of its test blocks.

    Returns
    -------
    InputError

    Examples
    --------
    >>> no_train_rows(3).args[0][:51]
    'train rows of fold 3 must be at least 1 after purgi'
    """
    return bad_input(
        f"train rows of fold {fold}", "at least 1 after purging and embargo", 0,
        "load more bars, shorten the horizon or the embargo, or ask for fewer folds",
    )  # fmt: skip


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
        nanoseconds("embargo", embargo)
        self.n_splits = n_splits
        self.embargo = embargo

    def get_n_splits(self, X: object = None, y: object = None, groups: object = None) -> int:  # noqa: ARG002
        """Return the number of splits; all arguments are there for scikit-learn alone."""
        return self.n_splits

    def split(
        self, X: object, y: object = None, groups: object = None, *, t0: ArrayLike, t1: ArrayLike  # noqa: ARG002
    ) -> Iterator[tuple[Positions, Positions]]:  # fmt: skip
        """Yield the (train, test) row positions of each block, earliest block first.

        Parameters
        ----------
        X : array-like of length n, or None
            Only its length is looked at: the split depends on times alone.
        y, groups : object
            There for scikit-learn alone.
        t0, t1 : array-like of datetime or int, shape (n,)
            Decision time of each row and when its target is known, in any row order.

        Yields
        ------
        train, test : ndarray of int, ascending
            Every row is in exactly one `test`.

        Raises
        ------
        InputError
            If a time is missing, a row ends before it starts, there are too few rows, or purging
            leaves any fold no train row (all are looked at before the first is given).
        """
        start, end = row_intervals(X, t0, t1)
        blocks = time_blocks(start, self.n_splits)
        numbers = range(self.n_splits)
        clear = [_clear_of(start, end, blocks == block, self.embargo, block) for block in numbers]
        for block in numbers:
            yield np.flatnonzero(clear[block]), np.flatnonzero(blocks == block)


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
    held_out = [fold == number for number in numbers]
    clear = [_clear_of(start, end, held_out[i], embargo, int(number)) for i, number in enumerate(numbers)]
    return [(positions[train], positions[held]) for train, held in zip(clear, held_out, strict=True)]


def _clear_of(
    start: NDArray[np.int64], end: NDArray[np.int64], held_out: NDArray[np.bool_],
    embargo: pd.Timedelta, number: int,
) -> NDArray[np.bool_]:  # fmt: skip
    """Mark the train rows of the fold that holds out the given rows."""
    span = block_span(start, end, held_out)
    clear = clear_rows(start, end, span=span, embargo=nanoseconds("embargo", embargo))
    if not clear.any():
        raise no_train_rows(number)
    return clear
