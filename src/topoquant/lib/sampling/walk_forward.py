"""Walk-forward splits: refit on what is known, test on what comes next, step on."""

from collections.abc import Iterator

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from topoquant.lib.errors import bad_input
from topoquant.lib.sampling.overlap import instants, nanoseconds, row_intervals
from topoquant.lib.sampling.purged import Positions, distinct_instants, no_train_rows

REMEDY = (
    "lengthen train_length or test_length, shorten the horizon or the embargo, or load bars without the gap"
)


class WalkForward:
    """Refit at regular instants on past rows alone; test each fit on the rows of the time after it.

    Fit k happens at s_k = first t0 + `train_length` + k `step`, for as long as rows start at or
    after it. It tests the rows with t0 in [s_k, s_k + `test_length`) and trains on rows with
    t0 < s_k that are purged by their own t1: of those, the ones with t1 + `embargo` < s_k, in
    the last `train_length` (rolling) or since the first row (expanding). Lengths are times, so
    that a gap costs rows and moves no border, and all symbols are cut at the same instants.

    Parameters
    ----------
    train_length : Timedelta
        Time each fit looks back; that of the first fit alone when `expanding`.
    test_length : Timedelta
        Time each fit is tested on; less where the rows end.
    step : Timedelta or None
        Time from fit to fit; None is `test_length`, and tests every row from s_0 on exactly once.
    embargo : Timedelta
        Time left out between the last known target of a fit and its test rows.
    expanding : bool
        Whether a fit keeps all earlier rows or a window of them that rolls on.

    Raises
    ------
    InputError
        If a length is not positive, has no unit, or the embargo is negative.

    Examples
    --------
    >>> hour = pd.Timedelta("1h")
    >>> t0 = pd.date_range("2024-01-01", periods=10, freq="h", tz="UTC")
    >>> rolling = WalkForward(4 * hour, 3 * hour, None, embargo=0 * hour, expanding=False)
    >>> for train, test in rolling.split(t0, t0=t0, t1=t0 + hour):
    ...     print(train, test)
    [0 1 2] [4 5 6]
    [3 4 5] [7 8 9]
    """

    def __init__(
        self, train_length: pd.Timedelta, test_length: pd.Timedelta, step: pd.Timedelta | None, *,
        embargo: pd.Timedelta, expanding: bool,
    ) -> None:  # fmt: skip
        self.step = test_length if step is None else step
        for name, length in (
            ("train_length", train_length),
            ("test_length", test_length),
            ("step", self.step),
        ):
            nanoseconds(name, length, positive=True)
        nanoseconds("embargo", embargo)
        self.train_length = train_length
        self.test_length = test_length
        self.embargo = embargo
        self.expanding = expanding

    def get_n_splits(
        self, X: object = None, y: object = None, groups: object = None, *, t0: ArrayLike | None = None  # noqa: ARG002
    ) -> int:  # fmt: skip
        """Return the number of fits, which depends on the times.

        Parameters
        ----------
        X, y, groups : object
            There for scikit-learn alone.
        t0 : array-like of datetime or int, shape (n,)
            Decision times, in any row order; needed.

        Returns
        -------
        int

        Raises
        ------
        InputError
            Without times, or when they span less than `train_length`.

        Examples
        --------
        >>> day = pd.Timedelta("1D")
        >>> t0 = pd.date_range("2024-01-01", "2024-12-31", tz="UTC")
        >>> WalkForward(180 * day, 30 * day, None, embargo=day, expanding=True).get_n_splits(t0=t0)
        7
        """
        if t0 is None:
            raise bad_input("t0", "the decision times of the rows", None, "pass t0: the fits follow from it")
        return len(self._fit_instants(instants(t0)))

    def split(
        self, X: object, y: object = None, groups: object = None, *, t0: ArrayLike, t1: ArrayLike  # noqa: ARG002
    ) -> Iterator[tuple[Positions, Positions]]:  # fmt: skip
        """Yield the (train, test) row positions of each fit, earliest first.

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

        Raises
        ------
        InputError
            If a time is missing, a row ends before it starts, the rows span less than
            `train_length`, or any fit is left without train or test rows (all are looked at
            before the first is given).
        """
        start, end = row_intervals(X, t0, t1)
        fits = self._fit_instants(start)
        # Positions in the order of time: every border is one binary search.
        order = np.argsort(start, kind="stable")
        start, end = start[order], end[order]
        first, border, last = self._borders(start, fits)
        known = fits - nanoseconds("embargo", self.embargo)
        self._check_folds(end, (first, border, last), known)
        for fold in range(len(fits)):
            past = slice(first[fold], border[fold])
            train = order[past][end[past] < known[fold]]
            yield np.sort(train, kind="stable"), np.sort(order[border[fold] : last[fold]], kind="stable")

    def _fit_instants(self, start: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return s_0, s_1, ..."""
        distinct = distinct_instants(start)
        length = nanoseconds("train_length", self.train_length)
        if len(distinct) == 0 or distinct[-1] - distinct[0] < length:
            span = pd.Timedelta(0 if len(distinct) == 0 else int(distinct[-1] - distinct[0]), unit="ns")
            raise bad_input(
                "train_length", f"at most the {span} from first to last of {len(start)} rows",
                self.train_length, "shorten it or load more bars",
            )  # fmt: skip
        step = nanoseconds("step", self.step)
        shortest = int(np.diff(distinct).min())
        if step < shortest:
            raise bad_input(
                "step",
                f"at least the {pd.Timedelta(shortest, unit='ns')} between rows",
                self.step,
                "lengthen it",
            )
        # np.arange(first, last, step) counts in floats, which cannot tell nanoseconds apart.
        n_fits = (int(distinct[-1]) - int(distinct[0]) - length) // step + 1
        return distinct[0] + length + step * np.arange(n_fits, dtype=np.int64)

    def _borders(
        self, start: NDArray[np.int64], fits: NDArray[np.int64]
    ) -> tuple[Positions, Positions, Positions]:
        """Return where, in the order of time, each fit's past begins, its test begins and its test ends."""
        begin = fits - nanoseconds("train_length", self.train_length)
        if self.expanding:
            begin = np.full_like(begin, begin[0])
        until = fits + nanoseconds("test_length", self.test_length)
        return np.searchsorted(start, begin), np.searchsorted(start, fits), np.searchsorted(start, until)

    def _check_folds(
        self,
        end: NDArray[np.int64],
        borders: tuple[Positions, Positions, Positions],
        known: NDArray[np.int64],
    ) -> None:
        """Refuse fits that a gap, the purge or the embargo leaves without test or train rows."""
        for fold, (a, b, c) in enumerate(zip(*borders, strict=True)):
            if b == c:
                raise bad_input(
                    f"test rows of fold {fold}", f"at least 1 within {self.test_length} of its fit", 0, REMEDY
                )
            if a == b or end[a:b].min() >= known[fold]:
                raise no_train_rows(f"{fold} ({b - a} rows before purging)")
