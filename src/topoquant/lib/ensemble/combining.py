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
from topoquant.lib.ensemble.candidates import RESERVED, Candidates, Labelled, make_candidates
from topoquant.lib.ensemble.choices import describe_candidates
from topoquant.lib.ensemble.fallback import choose_final, choose_naive
from topoquant.lib.ensemble.gate import Gate, decide_gate
from topoquant.lib.ensemble.joining import ROW, join_predictions, member_values
from topoquant.lib.ensemble.options import EnsembleOptions
from topoquant.lib.ensemble.stack_inputs import with_regimes
from topoquant.lib.errors import bad_input
from topoquant.lib.sampling import KEY, key_positions, purged_halves


@dataclass(frozen=True, kw_only=True)
class EnsembleResult:
    """The one prediction, and how it came about.

    Attributes
    ----------
    predictions : DataFrame
        By the contract of predictions, for the rows all members share; with `spread`, the standard
        deviation of the members' logits.
    choices : dict
        naive {member, log_loss}, final {name, reason, log_loss, fallback}, gate or None, what
        `describe_candidates` says of the candidates, and n_rows {train, val, test, val_first_half, and
        dropped by member}. Ready for JSON; nothing in it depends on a test row.
    stacks : dict
        Every fit of a stack, by name and by the fold left out. Ready for JSON.
    candidates : DataFrame
        symbol, time, set, fold, and the logit of every candidate under its name.
    """

    predictions: pd.DataFrame
    choices: dict[str, object]
    stacks: dict[str, dict[str, object]]
    candidates: pd.DataFrame


def ensemble(
    tables: Mapping[str, pd.DataFrame], development_targets: pd.DataFrame, options: EnsembleOptions,
    *, members: Sequence[str], blind_members: Sequence[str], embargo: pd.Timedelta,
    regimes: pd.DataFrame | None = None, resolved: pd.DataFrame | None = None,
) -> EnsembleResult:  # fmt: skip
    """Combine members and choose, on the first half of val, the prediction to test.

    Stacks of val and test rows are fitted on all train rows, whose member predictions are out of
    fold. Train rows carry the logit of a stack fitted on the other folds alone, purged and embargoed;
    the choice is therefore made on val. Weights that follow recent losses are fitted on nothing.

    Parameters
    ----------
    tables : mapping of member to DataFrame
        Prediction tables; those of `members` and `blind_members` are used.
    development_targets : DataFrame
        Targets of train and val rows: `symbol`, `time`, `target_id`, `label`, `uniqueness`.
    options : EnsembleOptions
        Candidates, their numbers, and the gate.
    members : sequence of str
        Those to combine.
    blind_members : sequence of str
        Sign-blind fits, the better of which is naive.
    embargo : Timedelta
        As in the members' folds.
    regimes : DataFrame, optional
        As `with_regimes` takes it; without it nothing depends on a regime.
    resolved : DataFrame, optional
        Of `resolved_losses` of the same members, of all sets; without it there is no `adaptive`.

    Returns
    -------
    EnsembleResult
        A test row's prediction depends on no val or test label, but for the choice among candidates,
        which depends on the first half of val, and for `adaptive`, which depends on targets with t1 <= time.

    Raises
    ------
    InputError
        As `join_predictions` and `make_candidates`; if a table is missing; if the targets have another
        target_id or reach into test; if no target is known in the first half of val.

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
    joined = with_regimes(join_predictions(used), regimes)
    rows = _with_targets(joined, development_targets)
    made = make_candidates(rows, options, members=members, embargo=embargo, resolved=resolved)
    scored = purged_halves(joined)[0] & rows.known
    label, uniqueness = rows.label[scored], rows.uniqueness[scored]
    on_val = {name: values[scored] for name, values in made.logits.items()}
    gate = _gate(on_val, rows, scored, options, members)
    final = choose_final(
        on_val, label, uniqueness,
        allowed=_allowed(options, members, gate), notes=[*made.notes, *([gate.reason] if gate else [])],
    )  # fmt: skip
    blind = dict(
        zip(blind_members, member_values(joined[scored], blind_members, "logit_label").T, strict=True)
    )
    choices: dict[str, object] = {
        "naive": choose_naive(blind, label, uniqueness),
        "final": final,
        "gate": gate.to_dict() if gate else None,
        **describe_candidates(made, joined, options, members=members),
        "n_rows": _count_rows(joined, used, int(scored.sum())),
    }
    return EnsembleResult(
        predictions=_predictions(joined, str(final["name"]), made, members, options),
        choices=choices,
        stacks=_stored(made),
        candidates=joined[[*KEY, "set", "fold"]].assign(**made.logits),
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
    if len(set(members)) < len(members) or RESERVED & set(members):
        raise bad_input(
            "members",
            f"different, and none called {', '.join(sorted(RESERVED))}",
            ", ".join(members),
            "rename a member",
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


def _gate(
    logits: Mapping[str, NDArray[np.float64]], rows: Labelled, scored: NDArray[np.bool_],
    options: EnsembleOptions, members: Sequence[str],
) -> Gate | None:  # fmt: skip
    """Ask the gate, where there is one and something was scored."""
    if options.gate is None or not scored.any():
        return None
    return decide_gate(
        logits, rows.label[scored], rows.uniqueness[scored], options.gate,
        members=members, time=rows.joined["time"][scored],
    )  # fmt: skip


def _allowed(options: EnsembleOptions, members: Sequence[str], gate: Gate | None) -> list[str]:
    """Names that may be chosen; with one member the mean is that member."""
    if gate is not None and gate.name is not None:
        return [gate.name]
    singles = "best_single" in options.candidates or (len(members) == 1 and "mean" in options.candidates)
    return [*(members if singles else ()), *(name for name in options.candidates if name != "best_single")]


def _count_rows(joined: pd.DataFrame, tables: Mapping[str, pd.DataFrame], n_scored: int) -> dict[str, object]:
    """Count rows per set, those scored, and those each member had that another had not."""
    counts: dict[str, object] = {
        name: int((joined["set"] == name).sum()) for name in ("train", "val", "test")
    }
    dropped = {member: len(table) - len(joined) for member, table in tables.items()}
    return counts | {"val_first_half": n_scored, "dropped": dropped}


def _stored(made: Candidates) -> dict[str, dict[str, object]]:
    """Write every fit of a stack down, by name and fold."""
    return {
        name: {str(number): one.to_dict() for number, one in fits.items()}
        for name, fits in made.stacks.items()
    }


def _predictions(
    joined: pd.DataFrame, name: str, made: Candidates, members: Sequence[str], options: EnsembleOptions
) -> pd.DataFrame:
    """Write the chosen prediction by the contract, with the spread of the members beside it."""
    sources = [name] if name in members else list(members)
    logit = made.logits[name]
    frame = joined[ROW].assign(p_label=expit(logit), logit_label=logit)
    values = member_values(joined, sources, "value_max_pct")
    if not np.isnan(values).all():
        frame["value_max_pct"] = weighted_mean(values)
    frame["spread"] = member_values(joined, members, "logit_label").std(axis=1)
    frame["model_hash"] = ""
    hashes = joined[[f"model_hash.{source}" for source in sources]]
    weighing = _weighing(name, options)
    for number in joined["fold"].unique():
        here = joined["fold"] == number
        fit = made.stacks[name][int(number)].to_dict() if name in made.stacks else None
        made_of = {source: sorted(hashes.loc[here, f"model_hash.{source}"].unique()) for source in sources}
        parts = {"name": name, "stack": fit, "members": made_of, **weighing}
        text = json.dumps(parts, sort_keys=True)
        frame.loc[here, "model_hash"] = hashlib.sha256(text.encode()).hexdigest()
    return frame


def _weighing(name: str, options: EnsembleOptions) -> dict[str, object]:
    """Say what a mean is weighed by, where it is not by one and the same share."""
    weights: dict[str, object] = {"weights": options.weights} if options.weights else {}
    if name == "adaptive" and options.adaptation is not None:
        return weights | {"adaptation": vars(options.adaptation)}
    return weights if name in {"mean", "regime_mean"} else {}
