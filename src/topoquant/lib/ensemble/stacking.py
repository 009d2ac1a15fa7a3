"""A logistic regression on members' logits."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from topoquant.lib.ensemble.joining import member_values
from topoquant.lib.ensemble.options import EnsembleOptions
from topoquant.lib.errors import bad_input


@dataclass(frozen=True)
class Stack:
    """Logit = intercept + sum of weight times the member's logit."""

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
        Of `join_predictions`; train rows alone, whose predictions are out of fold.
    label : array-like, shape (n,)
        0 or 1.
    uniqueness : array-like, shape (n,)
        Weights, positive.
    options : EnsembleOptions
        `ridge`.
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
    # scikit-learn minimises C * sum(weights * loss) + |w|^2 / 2.
    model = LogisticRegression(C=1 / (options.ridge * weights.sum()), solver="newton-cholesky", max_iter=200)
    model.fit(member_values(joined, members, "logit_label"), labels, sample_weight=weights)
    return Stack(float(model.intercept_[0]), dict(zip(members, map(float, model.coef_[0]), strict=True)))


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
        If a member is not among those joined.

    Examples
    --------
    >>> joined = pd.DataFrame({"p_label.a": [0.5], "logit_label.a": [0.0]})
    >>> apply_stack(Stack(-1.0, {"a": 2.0}), joined).tolist()
    [-1.0]
    """
    logits = member_values(joined, list(stack.weights), "logit_label")
    return stack.intercept + logits @ np.array(list(stack.weights.values()))
