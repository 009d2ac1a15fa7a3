"""The operating point of the lower end of a direction: at or below which probability a fall is said."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from topoquant.lib.validity.options import OperatingPointOptions
from topoquant.lib.validity.promises import choose_operating_point, measure_operating_point


def choose_lower_point(
    predictions: pd.DataFrame, targets: pd.DataFrame, options: OperatingPointOptions
) -> dict[str, Any]:
    """Choose the level at or below which a direction is called down, by the rule of the one for up.

    Parameters
    ----------
    predictions : DataFrame
        The second half of val: `symbol`, `time`, `target_id`, `p_label` (of up).
    targets : DataFrame
        Of those rows, and any others.
    options : OperatingPointOptions
        What has to be kept, of the falls.

    Returns
    -------
    dict
        As `choose_operating_point`: a signal is `p_label` <= `threshold`, precision and recall are those of
        label 0. Nothing keeps it below the level for up: where a row lies beyond both, neither is said.

    Examples
    --------
    >>> time = pd.date_range("2024", periods=4, freq="h", tz="UTC")
    >>> rows = pd.DataFrame({"symbol": "SYN", "time": time, "target_id": "direction4",
    ...                      "p_label": [0.9, 0.8, 0.2, 0.1]})
    >>> targets = rows.assign(label=[1.0, 1.0, 0.0, 0.0], uniqueness=1.0)
    >>> choose_lower_point(rows, targets, OperatingPointOptions(min_recall=0.5, min_signals=2))["threshold"]
    0.2
    """
    return _turned(choose_operating_point(*_turned_over(predictions, targets), options))


def measure_lower_point(
    predictions: pd.DataFrame, targets: pd.DataFrame, chosen: Mapping[str, Any]
) -> dict[str, Any]:
    """Say what a level for down, chosen before, does on other rows.

    Parameters
    ----------
    predictions : DataFrame
        Test rows.
    targets : DataFrame
        Of those rows.
    chosen : mapping
        Of `choose_lower_point`.

    Returns
    -------
    dict
        The same fields, on these rows.

    Examples
    --------
    >>> time = pd.date_range("2024", periods=4, freq="h", tz="UTC")
    >>> rows = pd.DataFrame({"symbol": "SYN", "time": time, "target_id": "direction4",
    ...                      "p_label": [0.9, 0.8, 0.2, 0.1]})
    >>> targets = rows.assign(label=[1.0, 0.0, 1.0, 0.0], uniqueness=0.5)
    >>> point = measure_lower_point(rows, targets, {"threshold": 0.15})
    >>> point["precision"], point["recall"], point["n_signals"]
    (1.0, 0.5, 1)
    """
    return _turned(measure_operating_point(*_turned_over(predictions, targets), _turned(chosen)))


def _turned_over(predictions: pd.DataFrame, targets: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Make down what is asked: labels swapped, probabilities with their sign changed, which is exact."""
    return predictions.assign(p_label=-predictions["p_label"]), targets.assign(label=1.0 - targets["label"])


def _turned(point: Mapping[str, Any]) -> dict[str, Any]:
    """Change the sign of a level, if there is one."""
    level = point["threshold"]
    return {**point, "threshold": None if level is None else -level}
