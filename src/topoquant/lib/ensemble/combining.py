"""From members' predictions to the one prediction that is tested."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import expit

from topoquant.lib.ensemble.averaging import weighted_mean
from topoquant.lib.ensemble.fallback import choose_final, choose_naive
from topoquant.lib.ensemble.joining import ROW, join_predictions, member_values
from topoquant.lib.ensemble.options import EnsembleOptions
from topoquant.lib.ensemble.stacking import Stack, apply_stack, fit_stack
from topoquant.lib.errors import bad_input
from topoquant.lib.sampling import fold_rows, key_positions, purged_halves

Stacks = dict[int, Stack]
FINAL = -1  # the fold number of val and test rows


@dataclass(frozen=True, kw_only=True)
class EnsembleResult:
    """The one prediction, and how it came about.

    Attributes
    ----------
    predictions : DataFrame
        By the contract of predictions, for the rows all members share.
    choices : dict
        naive {member, log_loss}, final {name, reason, log_loss}, stack {intercept, weights} or None,
        n_rows {train, val, test, val_first_half, and dropped by member}. Ready for JSON.
    """

    predictions: pd.DataFrame
    choices: dict[str, object]


@dataclass(frozen=True, kw_only=True)
class Labelled:
    """Joined rows with what is known of their targets (NaN where nothing is)."""

    joined: pd.DataFrame
    label: NDArray[np.float64]
    uniqueness: NDArray[np.float64]

    @property
    def known(self) -> NDArray[np.bool_]:
        """Rows whose label is known."""
        return ~np.isnan(self.label)


def ensemble(
    tables: Mapping[str, pd.DataFrame], development_targets: pd.DataFrame, options: EnsembleOptions,
    *, members: Sequence[str], blind_members: Sequence[str], embargo: pd.Timedelta,
) -> EnsembleResult:  # fmt: skip
    """Combine members and choose, on the first half of val, the prediction to test.

    The stack of val and test rows is fitted on all train rows, whose member predictions are out of
    fold. Train rows carry the logit of a stack fitted on the other folds alone, purged and embargoed.
    Members' out-of-fold values of those other folds come from fits that saw the held-out labels, as in
    all stacking on one set of folds; the choice is therefore made on val.

    Parameters
    ----------
    tables : mapping of member to DataFrame
        Prediction tables; those of `members` and `blind_members` are used.
    development_targets : DataFrame
        Targets of train and val rows: `symbol`, `time`, `target_id`, `label`, `uniqueness`.
    options : EnsembleOptions
        Candidates and penalty.
    members : sequence of str
        Those to combine.
    blind_members : sequence of str
        Sign-blind fits, the better of which is naive.
    embargo : Timedelta
        As in the members' folds.

    Returns
    -------
    EnsembleResult
        A test row's prediction depends on no val or test label, but for the choice among candidates,
        which depends on the first half of val.

    Raises
    ------
    InputError
        As `join_predictions`; if a table is missing; if the targets have another target_id or reach
        into test; if no target is known in the first half of val.

    Examples
    --------
    >>> time = pd.date_range("2024-01-01", periods=40, freq="h", tz="UTC")
    >>> label = np.tile([1.0, 0.0], 20)
    >>> keys = pd.DataFrame({"symbol": "SYN", "time": time, "t1": time, "target_id": "up-1"})
    >>> table = keys.assign(set=["train"] * 20 + ["val"] * 20, fold=[0] * 10 + [1] * 10 + [-1] * 20,
    ...                     p_label=0.5, logit_label=0.0, model_hash="a")
    >>> targets = keys.assign(label=label, uniqueness=1.0)
    >>> options = EnsembleOptions(candidates=("mean", "best_single"), ridge=0.001, min_rarer=2)
    >>> result = ensemble({"lstm": table, "majority": table}, targets, options, members=["lstm"],
    ...                   blind_members=["majority"], embargo=pd.Timedelta(0))
    >>> result.choices["final"]["name"], len(result.predictions)
    ('lstm', 40)
    """
    used = _used_tables(tables, members, blind_members)
    joined = join_predictions(used)
    rows = _with_targets(joined, development_targets)
    stacks, notes = _fit_stacks(rows, options, members, embargo)
    logits = _candidate_logits(joined, members, stacks)
    first, _ = purged_halves(joined)
    scored = first & rows.known
    label, uniqueness = rows.label[scored], rows.uniqueness[scored]
    final = choose_final(
        {name: values[scored] for name, values in logits.items()}, label, uniqueness,
        allowed=_allowed(options, members), notes=notes,
    )  # fmt: skip
    blind = dict(
        zip(blind_members, member_values(joined[scored], blind_members, "logit_label").T, strict=True)
    )
    name = str(final["name"])
    choices: dict[str, object] = {
        "naive": choose_naive(blind, label, uniqueness),
        "final": final,
        "stack": stacks[FINAL].to_dict() if stacks else None,
        "n_rows": _count_rows(joined, used, int(scored.sum())),
    }
    return EnsembleResult(
        predictions=_predictions(joined, name, logits[name], members, stacks), choices=choices
    )


def second_half_rows(predictions: pd.DataFrame) -> pd.DataFrame:
    """Take the rows on which thresholds and quantiles may be chosen.

    Parameters
    ----------
    predictions : DataFrame
        By the contract of predictions, of all sets.

    Returns
    -------
    DataFrame
        The rows of the second half of val, fresh RangeIndex.

    Raises
    ------
    InputError
        If val has no two halves.

    Examples
    --------
    >>> time = pd.date_range("2024-01-01", periods=4, freq="h", tz="UTC")
    >>> predictions = pd.DataFrame({"time": time, "t1": time, "set": "val", "p_label": 0.5})
    >>> second_half_rows(predictions)["time"].dt.hour.tolist()
    [2, 3]
    """
    return predictions[purged_halves(predictions)[1]].reset_index(drop=True)


def _used_tables(
    tables: Mapping[str, pd.DataFrame], members: Sequence[str], blind_members: Sequence[str]
) -> dict[str, pd.DataFrame]:
    """Take the tables of the members named, refusing names that are missing, repeated or reserved."""
    names = list(dict.fromkeys([*members, *blind_members]))
    missing = [name for name in names if name not in tables]
    if missing or not members:
        raise bad_input(
            "members",
            f"one or more of {', '.join(tables)}",
            ", ".join(missing) or "none",
            "correct the names",
        )
    if len(set(members)) < len(members) or {"stack", "mean"} & set(members):
        raise bad_input(
            "members", "different, and none called stack or mean", ", ".join(members), "rename a member"
        )
    return {name: tables[name] for name in names}


def _with_targets(joined: pd.DataFrame, targets: pd.DataFrame) -> Labelled:
    """Look up the targets by key, refusing those of another target and those of test rows."""
    own, other = str(joined["target_id"].iloc[0]), sorted(targets["target_id"].astype(str).unique())
    if other != [own]:
        raise bad_input(
            "target_id of the targets", f"{own}, as the members have", ", ".join(other), "label again"
        )
    position = key_positions(targets, joined, name="development_targets")
    found = position >= 0
    n_test = int((found & (joined["set"] == "test").to_numpy()).sum())
    if n_test:
        raise bad_input(
            "development_targets",
            "of train and val rows",
            f"{n_test} test rows among them",
            "leave test_targets out",
        )
    label, uniqueness = (
        np.where(found, targets[name].to_numpy(np.float64)[position], np.nan)
        for name in ("label", "uniqueness")
    )
    return Labelled(joined=joined, label=label, uniqueness=uniqueness)


def _fit_stacks(
    rows: Labelled, options: EnsembleOptions, members: Sequence[str], embargo: pd.Timedelta
) -> tuple[Stacks, list[str]]:
    """Fit one stack per held-out fold and the final one; none, with a note, where a class is too rare."""
    if "stack" not in options.candidates:
        return {}, []
    train = np.flatnonzero((rows.joined["set"] == "train").to_numpy() & rows.known)
    fold = rows.joined["fold"].to_numpy()
    fits = {
        int(fold[held_out[0]]): np.intersect1d(others, train)
        for others, held_out in fold_rows(rows.joined, embargo=embargo)
    }
    fits[FINAL] = train
    rarest = min(_rarer_class(rows.label[fit], rows.uniqueness[fit]) for fit in fits.values())
    if rarest < options.min_rarer:
        return {}, [
            f"no stack: a fit would have {rarest:.1f} effective rows of the rarer class, "
            f"min_rarer is {options.min_rarer:g}"
        ]
    return {
        number: fit_stack(
            rows.joined.iloc[fit], rows.label[fit], rows.uniqueness[fit], options, members=members
        )
        for number, fit in fits.items()
    }, []


def _rarer_class(label: NDArray[np.float64], uniqueness: NDArray[np.float64]) -> float:
    """Sum the uniqueness of the rarer class."""
    return float(min(uniqueness[label == 1].sum(), uniqueness[label == 0].sum()))


def _candidate_logits(
    joined: pd.DataFrame, members: Sequence[str], stacks: Stacks
) -> dict[str, NDArray[np.float64]]:
    """Logits of each member, of their mean, and of the stack that has not seen the row; simplest first."""
    table = member_values(joined, members, "logit_label")
    logits = dict(zip(members, table.T, strict=True))
    if len(members) > 1:
        logits["mean"] = weighted_mean(table)
    if stacks:
        is_train = joined["set"] == "train"
        logits["stack"] = np.full(len(joined), np.nan)
        for number, stack in stacks.items():
            held_out = ((joined["fold"] == number) & (is_train if number != FINAL else ~is_train)).to_numpy()
            logits["stack"][held_out] = apply_stack(stack, joined[held_out])
    return logits


def _allowed(options: EnsembleOptions, members: Sequence[str]) -> list[str]:
    """Names that may be chosen; with one member the mean is that member."""
    singles = "best_single" in options.candidates or (len(members) == 1 and "mean" in options.candidates)
    return [
        *(members if singles else ()),
        *(name for name in ("mean", "stack") if name in options.candidates),
    ]


def _count_rows(joined: pd.DataFrame, tables: Mapping[str, pd.DataFrame], n_scored: int) -> dict[str, object]:
    """Count rows per set, those scored, and those each member had that another had not."""
    counts: dict[str, object] = {
        name: int((joined["set"] == name).sum()) for name in ("train", "val", "test")
    }
    dropped = {member: len(table) - len(joined) for member, table in tables.items()}
    return counts | {"val_first_half": n_scored, "dropped": dropped}


def _predictions(
    joined: pd.DataFrame, name: str, logit: NDArray[np.float64], members: Sequence[str], stacks: Stacks
) -> pd.DataFrame:
    """Write the chosen prediction by the contract."""
    sources = [name] if name in members else list(members)
    frame = joined[ROW].assign(p_label=expit(logit), logit_label=logit)
    values = member_values(joined, sources, "value_max_pct")
    if not np.isnan(values).all():
        frame["value_max_pct"] = weighted_mean(values)
    frame["model_hash"] = ""
    hashes = joined[[f"model_hash.{source}" for source in sources]]
    for number in joined["fold"].unique():
        here = joined["fold"] == number
        stack = stacks[int(number)].to_dict() if name == "stack" else None
        made_of = {source: sorted(hashes.loc[here, f"model_hash.{source}"].unique()) for source in sources}
        text = json.dumps({"name": name, "stack": stack, "members": made_of}, sort_keys=True)
        frame.loc[here, "model_hash"] = hashlib.sha256(text.encode()).hexdigest()
    return frame
