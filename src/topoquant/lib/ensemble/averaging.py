"""Means over members, some of which may have nothing to say about a row, and the table of their weights."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from topoquant.lib.errors import bad_input

DEFAULT = "default"
WeightTable = Mapping[str, Mapping[Any, float]]  # Any: options name their columns by literals


def weighted_mean(values: ArrayLike, weights: ArrayLike | None = None) -> NDArray[np.float64]:
    """Average members row by row; the weights of those present sum to 1.

    Parameters
    ----------
    values : array-like, shape (n, n_members)
        Logits, or probabilities, never both; NaN where a member is missing.
    weights : array-like, shape (n_members,) or (n, n_members), optional
        Of all rows, or of each; non-negative, in no row all 0; equal when not given.

    Returns
    -------
    ndarray of float64, shape (n,)
        NaN where every member with a weight is missing.

    Raises
    ------
    InputError
        For weights of another shape, negative, or all 0 in a row.

    Examples
    --------
    >>> weighted_mean([[1.0, 3.0], [1.0, np.nan]], [3.0, 1.0]).tolist()
    [1.5, 1.0]
    >>> weighted_mean([[1.0, 3.0], [1.0, 3.0]], [[3.0, 1.0], [0.0, 2.0]]).tolist()
    [1.5, 3.0]
    """
    table = np.asarray(values, np.float64)
    shares = np.ones(table.shape[1]) if weights is None else np.asarray(weights, np.float64)
    fits = shares.shape in {table.shape[1:], table.shape}
    if not fits or not (shares >= 0).all() or not shares.any(axis=-1).all():
        raise bad_input(
            "weights", f"{table.shape[1]} non-negative numbers, not all 0",
            shares.tolist() if shares.ndim == 1 else f"shape {shares.shape}, least {shares.min(initial=0):g}",
            "give one weight per member",
        )  # fmt: skip
    present = ~np.isnan(table) * shares
    total = present.sum(axis=1)
    weighted = (np.nan_to_num(table) * present).sum(axis=1)
    return np.divide(weighted, total, out=np.full(len(table), np.nan), where=total > 0)


def member_weights(members: Sequence[str], table: WeightTable, column: str = DEFAULT) -> dict[str, float]:
    """Look up what members weigh in one regime.

    A member the table does not know has the share it would have in a plain mean, 1 / n_members. Those it
    knows divide what is left in the proportions of the table, so models that a recipe has not change nothing.

    Parameters
    ----------
    members : sequence of str
        Those to combine.
    table : mapping of member to mapping of regime to float
        Non-negative; every row with `default`.
    column : str
        A regime; a row of the table without it gives its default.

    Returns
    -------
    dict of str to float
        By member; they sum to 1.

    Raises
    ------
    InputError
        If all members the table knows weigh 0 in this regime.

    Examples
    --------
    >>> table = {"tcn": {"default": 0.15, "trending": 0.2}, "lstm": {"default": 0.25, "trending": 0.3}}
    >>> member_weights(["tcn", "lstm"], table, "trending")
    {'tcn': 0.4, 'lstm': 0.6}
    >>> member_weights(["tcn", "nbeats"], table)
    {'tcn': 0.5, 'nbeats': 0.5}
    """
    known = {name: table[name].get(column, table[name][DEFAULT]) for name in members if name in table}
    total = sum(known.values())
    if known and not total > 0:
        raise bad_input(
            f"weights of {', '.join(known)} in the column {column}",
            "not all 0",
            0,
            "give one of them a share",
        )
    left = len(known) / len(members)
    return {name: left * known[name] / total if name in known else 1 / len(members) for name in members}


def regime_weights(rule: ArrayLike, members: Sequence[str], table: WeightTable) -> NDArray[np.float64]:
    """Give every row the weights of its regime.

    Parameters
    ----------
    rule : array-like of str, shape (n,)
        The regime of each row, known at its time; None or NaN where it has none.
    members, table
        As in `member_weights`.

    Returns
    -------
    ndarray of float64, shape (n, n_members)
        Rows sum to 1; a regime without a column, and none at all, have the default.

    Raises
    ------
    InputError
        As `member_weights`.

    Examples
    --------
    >>> table = {"a": {"default": 0.5, "volatile": 0.9}, "b": {"default": 0.5, "volatile": 0.1}}
    >>> regime_weights(["volatile", "unheard of", None], ["a", "b"], table).tolist()
    [[0.9, 0.1], [0.5, 0.5], [0.5, 0.5]]
    """
    names = np.asarray(rule, dtype=object)
    columns = {column for row in table.values() for column in row} - {DEFAULT}
    rows = np.tile(list(member_weights(members, table).values()), (len(names), 1))
    for column in columns:
        rows[names == column] = list(member_weights(members, table, column).values())
    return rows
