"""What an auditor is worth: signals before it and after it."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from topoquant.lib.ensemble.signals import is_right, known_targets
from topoquant.lib.proportions import difference_interval, effective_counts, wilson_interval
from topoquant.lib.sampling import KEY, key_positions


@dataclass(frozen=True)
class _Known:
    """Signals of one set whose targets are known, and the summed uniqueness of the rows to be found."""

    time: pd.DatetimeIndex
    right: NDArray[np.float64]
    weight: NDArray[np.float64]
    kept: NDArray[np.bool_]
    findable: float


def audit_effect(
    audits: pd.DataFrame, predictions: pd.DataFrame, targets: pd.DataFrame,
    *, set_name: str, side: str, gate: float, level: float,
) -> dict[str, Any]:  # fmt: skip
    """Compare the signals of one set with those of them that the auditor lets pass.

    Parameters
    ----------
    audits : DataFrame
        Of `audit_signals`.
    predictions : DataFrame
        Of the primary model: all rows, for recall.
    targets : DataFrame
        Of rows of the set: `symbol`, `time`, `target_id`, `label`, `uniqueness`; others are passed over.
    set_name : {"val", "test"}
        Val rows had no part in the auditor; test rows have none in anything.
    side : str
        Of the target.
    gate : float
        Signals with at least this `p_correct` pass.
    level : float
        Coverage of the intervals, in (0, 1).

    Returns
    -------
    dict
        `before`, `after` and `rejected`, each n_signals, effective_n (of `effective_counts`), precision,
        precision_low, precision_high (Wilson) and recall; and `difference`, `difference_low`,
        `difference_high`: precision of those that pass less that of those that do not (Newcombe),
        `improves`: whether all of that interval lies above 0. None for what no signal tells. Counts in
        the intervals are effective ones. Recall is the share of the rows whose label the side could have
        named that are right signals.

    Raises
    ------
    InputError
        As `known_targets`.

    Examples
    --------
    >>> time = pd.date_range("2024-01-01", periods=4, freq="h", tz="UTC")
    >>> rows = pd.DataFrame({"symbol": "SYN", "time": time, "target_id": "up", "set": "val"})
    >>> audits = rows.iloc[:3].assign(side=1, p_correct=[0.8, 0.7, 0.2])
    >>> targets = rows.assign(label=[1.0, 0.0, 0.0, 1.0], uniqueness=1.0)
    >>> effect = audit_effect(audits, rows, targets, set_name="val", side="up", gate=0.5, level=0.9)
    >>> effect["after"]["n_signals"], effect["after"]["precision"], effect["after"]["recall"]
    (2, 0.5, 0.5)
    """
    known = _known_signals(audits, predictions, targets, set_name=set_name, side=side, gate=gate)
    parts = {
        "before": np.ones(len(known.kept), bool),
        "after": known.kept,
        "rejected": ~known.kept,
    }
    counts = {
        name: effective_counts(known.right[chosen], known.weight[chosen], known.time[chosen])
        for name, chosen in parts.items()
    }
    effect: dict[str, Any] = {
        name: {**_numbers(counts[name], int(chosen.sum()), level), "recall": _recall(known, chosen)}
        for name, chosen in parts.items()
    }
    precisions = [effect[name]["precision"] for name in ("after", "rejected")]
    both = None not in precisions
    low, high = difference_interval(counts["after"], counts["rejected"], level=level)
    return effect | {
        "difference": precisions[0] - precisions[1] if both else None,
        "difference_low": low if both else None,
        "difference_high": high if both else None,
        "improves": both and low > 0,
    }


def _known_signals(
    audits: pd.DataFrame, predictions: pd.DataFrame, targets: pd.DataFrame,
    *, set_name: str, side: str, gate: float,
) -> _Known:  # fmt: skip
    """Take the signals of the set that have a target."""
    rows = predictions[predictions["set"] == set_name].reset_index(drop=True)
    own = targets.iloc[key_positions(rows, targets, name="predictions") >= 0]
    signals = audits[audits["set"] == set_name].reset_index(drop=True)
    if own.empty or signals.empty:
        return _Known(pd.DatetimeIndex([]), np.empty(0), np.empty(0), np.empty(0, bool), 0.0)
    label, uniqueness = known_targets(rows, own, sets=(set_name,))
    at = key_positions(rows[KEY], signals, name="predictions")
    right = is_right(signals["side"], label[at], side)
    known = ~np.isnan(right)
    could = ~np.isnan(label) if side == "direction" else label == 1
    return _Known(
        time=pd.DatetimeIndex(signals["time"])[known], right=right[known], weight=uniqueness[at][known],
        kept=(signals["p_correct"].to_numpy() >= gate)[known], findable=float(uniqueness[could].sum()),
    )  # fmt: skip


def _recall(known: _Known, chosen: NDArray[np.bool_]) -> float | None:
    """Share of the rows to be found that are right signals."""
    found = float((known.weight * known.right)[chosen].sum())
    return found / known.findable if known.findable else None


def _numbers(counts: tuple[float, float], n_signals: int, level: float) -> dict[str, float | int | None]:
    """Write precision with its interval, and the counts they rest on."""
    k, n = counts
    low, high = wilson_interval(k, n, level=level)
    return {
        "n_signals": n_signals,
        "effective_n": n,
        "precision": k / n if n else None,
        "precision_low": low if n else None,
        "precision_high": high if n else None,
    }
