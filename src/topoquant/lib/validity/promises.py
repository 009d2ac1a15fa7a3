"""What val promised, and what test rows made of it: operating point and reliability."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from topoquant.lib.proportions import effective_counts, wilson_interval
from topoquant.lib.validity.calibration import calibration_curve
from topoquant.lib.validity.intervals import LEVEL
from topoquant.lib.validity.operating_point import choose_threshold
from topoquant.lib.validity.options import OperatingPointOptions
from topoquant.lib.validity.scoring import join_targets

N_BINS = 10


def choose_operating_point(
    predictions: pd.DataFrame, targets: pd.DataFrame, options: OperatingPointOptions
) -> dict[str, Any]:
    """Choose the threshold of a prediction on rows that nothing else was chosen on.

    Parameters
    ----------
    predictions : DataFrame
        The second half of val: `symbol`, `time`, `target_id`, `p_label`.
    targets : DataFrame
        Of those rows, and any others.
    options : OperatingPointOptions
        What has to be kept.

    Returns
    -------
    dict
        Fields of `OperatingPoint`; None where no threshold keeps enough.

    Examples
    --------
    >>> time = pd.date_range("2024", periods=4, freq="h", tz="UTC")
    >>> rows = pd.DataFrame({"symbol": "SYN", "time": time, "target_id": "up4",
    ...                      "p_label": [0.9, 0.8, 0.2, 0.1]})
    >>> targets = rows.assign(label=[1.0, 1.0, 0.0, 0.0], uniqueness=1.0)
    >>> options = OperatingPointOptions(min_recall=0.5, min_signals=2)
    >>> choose_operating_point(rows, targets, options)["threshold"]
    0.8
    """
    known = join_targets(predictions, targets)
    point = choose_threshold(
        known["label"], known["p_label"], known["uniqueness"], known["time"],
        min_recall=options.min_recall, min_signals=options.min_signals,
    )  # fmt: skip
    return point.to_dict()


def measure_operating_point(
    predictions: pd.DataFrame, targets: pd.DataFrame, chosen: Mapping[str, Any]
) -> dict[str, Any]:
    """Say what a threshold chosen before does on other rows.

    Parameters
    ----------
    predictions : DataFrame
        Test rows.
    targets : DataFrame
        Of those rows.
    chosen : mapping
        Of `choose_operating_point`.

    Returns
    -------
    dict
        The same fields, on these rows; the Wilson interval on the effective number of signals, of
        `effective_counts`.

    Examples
    --------
    >>> time = pd.date_range("2024", periods=4, freq="h", tz="UTC")
    >>> rows = pd.DataFrame({"symbol": "SYN", "time": time, "target_id": "up4",
    ...                      "p_label": [0.9, 0.8, 0.2, 0.1]})
    >>> targets = rows.assign(label=[1.0, 0.0, 1.0, 0.0], uniqueness=0.5)
    >>> point = measure_operating_point(rows, targets, {"threshold": 0.5})
    >>> point["precision"], point["recall"], point["effective_n"]
    (0.5, 0.5, 1.0)
    """
    if chosen["threshold"] is None:
        return dict(chosen)
    known = join_targets(predictions, targets)
    signal = (known["p_label"] >= chosen["threshold"]).to_numpy()
    label = known["label"].to_numpy()
    n_signals, n_hits, n_positive = int(signal.sum()), int(label[signal].sum()), int(label.sum())
    weight, time = known["uniqueness"].to_numpy()[signal], known["time"][signal]
    _, effective = effective_counts(label[signal], weight, time)
    precision = n_hits / n_signals if n_signals else None
    low, high = None, None
    if precision is not None:
        low, high = wilson_interval(precision * effective, effective, level=LEVEL)
    return {
        "threshold": chosen["threshold"],
        "precision": precision,
        "precision_low": low,
        "precision_high": high,
        "recall": n_hits / n_positive if n_positive else None,
        "n_signals": n_signals,
        "effective_n": effective,
    }


def reliability_table(
    predictions: pd.DataFrame, targets: pd.DataFrame, *, name: str = "ensemble"
) -> pd.DataFrame:
    """Compare forecast and frequency in bins of equally many rows.

    Parameters
    ----------
    predictions, targets : DataFrame
        Test rows and their targets.
    name : str
        Of the prediction.

    Returns
    -------
    DataFrame
        name, p_mean, rate, n per bin.

    Examples
    --------
    >>> time = pd.date_range("2024", periods=20, freq="h", tz="UTC")
    >>> rows = pd.DataFrame({"symbol": "SYN", "time": time, "target_id": "up4",
    ...                      "p_label": np.linspace(0.1, 0.9, 20)})
    >>> reliability_table(rows, rows.assign(label=1.0, uniqueness=1.0))["rate"].unique().tolist()
    [1.0]
    """
    known = join_targets(predictions, targets)
    curve = calibration_curve(known["label"], known["p_label"], n_bins=N_BINS)
    return curve.rename(columns={"probability": "p_mean"})[["p_mean", "rate", "n"]].assign(name=name)


def permuted_row(findings: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Make the model table's row of the fit on permuted labels.

    Parameters
    ----------
    findings : sequence of mapping
        Of `permuted_label_check`, one.

    Returns
    -------
    dict
        name, role, n and the AUC with its interval.

    Examples
    --------
    >>> numbers = {"n": 10, "auc": 0.5, "auc_low": 0.4, "auc_high": 0.6}
    >>> permuted_row([{"name": "permuted_labels", "numbers": numbers}])["role"]
    'permuted'
    """
    return {"name": "permuted", "role": "permuted", "note": "", **findings[0]["numbers"]}


def spread_cuts(bars: pd.DataFrame, n_cuts: int) -> list[int]:
    """Spread cuts evenly over the second half of the distinct open times, the last one included.

    Parameters
    ----------
    bars : DataFrame
        `open_time`.
    n_cuts : int
        At least 1.

    Returns
    -------
    list of int
        Positions among the distinct open times, ascending.

    Examples
    --------
    >>> spread_cuts(pd.DataFrame({"open_time": pd.date_range("2024", periods=101, freq="h", tz="UTC")}), 3)
    [50, 74, 99]
    """
    n_times = bars["open_time"].nunique()
    # The very last bar has no future to leak from: the cut before it is the last that can show one.
    return sorted({int(cut) for cut in np.linspace(n_times // 2, n_times - 2, n_cuts)})
