"""The model table as a tidy frame, for notebooks, comparisons and figures."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from topoquant.lib.errors import bad_input
from topoquant.lib.reporting.formatting import Record

COLUMNS = (
    *("name", "role", "note", "n", "auc", "auc_low", "auc_high", "gain", "gain_low", "gain_high"),
    *("timing_t", "timing_mean", "timing_lower", "ece", "cox_slope", "log_loss", "logit_std", "oof_auc"),
    "fit_seconds",
)
TEXTS = ("name", "role", "note")
# How the summary calls what is blind to the sign of every return.
NOTES = {
    "majority": "base rate",
    "volatility_logistic": "sign-blind logistic",
    "volatility_lightgbm": "sign-blind lightgbm",
}


def with_training(model_scores: Sequence[Record], datasets: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Add to rows of the model table how long each fit took, and what the naive one is.

    Parameters
    ----------
    model_scores : sequence of mapping
        Rows with name and role.
    datasets : mapping
        `training_<name>` of those that were fitted here; anything else is passed over.

    Returns
    -------
    list of dict
        The rows with `fit_seconds`, None for what was not fitted, and `note`.

    Examples
    --------
    >>> rows = [{"name": "majority", "role": "naive"}, {"name": "ensemble", "role": "ensemble"}]
    >>> with_training(rows, {"training_majority": {"fit_seconds": 0.1}})[0]["note"]
    'base rate'
    """
    rows = []
    for row in model_scores:
        seconds = datasets.get(f"training_{row['name']}", {}).get("fit_seconds")
        note = NOTES.get(row["name"], "") if row["role"] == "naive" else ""
        rows.append({**row, "fit_seconds": seconds, "note": note})
    return rows


def model_table(model_scores: Sequence[Record]) -> pd.DataFrame:
    """Put the rows of the model table into a frame of fixed columns and types.

    Parameters
    ----------
    model_scores : sequence of mapping
        Rows with at least name and role; every other column may be absent or None.

    Returns
    -------
    pandas.DataFrame
        One row per model in the order given; texts as str, numbers as float64 with NaN where
        there is none. AUC, ECE and gain (nats of log-loss) are fractions of one.

    Raises
    ------
    InputError
        When two rows carry the same name.

    Examples
    --------
    >>> rows = [{"name": "nbeats", "role": "member", "auc": 0.62}]
    >>> model_table(rows)[["name", "auc", "gain"]].to_dict("records")
    [{'name': 'nbeats', 'auc': 0.62, 'gain': nan}]
    """
    names = [row["name"] for row in model_scores]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise bad_input(
            "model_scores", "one row per name", f"{twice} twice", "give each model a name of its own"
        )
    columns = {name: [row.get(name) for row in model_scores] for name in COLUMNS}
    table = pd.DataFrame(columns)
    numbers = [name for name in COLUMNS if name not in TEXTS]
    table[numbers] = table[numbers].astype("float64")
    table[list(TEXTS)] = table[list(TEXTS)].fillna("").astype(str)
    return table
