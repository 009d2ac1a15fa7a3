"""Means over members, some of which may have nothing to say about a row."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from topoquant.lib.errors import bad_input


def weighted_mean(values: ArrayLike, weights: ArrayLike | None = None) -> NDArray[np.float64]:
    """Average members row by row; the weights of those present sum to 1.

    Parameters
    ----------
    values : array-like, shape (n, n_members)
        Logits, or probabilities, never both; NaN where a member is missing.
    weights : array-like, shape (n_members,), optional
        Non-negative, not all 0; equal when not given.

    Returns
    -------
    ndarray of float64, shape (n,)
        NaN where every member with a weight is missing.

    Raises
    ------
    InputError
        For weights of another length, negative or all 0.

    Examples
    --------
    >>> weighted_mean([[1.0, 3.0], [1.0, np.nan]], [3.0, 1.0]).tolist()
    [1.5, 1.0]
    """
    table = np.asarray(values, np.float64)
    shares = np.ones(table.shape[1]) if weights is None else np.asarray(weights, np.float64)
    if shares.shape != table.shape[1:] or not (shares >= 0).all() or not shares.any():
        raise bad_input(
            "weights", f"{table.shape[1]} non-negative numbers, not all 0", shares.tolist(),
            "give one weight per member",
        )  # fmt: skip
    present = ~np.isnan(table) * shares
    total = present.sum(axis=1)
    weighted = (np.nan_to_num(table) * present).sum(axis=1)
    return np.divide(weighted, total, out=np.full(len(table), np.nan), where=total > 0)
