"""The final prediction beside what happened: its test rows, and where they come from when they are shown."""

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from topoquant.lib.errors import bad_input

KEY = ["symbol", "time", "target_id"]
PREDICTED = ("p_", "logit_", "value_")
LABEL = "label"


def final_rows(predictions: pd.DataFrame, test_targets: pd.DataFrame) -> pd.DataFrame:
    """Join the test rows of a prediction with their targets, on the key, inner.

    Parameters
    ----------
    predictions : pandas.DataFrame
        symbol, time, t1, target_id, set and columns that begin with `p_`, `logit_` or `value_`.
    test_targets : pandas.DataFrame
        symbol, time, target_id and the targets: label, ret, max_pct, `logret_<h>`, uniqueness.

    Returns
    -------
    pandas.DataFrame
        symbol, time, t1, target_id, what was predicted, then every target; ascending in time, then symbol.
        Only rows in test, and only those with a target.

    Raises
    ------
    InputError
        If target ids differ, a key repeats, or no row is left.

    Examples
    --------
    >>> time = pd.date_range("2024", periods=2, freq="h", tz="UTC")
    >>> table = pd.DataFrame({"symbol": "SYN", "time": time, "t1": time, "target_id": "up4", "set": "test",
    ...                       "p_label": 0.5, "fold": -1})
    >>> targets = pd.DataFrame({"symbol": "SYN", "time": time, "target_id": "up4", "label": 1.0, "ret": 0.01})
    >>> list(final_rows(table, targets).columns)
    ['symbol', 'time', 't1', 'target_id', 'p_label', 'label', 'ret']
    """
    shown = [name for name in predictions.columns if name.startswith(PREDICTED)]
    test = predictions.loc[predictions["set"] == "test", ["symbol", "time", "t1", "target_id", *shown]]
    ids = sorted(set(test["target_id"].unique()) | set(test_targets["target_id"].unique()))
    if len(ids) > 1:
        raise bad_input("target_id", "one and the same", ids, "join predictions with their own targets")
    for name, table in (("predictions", test), ("test_targets", test_targets)):
        if n_twice := int(table.duplicated(KEY).sum()):
            raise bad_input(name, "unique in (symbol, time)", f"{n_twice} repeated keys", "write rows once")
    targets = test_targets.drop(columns=["t1"], errors="ignore")
    joined = test.merge(targets, on=KEY, how="inner", validate="one_to_one")
    if joined.empty:
        raise bad_input("test rows", "at least one with a target", 0, "predict the rows of the test set")
    return joined.sort_values(["time", "symbol"], kind="stable", ignore_index=True)


def value_columns(rows: pd.DataFrame) -> list[str]:
    """Name the targets that were predicted as numbers.

    Parameters
    ----------
    rows : pandas.DataFrame
        Of `final_rows`.

    Returns
    -------
    list of str
        Every target `<t>` beside a column `value_<t>`.

    Examples
    --------
    >>> value_columns(pd.DataFrame({"value_max_pct": [0.1], "max_pct": [0.2], "ret": [0.0]}))
    ['max_pct']
    """
    values = [name.removeprefix("value_") for name in rows.columns if name.startswith("value_")]
    return [name for name in values if name in rows.columns]


def has_probability(rows: pd.DataFrame) -> bool:
    """Say whether a label in {0, 1} was predicted with a probability.

    Parameters
    ----------
    rows : pandas.DataFrame
        Of `final_rows`.

    Returns
    -------
    bool
        False where only numbers or several classes were predicted.

    Examples
    --------
    >>> has_probability(pd.DataFrame({"p_label": [0.5], "label": [1.0]}))
    True
    >>> has_probability(pd.DataFrame({"value_max_pct": [0.5], "max_pct": [1.0]}))
    False
    """
    known = {"p_label", LABEL} <= set(rows.columns)
    return known and set(rows[LABEL].dropna().unique()) <= {0.0, 1.0}


def precision_recall(label: ArrayLike, probability: ArrayLike) -> pd.DataFrame:
    """Compute precision and recall at every threshold there is.

    Parameters
    ----------
    label : array-like of float, shape (n,)
        0 or 1.
    probability : array-like of float, shape (n,)
        Greater for what is likelier; equal ones share a threshold.

    Returns
    -------
    pandas.DataFrame
        threshold (descending), n_signals, precision, recall: for the signal "probability >= threshold".
        Recall is NaN without a positive label.

    Examples
    --------
    >>> precision_recall([1, 0, 1, 0], [0.9, 0.8, 0.8, 0.1])[["precision", "recall"]].round(2).values.tolist()
    [[1.0, 0.5], [0.67, 1.0], [0.5, 1.0]]
    """
    truth, score = np.asarray(label, np.float64), np.asarray(probability, np.float64)
    order = np.argsort(-score, kind="stable")
    truth, score = truth[order], score[order]
    last = np.flatnonzero(np.append(score[1:] != score[:-1], True))
    found, n_signals = np.cumsum(truth)[last], last + 1
    total = truth.sum()
    recall = found / total if total else np.full(len(found), np.nan)
    columns = {"threshold": score[last], "n_signals": n_signals, "precision": found / n_signals}
    return pd.DataFrame({**columns, "recall": recall})


def average_precision(curve: pd.DataFrame) -> float:
    """Sum precision over the steps of recall (no interpolation between them).

    Parameters
    ----------
    curve : pandas.DataFrame
        Of `precision_recall`.

    Returns
    -------
    float
        In [0, 1]; the rate of the label for a prediction that says nothing. NaN without a positive label.

    Examples
    --------
    >>> round(average_precision(precision_recall([1, 0, 1, 0], [0.9, 0.8, 0.8, 0.1])), 3)
    0.833
    """
    steps = np.diff(curve["recall"].to_numpy(), prepend=0.0)
    return float(np.sum(steps * curve["precision"].to_numpy()))


def confusion(label: ArrayLike, probability: ArrayLike, threshold: float) -> dict[str, int]:
    """Count signals and labels: who said what, and what it was.

    Parameters
    ----------
    label : array-like of float, shape (n,)
        0 or 1.
    probability : array-like of float, shape (n,)
        What was predicted.
    threshold : float
        A signal is a probability at or above it.

    Returns
    -------
    dict of str to int
        true_positive, false_positive, false_negative, true_negative.

    Examples
    --------
    >>> confusion([1, 0, 1, 0], [0.9, 0.8, 0.2, 0.1], 0.5)
    {'true_positive': 1, 'false_positive': 1, 'false_negative': 1, 'true_negative': 1}
    """
    truth, said = np.asarray(label) == 1, np.asarray(probability, np.float64) >= threshold
    return {
        "true_positive": int((truth & said).sum()),
        "false_positive": int((~truth & said).sum()),
        "false_negative": int((truth & ~said).sum()),
        "true_negative": int((~truth & ~said).sum()),
    }
