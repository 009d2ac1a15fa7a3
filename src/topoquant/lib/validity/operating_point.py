"""The threshold above which a probability becomes a signal."""

from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from topoquant.lib.errors import bad_input
from topoquant.lib.proportions import effective_counts, wilson_interval
from topoquant.lib.validity.binary import checked_labels
from topoquant.lib.validity.intervals import LEVEL


@dataclass(frozen=True)
class OperatingPoint:
    """A threshold and what it gave on the rows it was chosen on.

    Attributes
    ----------
    threshold : float or None
        Signal where probability >= threshold; None when no threshold meets both conditions.
    precision, precision_low, precision_high : float or None
        Share of true signals, with its Wilson interval on the effective number.
    recall : float or None
        Share of positives that are signals.
    n_signals : int
        Rows at or above the threshold.
    effective_n : float
        Of `effective_counts`: the summed uniqueness of the signals, fewer where symbols move together.
    """

    threshold: float | None
    precision: float | None
    precision_low: float | None
    precision_high: float | None
    recall: float | None
    n_signals: int
    effective_n: float

    def to_dict(self) -> dict[str, float | None]:
        """Give the fields."""
        return asdict(self)


NO_THRESHOLD = OperatingPoint(None, None, None, None, None, 0, 0.0)


def choose_threshold(
    label: ArrayLike, probability: ArrayLike, uniqueness: ArrayLike, time: pd.Series | pd.DatetimeIndex,
    *, min_recall: float, min_signals: int,
) -> OperatingPoint:  # fmt: skip
    """Choose the threshold of highest precision that keeps enough recall and enough signals.

    Parameters
    ----------
    label : array-like, shape (n,)
        0 or 1, on rows that nothing else was chosen on (the second half of val).
    probability : array-like, shape (n,)
        Score; equal ones are signals together.
    uniqueness : array-like, shape (n,)
        Average uniqueness of each label, in (0, 1].
    time : Series or DatetimeIndex, shape (n,)
        Of each row, in any order; rows of one time are of several symbols.
    min_recall : float
        In [0, 1].
    min_signals : int
        At least 1.

    Returns
    -------
    OperatingPoint
        Of equal precisions, the one with more signals. Its interval ignores that it was chosen.

    Raises
    ------
    InputError
        If `min_recall` or `min_signals` is out of range.

    Examples
    --------
    >>> label, probability = [1, 1, 0, 1, 0], [0.9, 0.8, 0.7, 0.6, 0.1]
    >>> time = pd.date_range("2024", periods=5, freq="h", tz="UTC")
    >>> point = choose_threshold(label, probability, [1.0] * 5, time, min_recall=0.6, min_signals=2)
    >>> point.threshold, point.precision, round(point.recall, 2)
    (0.8, 1.0, 0.67)
    """
    if not 0 <= min_recall <= 1 or min_signals < 1:
        raise bad_input(
            "min_recall and min_signals", "in [0, 1] and at least 1", (min_recall, min_signals),
            "correct the operating point's options",
        )  # fmt: skip
    positive, scores = checked_labels(label, probability)
    n_positive = int(positive.sum())
    if not n_positive:
        return NO_THRESHOLD
    order = np.argsort(-scores, kind="stable")
    ranked = scores[order]
    hits = np.cumsum(positive[order])
    n_signals = np.arange(1, len(ranked) + 1)
    whole_tie = np.append(ranked[1:] != ranked[:-1], True)
    allowed = whole_tie & (hits / n_positive >= min_recall) & (n_signals >= min_signals)
    if not allowed.any():
        return NO_THRESHOLD
    precision = np.where(allowed, hits / n_signals, -1.0)
    best = int(np.flatnonzero(precision == precision.max())[-1])
    share = float(precision[best])
    signals = order[: best + 1]
    weight = np.asarray(uniqueness, np.float64)[signals]
    _, effective = effective_counts(positive[signals], weight, pd.DatetimeIndex(time)[signals])
    low, high = wilson_interval(share * effective, effective, level=LEVEL)
    return OperatingPoint(
        threshold=float(ranked[best]), precision=share, precision_low=low, precision_high=high,
        recall=float(hits[best] / n_positive), n_signals=best + 1, effective_n=effective,
    )  # fmt: skip
