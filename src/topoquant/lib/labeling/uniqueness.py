"""How much of a label's span is its own (Lopez de Prado, 2018, ch. 4)."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from topoquant.lib.errors import bad_input
from topoquant.lib.labeling.uniqueness_kernel import prefix_uniqueness


def average_uniqueness(t0: ArrayLike, t1: ArrayLike) -> NDArray[np.float64]:
    """Return the average uniqueness of each label of one symbol.

    A bar spanned by c labels counts 1 / c for each of them; a label's uniqueness is the mean
    over its bars. The sum over labels is how many non-overlapping labels they are worth.

    Parameters
    ----------
    t0, t1 : array-like of int, shape (n,)
        Positions of the entry bar and of the last bar of each label, both inclusive, in any
        order of labels.

    Returns
    -------
    ndarray of float64, shape (n,)
        In (0, 1]; depends on all labels that overlap the row's own.

    Raises
    ------
    InputError
        If a position is negative, no integer, or a label ends before it starts.

    References
    ----------
    Lopez de Prado, M. (2018), Advances in Financial Machine Learning, sections 4.3-4.4.

    Examples
    --------
    >>> average_uniqueness([0, 2, 4], [2, 3, 5])
    array([0.83333333, 0.75      , 1.        ])
    """
    start, end = np.asarray(t0), np.asarray(t1)
    if len(start) == 0:
        return np.empty(0)
    if not (np.issubdtype(start.dtype, np.integer) and np.issubdtype(end.dtype, np.integer)):
        raise bad_input(
            "t0 and t1", "integer bar positions", f"{start.dtype} and {end.dtype}", "number the bars"
        )
    if start.min() < 0 or len(start) != len(end) or (end < start).any():
        raise bad_input(
            "t0 and t1", "of the same labels with 0 <= t0 <= t1",
            f"lengths {len(start)} and {len(end)}, smallest t0 {start.min()}", "check how they were made",
        )  # fmt: skip
    return prefix_uniqueness(start.astype(np.int64), end.astype(np.int64))


def plain_uniqueness(t0: ArrayLike, t1: ArrayLike) -> NDArray[np.float64]:
    """Return what `average_uniqueness` does, from the matrix of labels by bars.

    Parameters
    ----------
    t0, t1 : array-like of int, shape (n,)
        As in `average_uniqueness`, at least one label.

    Returns
    -------
    ndarray of float64, shape (n,)

    Examples
    --------
    >>> plain_uniqueness([0, 0], [1, 0]).tolist()
    [0.75, 0.5]
    """
    start, end = np.asarray(t0)[:, None], np.asarray(t1)[:, None]
    bars = np.arange(end.max() + 1)
    spans = (start <= bars) & (bars <= end)
    shares = np.divide(spans, spans.sum(axis=0), where=spans, out=np.zeros(spans.shape))
    uniqueness: NDArray[np.float64] = shares.sum(axis=1) / spans.sum(axis=1)
    return uniqueness
