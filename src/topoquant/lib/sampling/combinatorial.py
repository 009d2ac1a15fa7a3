"""Combinatorial purged cross-validation and its back-test paths (Lopez de Prado, 2018, ch. 12)."""

from collections.abc import Iterator, Sequence
from itertools import combinations
from math import comb

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from topoquant.lib.errors import bad_input
from topoquant.lib.sampling.overlap import clear_rows, instants, nanoseconds, row_intervals
from topoquant.lib.sampling.purged import Positions, block_span, no_train_rows, time_blocks


class CombinatorialPurgedKFold:
    """Hold out every choice of k among N blocks of time; their tests join to C(N, k) k / N whole paths.

    Each block is tested in C(N-1, k-1) splits. Taking a block's first test for the first path,
    its second for the second and so on gives as many paths over all rows: that many back-tests
    in place of one, each row predicted once per path by a model that kept clear of it.

    A train row is purged when its closed interval [t0, t1] meets the span from the first t0 to
    the last t1 of any held-out block (touching ends meet), and embargoed when it starts no later
    than `embargo` after that last t1. Rows of one instant share a block whatever their symbol.

    Parameters
    ----------
    n_splits : int
        N, the number of blocks of time, at least 2; they hold equally many distinct instants.
    n_test_splits : int
        k, the number of blocks held out at once, in [1, N).
    embargo : Timedelta
        Time left out after each held-out block.

    Attributes
    ----------
    n_paths : int
        C(N, k) k / N = C(N-1, k-1).

    Raises
    ------
    InputError
        If a number is out of range or the embargo is negative or has no unit.

    References
    ----------
    Lopez de Prado, M. (2018), Advances in Financial Machine Learning, sections 12.3-12.4.

    Examples
    --------
    >>> folds = CombinatorialPurgedKFold(6, 2, embargo=pd.Timedelta(0))
    >>> folds.get_n_splits(), folds.n_paths
    (15, 5)
    """

    def __init__(self, n_splits: int, n_test_splits: int, embargo: pd.Timedelta) -> None:
        if n_splits < 2:
            raise bad_input("n_splits", "at least 2", n_splits, "cut time into two blocks or more")
        if not 1 <= n_test_splits < n_splits:
            raise bad_input(
                "n_test_splits", f"in [1, {n_splits}) for n_splits {n_splits}", n_test_splits,
                "leave a block to train on",
            )  # fmt: skip
        nanoseconds("embargo", embargo)
        self.n_splits = n_splits
        self.n_test_splits = n_test_splits
        self.embargo = embargo

    @property
    def n_paths(self) -> int:
        """Number of paths, which is how often each row is tested."""
        return comb(self.n_splits - 1, self.n_test_splits - 1)

    def get_n_splits(self, X: object = None, y: object = None, groups: object = None) -> int:  # noqa: ARG002
        """Return the number of splits, C(N, k); all arguments are there for scikit-learn alone."""
        return comb(self.n_splits, self.n_test_splits)

    def split(
        self, X: object, y: object = None, groups: object = None, *, t0: ArrayLike, t1: ArrayLike  # noqa: ARG002
    ) -> Iterator[tuple[Positions, Positions]]:  # fmt: skip
        """Yield the (train, test) row positions of each choice of blocks, in lexicographic order.

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
            Every row is in exactly `n_paths` of the `test`.

        Raises
        ------
        InputError
            If a time is missing, a row ends before it starts, there are fewer distinct times than
            blocks, or purging leaves any split no train row (all are looked at before the first is given).

        Examples
        --------
        >>> t0 = pd.date_range("2024-01-01", periods=9, freq="h", tz="UTC")
        >>> folds = CombinatorialPurgedKFold(3, 2, embargo=pd.Timedelta(0))
        >>> [train.tolist() for train, _ in folds.split(None, t0=t0, t1=t0 + pd.Timedelta("1h"))]
        [[7, 8], [4], [0, 1]]
        """
        start, end = row_intervals(X, t0, t1)
        blocks = time_blocks(start, self.n_splits)
        embargo = nanoseconds("embargo", self.embargo)
        inside = np.stack([blocks == block for block in range(self.n_splits)])
        spans = [block_span(start, end, of_block) for of_block in inside]
        clear = np.stack([clear_rows(start, end, span=span, embargo=embargo) for span in spans])
        for held_out in self._choices():
            if not clear[held_out].all(axis=0).any():
                raise no_train_rows(f"with test blocks {held_out}")
        for held_out in self._choices():
            yield (
                np.flatnonzero(clear[held_out].all(axis=0)),
                np.flatnonzero(inside[held_out].any(axis=0)),
            )

    def paths(self) -> NDArray[np.int64]:
        """Return which split tests each block in each path.

        Returns
        -------
        ndarray of int64, shape (n_paths, n_splits)
            Entry (p, b) is the number of the split, in the order of `split`, whose test of block
            b belongs to path p. Within a column every split that tests the block occurs once.

        Examples
        --------
        The first two of the five paths of the book's figure 12.2, counted from 0:

        >>> CombinatorialPurgedKFold(6, 2, embargo=pd.Timedelta(0)).paths()[:2]
        array([[0, 0, 1, 2, 3, 4],
               [1, 5, 5, 6, 7, 8]])
        """
        tested = np.zeros((self.get_n_splits(), self.n_splits), dtype=bool)
        for number, held_out in enumerate(self._choices()):
            tested[number, held_out] = True
        return np.nonzero(tested.T)[1].reshape(self.n_splits, self.n_paths).T.copy()

    def join_paths(self, values: Sequence[ArrayLike], *, t0: ArrayLike) -> NDArray[np.generic]:
        """Join what each split says of its test rows into one value per row and path.

        Parameters
        ----------
        values : sequence of array-like
            One per split, in the order of `split`; its rows are those of that split's `test`.
        t0 : array-like of datetime or int, shape (n,)
            The decision times that were split, in the same row order.

        Returns
        -------
        ndarray, shape (n_paths, n, ...)
            In the row order of `t0`; whatever follows the rows of `values` follows here.

        Raises
        ------
        InputError
            If the number of splits or a split's number of rows is another.

        Examples
        --------
        >>> t0 = np.arange(4)
        >>> folds = CombinatorialPurgedKFold(4, 2, embargo=pd.Timedelta(0))
        >>> splits = list(folds.split(None, t0=t0, t1=t0))
        >>> folds.join_paths([10 * number + test for number, (_, test) in enumerate(splits)], t0=t0)
        array([[ 0,  1, 12, 23],
               [10, 31, 32, 43],
               [20, 41, 52, 53]])
        """
        blocks = time_blocks(instants(t0), self.n_splits)
        if len(values) != self.get_n_splits():
            raise bad_input(
                "values", f"of {self.get_n_splits()} splits", len(values), "pass those of every split"
            )
        arrays = [np.asarray(of_split) for of_split in values]
        joined = np.empty((self.n_paths, len(blocks), *arrays[0].shape[1:]), dtype=np.result_type(*arrays))
        n_tested = np.zeros(self.n_splits, dtype=int)
        for number, held_out in enumerate(self._choices()):
            test = np.flatnonzero(np.isin(np.arange(self.n_splits), held_out)[blocks])
            if len(arrays[number]) != len(test):
                raise bad_input(
                    f"values of split {number}", f"{len(test)} rows long, as its test is",
                    len(arrays[number]), "pass one value per test row, in their order",
                )  # fmt: skip
            joined[n_tested[blocks[test]], test] = arrays[number]
            n_tested[held_out] += 1
        return joined

    def _choices(self) -> Iterator[list[int]]:
        """Yield the numbers of the blocks that each split holds out."""
        return map(list, combinations(range(self.n_splits), self.n_test_splits))
