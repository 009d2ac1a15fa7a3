"""A logistic regression on members' logits, and on regimes by option."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from topoquant.lib.ensemble.options import EnsembleOptions
from topoquant.lib.ensemble.stack_inputs import has_regimes, stack_columns, stack_matrix
from topoquant.lib.errors import bad_input


@dataclass(frozen=True)
class Stack:
    """Logit = intercept + sum of weight times input, which is named as in `stack_columns`."""

    intercept: float
    weights: dict[str, float]

    def to_dict(self) -> dict[str, object]:
        """Give the fields, ready for JSON."""
        return asdict(self)


def fit_stack(
    joined: pd.DataFrame, label: ArrayLike, uniqueness: ArrayLike, options: EnsembleOptions,
    *, members: Sequence[str],
) -> Stack:  # fmt: skip
    """Fit the stack by penalised, weighted maximum likelihood.

    Parameters
    ----------
    joined : DataFrame, shape (n, ...)
        Of `join_predictions`; train rows alone, whose predictions are out of fold. With regimes where
        `options.regimes` asks for them.
    label : array-like, shape (n,)
        0 or 1.
    uniqueness : array-like, shape (n,)
        Weights, positive.
    options : EnsembleOptions
        `ridge`, `regimes`.
    members : sequence of str
        Those to combine.

    Returns
    -------
    Stack
        A weight may be negative.

    Raises
    ------
    InputError
        If rows other than train rows are among them, or only one class is.

    References
    ----------
    Wolpert (1992), Stacked generalization.

    Examples
    --------
    >>> joined = pd.DataFrame({"set": "train", "p_label.a": 0.5, "logit_label.a": [-1.0, 1.0, -1.0, 1.0]})
    >>> options = EnsembleOptions(candidates=("stack",), ridge=0.1, min_rarer=1)
    >>> stack = fit_stack(joined, [0, 1, 0, 1], np.ones(4), options, members=["a"])
    >>> round(stack.intercept, 6) == 0.0, stack.weights["a"] > 0.5
    (True, True)
    """
    # Imported here so that reading the options of an ensemble stays fast.
    from sklearn.linear_model import LogisticRegression  # noqa: PLC0415

    labels, weights = fit_rows(joined, label, uniqueness)
    columns = stack_columns(members, regimes=options.regimes and has_regimes(joined), products=True)
    # scikit-learn minimises C * sum(weights * loss) + |w|^2 / 2.
    model = LogisticRegression(C=1 / (options.ridge * weights.sum()), solver="newton-cholesky", max_iter=200)
    model.fit(stack_matrix(joined, columns), labels, sample_weight=weights)
    return Stack(float(model.intercept_[0]), dict(zip(columns, map(float, model.coef_[0]), strict=True)))


def apply_stack(stack: Stack, joined: pd.DataFrame) -> NDArray[np.float64]:
    """Give the stack's logits.

    Parameters
    ----------
    stack : Stack
        Of `fit_stack`.
    joined : DataFrame, shape (n, ...)
        Of `join_predictions`, with all members of the stack.

    Returns
    -------
    ndarray of float64, shape (n,)
        Logits, not probabilities.

    Raises
    ------
    InputError
        If a member or a regime is not among those joined.

    Examples
    --------
    >>> joined = pd.DataFrame({"p_label.a": [0.5], "logit_label.a": [0.0]})
    >>> apply_stack(Stack(-1.0, {"a": 2.0}), joined).tolist()
    [-1.0]
    """
    inputs = stack_matrix(joined, list(stack.weights))
    return stack.intercept + inputs @ np.array(list(stack.weights.values()))


def fit_rows(
    joined: pd.DataFrame, label: ArrayLike, uniqueness: ArrayLike
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Take labels and weights of the rows a meta-learner is fitted on, refusing rows that are no train rows.

    Parameters
    ----------
    joined : DataFrame, shape (n, ...)
        With `set`.
    label, uniqueness : array-like, shape (n,)
        As in `fit_stack`.

    Returns
    -------
    label, uniqueness : ndarray of float64, shape (n,)

    Raises
    ------
    InputError
        If rows other than train rows are among them, or only one class is.

    Examples
    --------
    >>> fit_rows(pd.DataFrame({"set": ["train", "train"]}), [0, 1], [1, 1])[0].tolist()
    [0.0, 1.0]
    """
    others = sorted(set(joined["set"]) - {"train"})
    if others:
        raise bad_input(
            "rows of the stack", "train rows alone", f"also {', '.join(others)}", "fit on train rows"
        )
    labels, weights = np.asarray(label, np.float64), np.asarray(uniqueness, np.float64)
    if set(np.unique(labels)) != {0.0, 1.0}:
        raise bad_input(
            "labels of the stack",
            "0 and 1, both",
            np.unique(labels).tolist(),
            "load more bars or leave it out",
        )
    return labels, weights
