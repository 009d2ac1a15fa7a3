"""Everything of a run that a script may want, as one JSON document."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from topoquant.lib.errors import bad_input
from topoquant.lib.reporting.formatting import Record
from topoquant.lib.reporting.report import RunRecord, split_counts, summary_facts

# Grows when a part is renamed, removed, or means something else; a new part leaves it as it is.
VERSION = 1
# Name of a part, its JSON type, and what it holds. `docs/training-report.md` repeats it; a test compares.
PARTS: dict[str, tuple[str, str]] = {
    "version": ("integer", "of this schema"),
    "run": ("object", "recipe, symbols, interval, source, seed, env, started, revision, command, options"),
    "data": ("array", "per symbol: bars, first, last, gaps and what else the quality report counts"),
    "target": ("object", "text, threshold, horizon, rates and the rest of the label report"),
    "splits": ("object", "rows: train_kept, train_all, val, test, purged, embargoed"),
    "dropped": ("object", "rows without a target or without features: no_t1, warm_up, gap, filtered"),
    "models": ("array", "the model table: one row per prediction that was scored on test rows"),
    "members": ("array", "per member: fit, epochs, parameters, rows, scores on train and val, history"),
    "ensemble": ("object", "what was chosen on val and why: naive, final, weights"),
    "calibration": ("object or null", "the calibrator and what it did on test rows"),
    "reliability": ("array", "name, p_mean, rate, n: one row per curve and bin"),
    "operating_point": ("object", "val and test: threshold, precision with bounds, recall, signals"),
    "backtest": ("object", "of the final prediction, net of costs, and at 0, 1 and 2 times the costs"),
    "strategies": ("array or null", "profiles beside buy-and-hold and random entries, one row each"),
    "sharpe": ("object or null", "of the timing return net of costs, with all it may not be printed without"),
    "checks": ("array", "name, status, finding, numbers, section of every check"),
    "power": ("object or null", "what injected signal would have been found"),
    "trials": ("object or null", "what was tried on this market, in this run and before"),
    "ceiling": ("number or null", "AUC no model can beat, where the market is known"),
    "tables": ("object", "matched and paired: of predictions that came from elsewhere, empty for our own"),
    "verdict": ("object", "word, tradeable, their headlines, reasons, would_change, numbers"),
}


KINDS: dict[str, tuple[type, ...]] = {
    "integer": (int,),
    "number or null": (float, int, type(None)),
    "object": (dict,),
    "object or null": (dict, type(None)),
    "array": (list,),
    "array or null": (list, type(None)),
}


def training_report(record: RunRecord) -> dict[str, Any]:
    """Put a run into one document of plain JSON values.

    Parameters
    ----------
    record : RunRecord
        Of the run.

    Returns
    -------
    dict
        The parts of `PARTS`, in their order: texts, numbers, true, false, null, lists and objects alone. A
        number that is not finite is null; a time is ISO 8601 in UTC; fractions, never percent.

    Raises
    ------
    InputError
        For a value that JSON has no form for.
    """
    facts = summary_facts(record)
    parts = {
        "version": VERSION,
        "run": record.run,
        "data": record.quality,
        "target": {**record.label_summary, **record.target},
        "splits": split_counts(record.splits),
        "dropped": facts.dropped,
        "models": record.scores,
        "members": record.training,
        "ensemble": record.choices,
        "calibration": record.calibration,
        "reliability": record.reliability.to_dict("records"),
        "operating_point": record.operating_points,
        "backtest": record.backtest_metrics,
        "strategies": record.strategies,
        "sharpe": record.sharpe,
        "checks": record.findings,
        "power": record.power,
        "trials": record.trials,
        "ceiling": record.ceiling,
        "tables": {"matched": record.matched, "paired": record.paired},
        "verdict": record.verdict,
    }
    return {name: plain_json(parts[name], name) for name in PARTS}


def check_report(document: Record) -> None:
    """Refuse a document that is not of this schema.

    Parameters
    ----------
    document : mapping
        As it was read.

    Raises
    ------
    InputError
        For another version, a missing or an unknown part, or a part of another type.

    Examples
    --------
    >>> check_report({"version": 99})
    Traceback (most recent call last):
    ...
    topoquant.lib.errors.InputError: version must be 1, got 99: read it with the code that wrote it
    """
    if document.get("version") != VERSION:
        raise bad_input(
            "version", str(VERSION), document.get("version"), "read it with the code that wrote it"
        )
    differing = sorted(set(PARTS) ^ set(document))
    if differing:
        raise bad_input(
            "parts of a training report", "those of PARTS", differing, "write it with training_report"
        )
    for name, (kind, _) in PARTS.items():
        if not isinstance(document[name], KINDS[kind]):
            raise bad_input(name, kind, type(document[name]).__name__, "write it with training_report")


def plain_json(value: object, name: str) -> Any:  # noqa: ANN401 (a JSON value is anything)
    """Turn numpy and pandas values into plain JSON ones.

    Parameters
    ----------
    value : object
        Mappings, sequences, arrays, numbers, texts, times, None.
    name : str
        Where it stands, for the error.

    Returns
    -------
    object
        What `json.dumps(..., allow_nan=False)` takes.

    Raises
    ------
    InputError
        For anything else.

    Examples
    --------
    >>> plain_json({"auc": np.float64("nan"), "n": np.int64(3), "at": pd.Timestamp("2024-01-01")}, "")
    {'auc': None, 'n': 3, 'at': '2024-01-01T00:00:00'}
    """
    if isinstance(value, np.generic | np.ndarray):
        value = value.tolist()
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, pd.Timestamp):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(key): plain_json(one, f"{name}.{key}") for key, one in value.items()}
    if isinstance(value, Sequence):
        return [plain_json(one, name) for one in value]
    raise bad_input(name, "a plain value", type(value).__name__, "store numbers, texts, lists and mappings")
