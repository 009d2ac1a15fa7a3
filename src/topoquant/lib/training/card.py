"""A page about one trained member, for whoever is handed its files."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

Record = Mapping[str, Any]
SETS = {"train": "out of fold", "val": "val"}
SCORES = {
    "auc": "AUC",
    "log_loss": "log-loss (nats)",
    "accuracy": "accuracy",
    "rmse": "RMSE",
    "mae": "MAE",
    "r2": "R²",
    "directional_accuracy": "directional accuracy",
}
# Fewer rows than these, counted by uniqueness, leave scores to chance.
FEW_EFFECTIVE_ROWS = 300
# A validation loss this much above the train loss says that rows were learnt by heart.
WIDE_GAP = 0.1


def model_card(
    record: Record, options: Record, target: Record, splits: pd.DataFrame, targets: pd.DataFrame
) -> str:
    """Say what a member is, what it learnt from, how well it did before any test, and what it cannot do.

    Parameters
    ----------
    record : mapping
        Of the training, as `train_member` gives it.
    options : mapping
        What the model was built from: `options.json` among its files.
    target : mapping
        Of `fit_target`: `text`, `kind`, `horizon`, `target_id`.
    splits : DataFrame
        Of `assign_rows`. Train and val rows are looked at, no test row.
    targets : DataFrame
        Of development rows.

    Returns
    -------
    str
        Markdown. Scores are those of `record["scores"]`: train rows by models that never saw them, and val
        rows. No number in it depends on a test row.

    Examples
    --------
    >>> time = pd.date_range("2024-01-01", periods=4, freq="h", tz="UTC")
    >>> splits = pd.DataFrame({"symbol": "SYN", "time": time, "set": ["train"] * 2 + ["val", "test"],
    ...                        "kept": True})
    >>> targets = splits[["symbol", "time"]][:3].assign(label=[0.0, 1.0, 1.0], uniqueness=1.0)
    >>> record = {"member": "line", "model": "logistic", "n_train_rows": 2, "model_hash": "ab", "scores": {}}
    >>> target = {"text": "up after 1 bar", "kind": "direction", "horizon": 1, "target_id": "d1"}
    >>> card = model_card(record, {"window": 0}, target, splits, targets)
    >>> card.splitlines()[0], "rate of label 1 | .500 | 1.000" in card
    ('# line', True)
    """
    development = splits.loc[splits["set"].isin(list(SETS))]
    named = targets.merge(development[["symbol", "time", "set"]], on=["symbol", "time"])
    parts = [
        [f"# {record['member']}", "", f"A `{record['model']}` that predicts: {target['text']}."],
        _data(record, development),
        _target(target, named),
        _model(record, options),
        _scores(record),
        _pretraining(record),
        _limits(record, target, named),
    ]
    return "\n".join("\n".join(part) + "\n" for part in parts if part)


def _data(record: Record, development: pd.DataFrame) -> list[str]:
    """Return the section on rows."""
    kept = development.loc[development["kept"].astype(bool)]
    symbols = ", ".join(sorted(development["symbol"].astype(str).unique()))
    lines = [
        "## Data",
        "",
        f"Symbols: {symbols}. Times are UTC; rows are decisions at the close of a bar.",
        "",
    ]
    lines += ["| rows | from | to | used |", "|---|---|---|---:|"]
    for name in SETS:
        rows = kept.loc[kept["set"] == name]
        n_all = int((development["set"] == name).sum())
        if len(rows):
            first, last = (f"{when:%Y-%m-%d %H:%M}" for when in (rows["time"].min(), rows["time"].max()))
            lines.append(f"| {name} | {first} | {last} | {len(rows):,} of {n_all:,} |")
    lines += ["", f"The final model was fitted on {record['n_train_rows']:,} train rows, the last of them "
              "to stop early where it has rounds."]  # fmt: skip
    return lines


def _target(target: Record, named: pd.DataFrame) -> list[str]:
    """Return the section on what is predicted."""
    lines = ["## Target", "", f"{target['text']}, measured from the next open.", ""]
    lines += [f"Kind `{target['kind']}`, horizon {target['horizon']} bars, id `{target['target_id']}`.", ""]
    lines += ["| | train | val |", "|---|---:|---:|"]
    parts = [named.loc[named["set"] == name] for name in SETS]
    lines.append(f"| rows with a target | {' | '.join(f'{len(part):,}' for part in parts)} |")
    weights = " | ".join(f"{part['uniqueness'].sum():,.0f}" for part in parts)
    lines.append(f"| of them independent (sum of uniqueness) | {weights} |")
    if "label" in named:
        rates = " | ".join(_number(float((part["label"] == 1).mean())) for part in parts)
        lines.append(f"| rate of label 1 | {rates} |")
    return lines


def _model(record: Record, options: Record) -> list[str]:
    """Return the section on the model itself."""
    reads = [
        f"{options['window']} bars of {options.get('n_channels', 0)} channels"
        if options.get("window")
        else "",
        f"{options['n_static']} static features" if options.get("n_static") else "",
        f"raw windows of {options['n_raw']} bars" if options.get("n_raw") else "",
    ]
    rounds = f"{record['n_epochs']}, best {record['best_epoch']}" if record.get("n_epochs") else None
    facts = {
        "model": f"`{record['model']}`",
        "reads": ", ".join(text for text in reads if text) or "nothing",
        "parameters": f"{record['n_parameters']:,}" if record.get("n_parameters") else None,
        "rounds of the final fit": rounds,
        "seconds of all fits": f"{record['fit_seconds']:.1f}" if "fit_seconds" in record else None,
        "hash of its files": f"`{record['model_hash']}`",
    }
    return ["## Model", "", *(f"- {name}: {value}" for name, value in facts.items() if value is not None)]


def _scores(record: Record) -> list[str]:
    """Return the section on scores."""
    lines = ["## Scores", ""]
    lines.append("Out of fold: train rows, each predicted by a model that was fitted without it.")
    lines += ["Val: by the final model.", "", "| target | score | out of fold | val |", "|---|---|---:|---:|"]
    for column, sets in record.get("scores", {}).items():
        known = [name for name in SCORES if any(name in sets.get(part, {}) for part in SETS)]
        for name in known:
            values = " | ".join(_number(sets.get(part, {}).get(name)) for part in SETS)
            lines.append(f"| {column} | {SCORES[name]} | {values} |")
    return lines


def _pretraining(record: Record) -> list[str]:
    """Return the section on pre-training, where there was one."""
    probes = [one["probe"] for one in record.get("pretraining", []) if "probe" in one]
    if not probes:
        return []
    lines = ["## Pre-training", "", "A logistic regression on the frozen encoder, scored on each fold's"]
    lines += ["held-out rows; means over the folds.", ""]
    lines += ["| encoder | AUC | log-loss (nats) |", "|---|---:|---:|"]
    for name, prefix in (("pre-trained", ""), ("drawn, not trained", "untrained_")):
        values = [_mean([one[f"{prefix}{score}"] for one in probes]) for score in ("auc", "log_loss")]
        lines.append(f"| {name} | {' | '.join(_number(value) for value in values)} |")
    return lines


def _limits(record: Record, target: Record, named: pd.DataFrame) -> list[str]:
    """Return the section on what it cannot do, with what these very numbers give reason to say."""
    lines = [
        "It knows the symbols, the interval and the dates above. What it says of others nobody has measured.",
        "Out-of-fold scores are of other models with the same options. Val rows also serve to choose "
        "between members, so that the val score of a member that is chosen is a little high.",
        "Nothing here is of test rows: whether there is an edge beyond volatility, and whether it survives "
        "costs, is in the report, and is tested once.",
        "A base rate that moves is not corrected. A probability is no position, and no advice.",
    ]
    if target["kind"] in ("trigger", "move", "triple_barrier"):
        lines.append("Whether a price moves far enough follows from volatility alone in large part: compare "
                     "with the sign-blind baselines before reading skill into an AUC.")  # fmt: skip
    effective = float(named.loc[named["set"] == "train", "uniqueness"].sum())
    if effective < FEW_EFFECTIVE_ROWS:
        lines.append(
            f"Its train rows are worth about {effective:,.0f} independent ones: its scores vary by chance."
        )
    if record.get("n_epochs") and record["n_epochs"] == record.get("best_epoch"):
        lines.append("The last round was the best: it may not have been fitted to the end.")
    gap = (record.get("gap") or {}).get("gap")
    if gap is not None and gap > WIDE_GAP:
        lines.append(f"Its loss on the rows of early stopping is {gap:.3f} above that on its train rows: "
                     "part of what it knows of them it knows by heart.")  # fmt: skip
    return ["## Limits", "", *(f"- {line}" for line in lines)]


def _mean(values: Sequence[float | None]) -> float | None:
    """Return the mean of what is known."""
    known = [value for value in values if value is not None]
    return float(np.mean(known)) if known else None


def _number(value: float | None) -> str:
    """Write a score: three digits, no leading zero."""
    if value is None or not np.isfinite(value):
        return "-"
    text = f"{value:.3f}" if abs(value) >= 0.01 or value == 0 else f"{value:.3g}"
    return text.replace("0.", ".", 1) if text.lstrip("-").startswith("0.") else text
