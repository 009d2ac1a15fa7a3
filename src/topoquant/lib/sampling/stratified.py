"""A train and a val set of contiguous times whose positive rates agree, purged at every border."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from topoquant.lib.errors import InputError, bad_input
from topoquant.lib.sampling.overlap import clear_rows, nanoseconds, row_intervals
from topoquant.lib.sampling.purged import Positions, block_span, distinct_instants

MAX_RATE_DIFFERENCE = 0.01
MAX_LEFT_OUT = 0.1
# The ranking counts the purge border by border, which is exact unless a row is near two borders.
N_TRIES = 20


@dataclass(frozen=True)
class StratifiedCut:
    """Where the rows went, and the two rates.

    Attributes
    ----------
    train, val, purged, embargoed : ndarray of int
        Ascending row positions; each row is in exactly one.
    train_rate, val_rate : float
        Fraction of positives of the rows that are left.
    """

    train: Positions
    val: Positions
    purged: Positions
    embargoed: Positions
    train_rate: float
    val_rate: float

    @property
    def n_rows(self) -> int:
        """Number of rows that were cut."""
        return len(self.train) + len(self.val) + len(self.purged) + len(self.embargoed)

    @property
    def left_out(self) -> float:
        """Fraction of all rows that the purge and the embargo took."""
        return (len(self.purged) + len(self.embargoed)) / self.n_rows


class StratifiedTemporalSplit:
    """One split into train and val; made by `stratified_temporal_split`, which says how."""

    def __init__(self, val: float, n_blocks: int, embargo: pd.Timedelta) -> None:
        if not 0 < val < 1:
            raise bad_input("val", "in (0, 1)", val, "pass the fraction of the distinct times")
        if n_blocks < 1:
            raise bad_input("n_blocks", "at least 1", n_blocks, "ask for one block of val or more")
        nanoseconds("embargo", embargo)
        self.val = val
        self.n_blocks = n_blocks
        self.embargo = embargo

    def get_n_splits(self, X: object = None, y: object = None, groups: object = None) -> int:  # noqa: ARG002
        """Return 1; all arguments are there for scikit-learn alone."""
        return 1

    def split(
        self, X: object, y: ArrayLike | None = None, groups: object = None, *, t0: ArrayLike, t1: ArrayLike  # noqa: ARG002
    ) -> Iterator[tuple[Positions, Positions]]:  # fmt: skip
        """Yield the one pair of (train, val) row positions.

        Parameters
        ----------
        X : array-like of length n, or None
            Only its length is looked at.
        y : array-like of 0 and 1, shape (n,)
            The label; needed.
        groups : object
            There for scikit-learn alone.
        t0, t1 : array-like of datetime or int, shape (n,)
            Decision time of each row and when its target is known, in any row order.

        Yields
        ------
        train, val : ndarray of int, ascending

        Raises
        ------
        InputError
            As `cut`.
        """
        row_intervals(X, t0, t1)
        cut = self.cut(y, t0=t0, t1=t1)
        yield cut.train, cut.val

    def cut(self, y: ArrayLike | None, *, t0: ArrayLike, t1: ArrayLike) -> StratifiedCut:
        """Return the two sets with the rows left out between them and both rates.

        Parameters
        ----------
        y : array-like of 0 and 1, shape (n,)
            The label.
        t0, t1 : array-like of datetime or int, shape (n,)
            Decision time of each row and when its target is known, in any row order.

        Returns
        -------
        StratifiedCut

        Raises
        ------
        InputError
            If the label is absent or not of 0 and 1, there are too few distinct times, the rates
            cannot be brought within 0.01, or purge and embargo take more than 0.1 of the rows.
        """
        label = _zeros_and_ones(y)
        start, end = row_intervals(label, t0, t1)
        distinct = distinct_instants(start)
        begins, lengths = self._layout(len(distinct))
        at = np.searchsorted(distinct, start)
        reach = nanoseconds("embargo", self.embargo)
        refusal: InputError | None = None
        for shift in _best_shifts(distinct, at, end, label, begins, lengths, reach)[:N_TRIES]:
            cut = _cut_at(start, end, label, _blocks_of(at, len(distinct), begins + shift, lengths), reach)
            objection = _objection(cut, self.n_blocks)
            if objection is None:
                return cut
            refusal = refusal or objection
        raise refusal or AssertionError("there is a shift to try wherever there is a layout")

    def _layout(self, n_times: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return where, among the distinct times, each block begins before any shift, and its length."""
        n_val = round(self.val * n_times)
        if not self.n_blocks <= n_val <= n_times - self.n_blocks:
            raise bad_input(
                "distinct times of val", f"in [{self.n_blocks}, {n_times - self.n_blocks}] for n_blocks "
                f"{self.n_blocks} of {n_times} distinct times", f"{n_val} (val {self.val})",
                "ask for fewer blocks, change val or load more bars",
            )  # fmt: skip
        numbers = np.arange(self.n_blocks)
        return numbers * n_times // self.n_blocks, np.diff(
            np.append(numbers, self.n_blocks) * n_val // self.n_blocks
        )


def stratified_temporal_split(*, val: float, n_blocks: int, embargo: pd.Timedelta) -> StratifiedTemporalSplit:
    """Choose contiguous blocks of val such that the positive rates of train and val agree within 0.01.

    A base rate that drifts gives the last stretch of time a rate of its own; thresholds and
    losses chosen there mean nothing elsewhere. Here `n_blocks` blocks of equal length and equal
    distance are shifted along the times together (past the end they go on at the beginning),
    and the shift whose rates agree best after purging is taken, of equals the least. Averaged
    over all shifts, val has the rate of all rows, and one step moves it by a row or two per block:
    without a purge some shift always comes that near.

    Train rows are purged when their closed interval [t0, t1] meets the span from the first t0
    to the last t1 of a block (touching ends meet), and embargoed when they start no later than
    `embargo` after that last t1. Rows of one instant stay together whatever their symbol.

    The labels choose the rows: such a val set serves choices, never claims, and no threshold may
    be fitted on its rate. Cut the test set off by time, before.

    Parameters
    ----------
    val : float
        Fraction of the distinct times, in (0, 1).
    n_blocks : int
        Blocks of val, at least 1. More of them see more of the history and purge more of it.
    embargo : Timedelta
        Time left out after each block.

    Returns
    -------
    StratifiedTemporalSplit
        With scikit-learn's `split(X, y, *, t0, t1)` and `get_n_splits`, and with
        `cut(y, *, t0, t1)`, which also counts the purged rows and gives both rates.

    Raises
    ------
    InputError
        If `val` or `n_blocks` is out of range, or the embargo is negative or has no unit.

    Examples
    --------
    One row in four is positive, but none of the last 15, which a cut at a border would make val:

    >>> y = (np.arange(100) % 4 == 0) & (np.arange(100) < 85)
    >>> t0 = pd.date_range("2024-01-01", periods=100, freq="h", tz="UTC")
    >>> splitter = stratified_temporal_split(val=0.15, n_blocks=1, embargo=pd.Timedelta(0))
    >>> cut = splitter.cut(y, t0=t0, t1=t0 + pd.Timedelta("1h"))
    >>> len(cut.train), len(cut.val), len(cut.purged), round(cut.train_rate, 3), round(cut.val_rate, 3)
    (83, 15, 2, 0.205, 0.2)
    """
    return StratifiedTemporalSplit(val, n_blocks, embargo)


def _zeros_and_ones(y: ArrayLike | None) -> NDArray[np.float64]:
    """Return the label as floats, refusing what has no positive rate."""
    if y is None:
        raise bad_input("y", "the label of each row", None, "pass y: the blocks are chosen by its rate")
    label = np.asarray(y, dtype=np.float64)
    n_other = np.count_nonzero((label != 0) & (label != 1))
    if n_other:
        raise bad_input("y", "0 or 1 in every row", f"{n_other} other values", "drop or recode those rows")
    return label


def _best_shifts(
    distinct: NDArray[np.int64], at: NDArray[np.intp], end: NDArray[np.int64], label: NDArray[np.float64],
    begins: NDArray[np.int64], lengths: NDArray[np.int64], embargo: int,
) -> NDArray[np.intp]:  # fmt: skip
    """Return all shifts: those that leave out few enough rows first, then by difference of the rates."""
    n_times = len(distinct)
    shifts = np.arange(-(-n_times // len(begins)))
    known = np.searchsorted(distinct, end, side="right")
    latest = np.full(n_times, np.iinfo(np.int64).min)
    np.maximum.at(latest, at, end)
    over = np.searchsorted(distinct, np.maximum.accumulate(latest) + embargo, side="right")
    first = begins + shifts[:, None]
    counts = []
    for weights in (np.ones(len(label)), label):
        of_time = np.bincount(at, weights, minlength=n_times)
        until = np.append(0, np.cumsum(of_time))
        before = until[:-1] - np.cumsum(np.bincount(known, weights, minlength=n_times + 1))[:-1]
        after = np.append(0, until[over[:-1]] - until[1:-1])
        twice = np.append(0, np.cumsum(np.tile(of_time, 2)))
        in_val = (twice[first + lengths] - twice[first]).sum(axis=1)
        lost = (before[first % n_times] + after[(first + lengths) % n_times]).sum(axis=1)
        counts.append((in_val, lost, until[-1] - in_val - lost))
    (n_val, n_lost, n_train), (val, _, train) = counts
    difference = np.abs(train / np.maximum(n_train, 1) - val / n_val)
    return np.lexsort((difference, n_lost > MAX_LEFT_OUT * len(label)))


def _blocks_of(
    at: NDArray[np.intp], n_times: int, begins: NDArray[np.int64], lengths: NDArray[np.int64]
) -> list[NDArray[np.bool_]]:
    """Return the rows of each contiguous block; one that passes the end makes two."""
    blocks = [(at >= begin) & (at < begin + length) for begin, length in zip(begins, lengths, strict=True)]
    wrapped = at < begins[-1] + lengths[-1] - n_times
    return [rows for rows in (*blocks, wrapped) if rows.any()]


def _cut_at(
    start: NDArray[np.int64], end: NDArray[np.int64], label: NDArray[np.float64],
    blocks: list[NDArray[np.bool_]], embargo: int,
) -> StratifiedCut:  # fmt: skip
    """Hold out the blocks and keep the train rows clear of each."""
    val = np.logical_or.reduce(blocks)
    spans = [block_span(start, end, block) for block in blocks]
    disjoint = np.logical_and.reduce([clear_rows(start, end, span=span, embargo=0) for span in spans])
    clear = np.logical_and.reduce([clear_rows(start, end, span=span, embargo=embargo) for span in spans])
    return StratifiedCut(
        train=np.flatnonzero(clear),
        val=np.flatnonzero(val),
        purged=np.flatnonzero(~disjoint & ~val),
        embargoed=np.flatnonzero(disjoint & ~clear),
        train_rate=float(label[clear].mean()) if clear.any() else float("nan"),
        val_rate=float(label[val].mean()),
    )


def _objection(cut: StratifiedCut, n_blocks: int) -> InputError | None:
    """Return why a cut is refused, or None."""
    counts = f"purged {len(cut.purged)}, embargoed {len(cut.embargoed)} of {cut.n_rows}, n_blocks {n_blocks}"
    if cut.left_out > MAX_LEFT_OUT or len(cut.train) == 0:
        return bad_input(
            "fraction of rows left out by purge and embargo", f"at most {MAX_LEFT_OUT}",
            f"{cut.left_out:.3f} ({counts})",
            "ask for fewer blocks, shorten the horizon or the embargo, or load more bars",
        )  # fmt: skip
    difference = abs(cut.train_rate - cut.val_rate)
    if difference > MAX_RATE_DIFFERENCE:
        return bad_input(
            "difference of the positive rates", f"at most {MAX_RATE_DIFFERENCE}",
            f"{difference:.4f} at best (train {cut.train_rate:.4f} of {len(cut.train)} rows, "
            f"val {cut.val_rate:.4f} of {len(cut.val)})",
            "load more bars, raise val or ask for fewer blocks",
        )  # fmt: skip
    return None
