"""P-values of several tests, adjusted for their being several."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import norm

from topoquant.lib.errors import bad_input

# Of the one-sided lower bound of a gain.
BOUND = float(norm.ppf(0.99))


def holm(p_values: ArrayLike) -> NDArray[np.float64]:
    """Adjust p-values so that those below alpha hold a false one with probability alpha at most.

    Holds whatever the dependence between the tests.

    Parameters
    ----------
    p_values : array-like, shape (m,)
        In [0, 1], in any order, one per test that was made, also of those that were dropped.

    Returns
    -------
    ndarray of float64, shape (m,)
        In the same order; empty for no test.

    Raises
    ------
    InputError
        If a p-value is NaN or outside [0, 1].

    References
    ----------
    Holm (1979), "A simple sequentially rejective multiple test procedure".

    Examples
    --------
    >>> holm([0.01, 0.04, 0.03, 0.005]).round(3).tolist()
    [0.03, 0.06, 0.06, 0.02]
    """
    values, order = _ranked(p_values)
    stepped = values[order] * np.arange(len(values), 0, -1)
    return _unranked(np.maximum.accumulate(stepped), order)


def benjamini_hochberg_yekutieli(p_values: ArrayLike) -> NDArray[np.float64]:
    """Adjust p-values so that of those below q an expected share of q at most is false.

    Holds whatever the dependence between the tests: the price over Benjamini and Hochberg (1995) is a
    factor 1 + 1/2 + ... + 1/m.

    Parameters
    ----------
    p_values : array-like, shape (m,)
        As in `holm`.

    Returns
    -------
    ndarray of float64, shape (m,)
        In the same order; empty for no test.

    Raises
    ------
    InputError
        If a p-value is NaN or outside [0, 1].

    References
    ----------
    Benjamini and Yekutieli (2001), "The control of the false discovery rate under dependency", theorem 1.3.

    Examples
    --------
    >>> benjamini_hochberg_yekutieli([0.01, 0.04, 0.03, 0.005]).round(4).tolist()
    [0.0417, 0.0833, 0.0833, 0.0417]
    """
    values, order = _ranked(p_values)
    rank = np.arange(1, len(values) + 1)
    stepped = values[order] * (1 / rank).sum() * len(values) / rank
    return _unranked(np.minimum.accumulate(stepped[::-1])[::-1], order)


def with_p_values(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Give every scored prediction the p-value of its deciding number, alone and among the others.

    Parameters
    ----------
    rows : sequence of mapping
        Of `score_predictions`: `timing_t`, or, where there is no side, `gain` and `gain_lower`.

    Returns
    -------
    list of dict
        The rows with `p` (one-sided, from the bootstrap error taken as that of a normal), `p_holm` and
        `p_bhy` (over all rows that have a p-value); None where there is none, as for naive itself.

    Examples
    --------
    >>> rows = with_p_values([{"timing_t": 2.5}, {"timing_t": 0.0}, {"timing_t": None}])
    >>> [row["p"] and round(row["p"], 4) for row in rows], round(rows[0]["p_holm"], 4)
    ([0.0062, 0.5, None], 0.0124)
    """
    p_values = [_p_value(row) for row in rows]
    known = [p for p in p_values if p is not None]
    columns = (known, holm(known), benjamini_hochberg_yekutieli(known))
    adjusted = iter(zip(*columns, strict=True))
    names = ("p", "p_holm", "p_bhy")
    return [
        {**row, **dict(zip(names, map(float, next(adjusted)), strict=True))}
        if p is not None
        else {**row, **dict.fromkeys(names)}
        for row, p in zip(rows, p_values, strict=True)
    ]


def _p_value(row: Mapping[str, Any]) -> float | None:
    """P-value of the number that decides, None where there is none."""
    if row.get("timing_t") is not None:
        return float(norm.sf(row["timing_t"]))
    gain, lower = row.get("gain"), row.get("gain_lower")
    if gain is None or lower is None or not gain > lower:
        return None
    return float(norm.sf(BOUND * gain / (gain - lower)))


def _ranked(p_values: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.intp]]:
    """P-values and the order from the smallest, or a refusal."""
    values = np.atleast_1d(np.asarray(p_values, float))
    wrong = ~((values >= 0) & (values <= 1))
    if values.ndim != 1 or wrong.any():
        got = values[wrong][0] if wrong.any() else f"shape {values.shape}"
        raise bad_input("p_values", "one number in [0, 1] per test", got, "drop tests without a p-value")
    return values, np.argsort(values, kind="stable")


def _unranked(stepped: NDArray[np.float64], order: NDArray[np.intp]) -> NDArray[np.float64]:
    """Put adjusted values back in the order given, at most 1."""
    adjusted = np.empty(len(stepped))
    adjusted[order] = np.minimum(stepped, 1.0)
    return adjusted
