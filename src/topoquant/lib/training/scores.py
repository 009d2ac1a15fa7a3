"""How good predictions are, per head, in plain numbers for the record of a training."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from topoquant.lib.models import Head
from topoquant.lib.training.target_columns import target_columns
from topoquant.lib.validity import log_loss, roc_auc

Scores = dict[str, float | None]


def score_predictions(
    predictions: pd.DataFrame, targets: pd.DataFrame, heads: Sequence[Head]
) -> dict[str, dict[str, Scores]]:
    """Score out-of-fold predictions of train rows, and those of val rows.

    Parameters
    ----------
    predictions : DataFrame, shape (n, ...)
        With `set` and the columns of `predict`.
    targets : DataFrame, shape (n, ...)
        Of the same rows in the same order; NaN in test rows, which are not looked at.
    heads : sequence of Head
        What was predicted.

    Returns
    -------
    dict
        Target column -> "train" or "val" -> scores. Of a value or a fraction `rmse`, `mae`, `r2` (above 0:
        better than the mean of these very rows) and, of a value, `directional_accuracy` (share of rows
        with the sign of the target; a prediction or a target of 0 counts one half). Of a binary head `auc`
        and `log_loss`, of classes `accuracy`. None where rows do not say: one class, or no variance.

    Examples
    --------
    >>> predictions = pd.DataFrame({"set": "val", "value_logret_1": [0.1, -0.1]})
    >>> heads = [Head(name="logret_1", kind="value")]
    >>> scores = score_predictions(predictions, pd.DataFrame({"logret_1": [0.2, 0.1]}), heads)
    >>> scores["logret_1"]["val"]["directional_accuracy"]
    0.5
    """
    scores: dict[str, dict[str, Scores]] = {}
    for head in heads:
        for number, column in enumerate(target_columns(head, targets), start=1):
            per_set: dict[str, Scores] = {}
            for name in ("train", "val"):
                rows = (predictions["set"] == name).to_numpy()
                if rows.any():
                    truth = targets[column].to_numpy(np.float64)[rows]
                    per_set[name] = _score(head, number, predictions[rows], truth)
            scores[column] = per_set
    return scores


def _score(head: Head, number: int, predictions: pd.DataFrame, truth: NDArray[np.float64]) -> Scores:
    """Score the rows of one set."""
    if head.kind == "binary":
        p = predictions[f"p_{head.name}"].to_numpy(np.float64)
        auc = roc_auc(truth, p) if 0 < truth.mean() < 1 else None
        return {"auc": auc, "log_loss": log_loss(truth, p)}
    if head.kind == "classes":
        shares = predictions[[f"p_{head.name}_{k}" for k in range(head.width)]].to_numpy(np.float64)
        return {"accuracy": float((shares.argmax(axis=1) == truth).mean())}
    single = f"value_{head.name}"
    value = predictions[single if single in predictions else f"{single}_{number}"].to_numpy(np.float64)
    squared, spread = float(np.mean((value - truth) ** 2)), float(truth.var())
    scores: Scores = {
        "rmse": squared**0.5,
        "mae": float(np.mean(np.abs(value - truth))),
        "r2": 1 - squared / spread if spread else None,
    }
    if head.kind == "value":
        agreement = np.sign(value) * np.sign(truth)
        scores["directional_accuracy"] = float(np.mean((1 + agreement) / 2))
    return scores
