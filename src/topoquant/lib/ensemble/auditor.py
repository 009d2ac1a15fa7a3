"""Meta-labelling: a second model that is asked of every primary signal whether it is right."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import expit
from scipy.special import logit as log_odds

from topoquant.lib.ensemble.auditor_inputs import audit_inputs
from topoquant.lib.ensemble.auditor_options import AuditorOptions
from topoquant.lib.ensemble.auditor_trees import boost, gains, margins
from topoquant.lib.ensemble.signals import (
    SignalLevels,
    fit_signal_levels,
    is_right,
    known_targets,
    signal_sides,
)
from topoquant.lib.errors import InputError
from topoquant.lib.sampling import KEY, fold_rows

Positions = NDArray[np.intp]
FINAL = -1  # the fold number of val and test rows
ROW = ["symbol", "time", "t1", "target_id", "set", "fold"]
COLUMNS = [*ROW, "side", "p_correct", "logit_correct", "model_hash"]
# On the slope of the line, in standard deviations of the margin: keeps a perfect separation finite.
RIDGE = 1e-4
# Keeps a rate of 0 or 1 finite as a logit.
SMALLEST_RATE = 1e-6


@dataclass(frozen=True, kw_only=True)
class Audit:
    """What the auditor says of every signal, and how it came about.

    Attributes
    ----------
    predictions : DataFrame
        symbol, time, t1, target_id, set, fold, side, p_correct, logit_correct, model_hash; rows with a
        primary signal alone, by key; no rows without an auditor.
    record : dict
        fitted, reason, n_signals by set, and of an auditor: gate, slope, intercept, inputs, n_trees, gains,
        levels. Ready for JSON.
    files : dict of str to bytes
        The final fit: booster.json (XGBoost's own) and auditor.json; empty without an auditor.
    """

    predictions: pd.DataFrame
    record: dict[str, Any]
    files: dict[str, bytes]


@dataclass(frozen=True, kw_only=True)
class _Study:
    """Rows of the primary model with what is known of them."""

    rows: pd.DataFrame
    logit: NDArray[np.float64]
    inputs: pd.DataFrame
    label: NDArray[np.float64]
    uniqueness: NDArray[np.float64]
    side: str


@dataclass(frozen=True)
class _Fit:
    """One fit: levels of its signals, its trees, and the rows it speaks of."""

    levels: SignalLevels
    trees: str
    audited: Positions


def audit_signals(
    predictions: pd.DataFrame, targets: pd.DataFrame, tables: Sequence[pd.DataFrame],
    options: AuditorOptions, *, side: str, embargo: pd.Timedelta, seed: int,
) -> Audit:  # fmt: skip
    """Fit the auditor on out-of-fold signals and let it judge every signal.

    Each fold's fit takes the train rows of the other folds, purged and embargoed: their outer `share` by
    the primary model's out-of-fold logit are its signals, whether they were right its target, and it
    speaks of the fold's own signals. The fit on all train rows speaks of those of val and test. The trees'
    margins become probabilities by a line through the out-of-fold ones; where it would fall, it is level.

    Parameters
    ----------
    predictions : DataFrame
        Of the primary model, by the contract of predictions, train rows out of fold; `spread` by option.
    targets : DataFrame
        Of train and val rows: `symbol`, `time`, `target_id`, `label`, `uniqueness`. Val rows' are not used.
    tables : sequence of DataFrame
        What else it looks at, known at `time`: keyed by (`symbol`, `time`), or those and `fold` where a
        table has one. Numbers; others are passed over. NaN, and rows that are absent, are missing values.
    options : AuditorOptions
        Signals and trees.
    side : {"direction", "up", "down", "both"}
        Of the target.
    embargo : Timedelta
        As in the members' folds.
    seed : int
        Same rows and seed, same trees.

    Returns
    -------
    Audit
        A row's answer depends on its inputs and on train rows alone; a train row's, on those of other folds
        but for the two numbers of the line. The gate is a quantile of train rows' answers. Without an
        auditor `record["reason"]` says what was missing.

    Raises
    ------
    InputError
        As `known_targets` and `fold_rows`; if a table repeats a key.

    References
    ----------
    Lopez de Prado (2018), Advances in Financial Machine Learning, section 3.6. Platt (1999), "Probabilistic
    outputs for support vector machines".

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> time = pd.date_range("2024-01-01", periods=900, freq="h", tz="UTC")
    >>> rows = pd.DataFrame({"symbol": "SYN", "time": time, "t1": time, "target_id": "up-1",
    ...                      "set": np.repeat(["train", "val"], [600, 300]), "model_hash": "a",
    ...                      "fold": np.repeat([0, 1, -1], 300), "logit_label": rng.normal(size=900)})
    >>> quiet = pd.DataFrame({"symbol": "SYN", "time": time, "quiet": rng.random(900) < 0.5}).astype(
    ...     {"quiet": float})
    >>> targets = rows.assign(label=quiet["quiet"], uniqueness=1.0)
    >>> options = AuditorOptions(share=0.5, kept=0.5, min_rarer=10, n_trees=20, learning_rate=0.3,
    ...     max_depth=2, min_child_weight=1, max_bins=16, feature_fraction=1, row_fraction=1, l2=1,
    ...     patience=5, validation_fraction=0.2, n_threads=1)
    >>> audit = audit_signals(rows, targets, [quiet], options, side="up", embargo=pd.Timedelta(0), seed=0)
    >>> kept = audit.predictions.query("set == 'val'").query(f"p_correct >= {audit.record['gate']}")
    >>> quiet["quiet"][quiet["time"].isin(kept["time"])].mean()
    1.0
    """
    study = _study_of(predictions, targets, tables, side)
    plans = _plans(study, embargo)
    levels = {
        number: fit_signal_levels(study.logit[train], side, share=options.share)
        for number, (train, _) in plans.items()
    }
    reason = _too_few(study, plans, levels, options.min_rarer)
    if reason:
        return _no_auditor(study.rows, reason)
    try:
        fits = {
            number: _Fit(levels[number], _boost(study, train, levels[number], options, seed), audited)
            for number, (train, audited) in plans.items()
        }
    except InputError as refusal:  # signals so close together that none is left before the purged tail
        return _no_auditor(study.rows, f"No auditor: {refusal}.")
    answers = _answers(study, fits)
    slope, intercept = _fit_line(answers)
    logit = intercept + slope * answers["margin"].to_numpy()
    table = answers.assign(p_correct=expit(logit), logit_correct=logit)
    gate = float(np.quantile(table.loc[table["set"] == "train", "p_correct"], 1 - options.kept))
    record = _record(study, table, fits[FINAL], options, {"slope": slope, "intercept": intercept})
    settings = {"gate": gate, "slope": slope, "intercept": intercept, **asdict(fits[FINAL].levels)}
    files = {
        "booster.json": fits[FINAL].trees.encode(),
        "auditor.json": json.dumps(settings, sort_keys=True).encode(),
    }
    hashes = {number: _hash(one, slope, intercept) for number, one in fits.items()}
    table["model_hash"] = table["fold"].map(hashes)
    return Audit(predictions=table[COLUMNS], record={**record, "gate": gate}, files=files)


def _study_of(
    predictions: pd.DataFrame, targets: pd.DataFrame, tables: Sequence[pd.DataFrame], side: str
) -> _Study:
    """Sort the rows by key and look up what is known of them."""
    rows = predictions.sort_values(KEY, ignore_index=True)
    label, uniqueness = known_targets(rows, targets, sets=("train", "val"))
    return _Study(
        rows=rows, logit=rows["logit_label"].to_numpy(np.float64), inputs=audit_inputs(rows, tables),
        label=label, uniqueness=uniqueness, side=side,
    )  # fmt: skip


def _plans(study: _Study, embargo: pd.Timedelta) -> dict[int, tuple[Positions, Positions]]:
    """Give for each fit the rows it is fitted on and those it speaks of."""
    fold = study.rows["fold"].to_numpy()
    known = np.flatnonzero(~np.isnan(study.label))
    plans = {
        int(fold[held_out[0]]): (np.intersect1d(train, known), held_out)
        for train, held_out in fold_rows(study.rows, embargo=embargo)
    }
    is_train = (study.rows["set"] == "train").to_numpy()
    plans[FINAL] = (np.intersect1d(np.flatnonzero(is_train), known), np.flatnonzero(~is_train))
    return plans


def _too_few(
    study: _Study, plans: dict[int, tuple[Positions, Positions]], levels: dict[int, SignalLevels],
    min_rarer: float,
) -> str:  # fmt: skip
    """Say which fit has too few right or wrong signals; nothing where none has."""
    for number, (train, _) in plans.items():
        taken = signal_sides(study.logit[train], levels[number], study.side)
        right, weight = is_right(taken, study.label[train], study.side), study.uniqueness[train]
        effective = [float(weight[right == answer].sum()) for answer in (1.0, 0.0)]
        if min(effective) < min_rarer:
            fit = "the final fit" if number == FINAL else f"the fit of fold {number}"
            return (
                f"No auditor: {fit} has {int((taken != 0).sum()):,} signals, effectively {effective[0]:.1f} "
                f"right and {effective[1]:.1f} wrong, min_rarer is {min_rarer:g}."
            )
    return ""


def _boost(
    study: _Study, train: Positions, levels: SignalLevels, options: AuditorOptions, seed: int
) -> str:  # fmt: skip
    """Grow the trees of one fit on its own signals."""
    taken = signal_sides(study.logit[train], levels, study.side)
    chosen = train[taken != 0]
    right = is_right(taken[taken != 0], study.label[chosen], study.side)
    design = _design(study, chosen, taken[taken != 0])
    return boost(study.rows.iloc[chosen], design, right, study.uniqueness[chosen], options, seed=seed)


def _design(study: _Study, positions: Positions, sides: NDArray[np.int64]) -> pd.DataFrame:
    """Give what the trees look at: the inputs and the side of the signal."""
    return study.inputs.iloc[positions].assign(side=sides.astype(np.float64))


def _answers(study: _Study, fits: dict[int, _Fit]) -> pd.DataFrame:
    """Ask each fit about the signals it was not fitted on."""
    parts = []
    for fit in fits.values():
        sides = signal_sides(study.logit[fit.audited], fit.levels, study.side)
        at, sides = fit.audited[sides != 0], sides[sides != 0]
        parts.append(
            study.rows.iloc[at][ROW].assign(
                side=sides,
                margin=margins(fit.trees, _design(study, at, sides)),
                right=is_right(sides, study.label[at], study.side),
                uniqueness=study.uniqueness[at],
            )
        )
    return pd.concat(parts).sort_values(KEY, ignore_index=True)


def _fit_line(answers: pd.DataFrame) -> tuple[float, float]:
    """Fit logit = intercept + slope * margin on out-of-fold train signals; a falling line is made level."""
    # Imported here so that reading the options of an ensemble stays fast.
    from sklearn.linear_model import LogisticRegression  # noqa: PLC0415

    train = answers[(answers["set"] == "train") & answers["right"].notna()]
    right, weight = train["right"].to_numpy(), train["uniqueness"].to_numpy()
    margin = train["margin"].to_numpy()
    middle, unit = margin.mean(), margin.std()
    if len(np.unique(right)) == 2 and unit > 0:
        line = LogisticRegression(C=1 / (RIDGE * weight.sum()), solver="newton-cholesky", max_iter=200)
        line.fit(((margin - middle) / unit)[:, None], right, sample_weight=weight)
        slope = float(line.coef_[0, 0] / unit)
        if slope > 0:
            return slope, float(line.intercept_[0] - slope * middle)
    rate = np.average(right, weights=weight)
    return 0.0, float(log_odds(np.clip(rate, SMALLEST_RATE, 1 - SMALLEST_RATE)))


def _record(
    study: _Study, table: pd.DataFrame, final: _Fit, options: AuditorOptions, line: dict[str, float]
) -> dict[str, Any]:
    """Say what was fitted, in plain numbers."""
    n_signals = {name: int((table["set"] == name).sum()) for name in ("train", "val", "test")}
    told = (
        "Its answers tell right from wrong out of fold."
        if line["slope"] > 0
        else ("Out of fold its answers do not tell right from wrong: every signal is kept.")
    )
    n_trees, by_gain = gains(final.trees)
    return {
        "fitted": True, "reason": told, "n_signals": n_signals, **line, "share": options.share,
        "kept": options.kept, "levels": asdict(final.levels), "inputs": [*study.inputs, "side"],
        "n_trees": n_trees, "gains": by_gain,
    }  # fmt: skip


def _no_auditor(rows: pd.DataFrame, reason: str) -> Audit:
    """Say why there is no auditor, with a table of no signals."""
    empty: dict[str, Any] = {"side": np.int64(0), "p_correct": 0.0, "logit_correct": 0.0, "model_hash": ""}
    record = {"fitted": False, "reason": reason, "n_signals": {}, "gate": None}
    return Audit(predictions=rows.iloc[:0].assign(**empty)[COLUMNS], record=record, files={})


def _hash(fit: _Fit, slope: float, intercept: float) -> str:
    """Fingerprint of a fit and the line."""
    text = json.dumps([asdict(fit.levels), fit.trees, slope, intercept], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()
