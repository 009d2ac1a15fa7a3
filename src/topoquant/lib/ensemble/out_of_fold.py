"""Meta-learners by fold: no row is given the logit of a fit that saw its label."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from topoquant.lib.ensemble.boosting import BoostedStack, apply_boosted_stack, fit_boosted_stack
from topoquant.lib.ensemble.options import EnsembleOptions
from topoquant.lib.ensemble.stacking import Stack, apply_stack, fit_stack
from topoquant.lib.errors import bad_input
from topoquant.lib.sampling import fold_rows

Fits = Mapping[int, Stack] | Mapping[int, BoostedStack]
FINAL = -1  # the fold number of val and test rows


@dataclass(frozen=True, kw_only=True)
class Stacked:
    """What a meta-learner says of every row.

    Attributes
    ----------
    logits : ndarray of float64, shape (n,)
        Of train rows by the fit that left their fold out, of val and test rows by the final one.
    fits : mapping of int to Stack or BoostedStack
        By the fold left out; -1 is the final one.
    """

    logits: NDArray[np.float64]
    fits: Fits


def stack(
    joined: pd.DataFrame, label: ArrayLike, uniqueness: ArrayLike, options: EnsembleOptions,
    *, members: Sequence[str], embargo: pd.Timedelta, boosted: bool = False,
) -> Stacked:  # fmt: skip
    """Fit a meta-learner per fold and on all train rows; score every row by one that has not seen it.

    Members' out-of-fold values of the other folds come from fits that saw the held-out labels, as in all
    stacking on one set of folds.

    Parameters
    ----------
    joined : DataFrame, shape (n, ...)
        Of `join_predictions`, all sets; train rows carry out-of-fold predictions.
    label, uniqueness : array-like, shape (n,)
        NaN where a label is not known; only those of train rows are looked at.
    options : EnsembleOptions
        `ridge`, or `boosted`; `regimes`; `min_rarer`.
    members : sequence of str
        Those to combine.
    embargo : Timedelta
        As in the members' folds.
    boosted : bool
        Whether the meta-learner is LightGBM instead of logistic.

    Returns
    -------
    Stacked
        Labels of val and test rows change nothing.

    Raises
    ------
    InputError
        If a fit would have too few rows of a class, or as `fit_stack`.

    Examples
    --------
    >>> time = pd.date_range("2024-01-01", periods=40, freq="h", tz="UTC")
    >>> label = np.tile([1.0, 0.0], 20)
    >>> joined = pd.DataFrame({"symbol": "SYN", "time": time, "t1": time, "set": "train", "p_label.a": 0.5,
    ...                        "fold": np.arange(40) // 20, "logit_label.a": 2 * label - 1})
    >>> options = EnsembleOptions(candidates=("stack",), ridge=0.001, min_rarer=2)
    >>> made = stack(joined, label, np.ones(40), options, members=["a"], embargo=pd.Timedelta(0))
    >>> sorted(made.fits), bool(((made.logits > 0) == (label == 1)).all())
    ([-1, 0, 1], True)
    """
    labels, weights = np.asarray(label, np.float64), np.asarray(uniqueness, np.float64)
    rows = fit_positions(joined, labels, embargo=embargo)
    too_few = rarer_than(rows, labels, weights, options.min_rarer)
    if too_few:
        raise bad_input(
            "rows of the rarer class in every fit of the stack", f"{options.min_rarer:g} effective or more",
            too_few, "load more bars or leave the stack out",
        )  # fmt: skip
    fit = fit_boosted_stack if boosted else fit_stack
    fits = {
        number: fit(joined.iloc[one], labels[one], weights[one], options, members=members)
        for number, one in rows.items()
    }
    logits = np.full(len(joined), np.nan)
    is_train, fold = (joined["set"] == "train").to_numpy(), joined["fold"].to_numpy()
    for number, one in fits.items():
        here = ~is_train if number == FINAL else is_train & (fold == number)
        apply = apply_boosted_stack if isinstance(one, BoostedStack) else apply_stack
        logits[here] = apply(one, joined[here])  # type: ignore[arg-type]
    return Stacked(logits=logits, fits=fits)  # type: ignore[arg-type]


def fit_positions(
    joined: pd.DataFrame, label: NDArray[np.float64], *, embargo: pd.Timedelta
) -> dict[int, NDArray[np.intp]]:
    """Find the rows of every fit: train rows with a label, purged and embargoed around the fold left out.

    Parameters
    ----------
    joined : DataFrame, shape (n, ...)
        `time`, `t1`, `set`, `fold`.
    label : ndarray, shape (n,)
        NaN where it is not known.
    embargo : Timedelta
        Time left out after a held-out fold.

    Returns
    -------
    dict of int to ndarray of int
        Ascending positions by the fold left out; -1: all train rows.

    Examples
    --------
    >>> time = pd.date_range("2024-01-01", periods=4, freq="h", tz="UTC")
    >>> joined = pd.DataFrame({"time": time, "t1": time, "set": "train", "fold": [0, 0, 1, 1]})
    >>> label = np.array([0.0, np.nan, 1.0, 0.0])
    >>> fits = fit_positions(joined, label, embargo=pd.Timedelta(0))
    >>> {number: rows.tolist() for number, rows in fits.items()}
    {0: [2, 3], 1: [0], -1: [0, 2, 3]}
    """
    train = np.flatnonzero((joined["set"] == "train").to_numpy() & ~np.isnan(label))
    fold = joined["fold"].to_numpy()
    fits = {
        int(fold[held_out[0]]): np.intersect1d(others, train)
        for others, held_out in fold_rows(joined, embargo=embargo)
    }
    return {**fits, FINAL: train}


def rarer_than(
    rows: Mapping[int, NDArray[np.intp]],
    label: NDArray[np.float64],
    uniqueness: NDArray[np.float64],
    least: float,
) -> str:
    """Say how few rows of the rarer class the poorest fit would have; an empty text where all have enough.

    Parameters
    ----------
    rows : mapping of int to ndarray of int
        Of `fit_positions`.
    label, uniqueness : ndarray, shape (n,)
        Of all rows.
    least : float
        Summed uniqueness that is enough.

    Returns
    -------
    str
        The number, or nothing.

    Examples
    --------
    >>> rarer_than({-1: np.arange(3)}, np.array([0.0, 1.0, 1.0]), np.ones(3), 2.0)
    '1.0'
    """
    sums = [min(uniqueness[one][label[one] == value].sum() for value in (0.0, 1.0)) for one in rows.values()]
    return f"{min(sums):.1f}" if min(sums) < least else ""
