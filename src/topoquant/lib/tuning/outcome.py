"""What a search found: the best of its trials, and all of them as a table."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from topoquant.lib.errors import bad_input
from topoquant.lib.tuning.options import ChoiceOptions, Domain, Space
from topoquant.lib.tuning.spaces import Setup, current_values, decode, encode, replace_options

if TYPE_CHECKING:
    from optuna import Study
    from optuna.trial import FrozenTrial, TrialState

# A trial whose options no fit can go on with carries why under this name.
REFUSED = "refused"
# Fewer complete trials say nothing of which option mattered.
FEWEST_TO_EXPLAIN = 10


@dataclass(frozen=True, kw_only=True)
class Tuned:
    """What a search found.

    Attributes
    ----------
    record : dict
        `member`, `model`, `study`, `n_trials` (ended), `n_complete`, `n_pruned`, `n_refused` (whose options
        no fit could go on with), `loss` (of the best), `untuned_loss` (of the options as they were; None
        where they lie outside of the space), `values` (dotted option -> best), `options`, `fit` and
        `selection` (whole, of those the member has) and `importance` (option -> share of the losses'
        variance; empty below ten complete trials). The best
        of many losses is better than it would be on other rows.
    trials : DataFrame
        One row per ended trial, in the order they were begun: `number`, `state` ("complete", "pruned",
        "refused"), `loss` (of all folds; of another one, of those it had), `n_folds`, `seconds` and a column
        per option searched.
    """

    record: dict[str, Any]
    trials: pd.DataFrame


def ended_states() -> tuple["TrialState", ...]:
    """Return the states of trials that came to an end; those whose process died are begun again."""
    from optuna.trial import TrialState  # noqa: PLC0415

    return (TrialState.COMPLETE, TrialState.PRUNED)


def sum_up(study: "Study", member: str, model: str, setup: Setup, space: Space) -> Tuned:
    """Sum up the trials that have ended; refuse a search of which none came to its end."""
    ended = study.get_trials(deepcopy=False, states=ended_states())
    complete = [one for one in ended if one.state.name == "COMPLETE"]
    refused = [one.user_attrs[REFUSED] for one in ended if REFUSED in one.user_attrs]
    if not complete:
        raise bad_input(
            f"trials of {member}", "of which one or more come to their end",
            f"{len(refused)} of {len(ended)} refused, the last by: {refused[-1] if refused else 'none'}",
            "correct tuning.spaces, or raise n_trials",
        )  # fmt: skip
    best = min(complete, key=lambda one: (one.value, one.number))
    values = {name: decode(space[name], value) for name, value in best.params.items()}
    untuned = current_values(setup, space)
    as_it_was = [one.value for one in complete if untuned is not None and _is_of(one, untuned)]
    record = {
        "member": member,
        "model": model,
        "study": study.study_name,
        "n_trials": len(ended),
        "n_complete": len(complete),
        "n_pruned": len(ended) - len(complete) - len(refused),
        "n_refused": len(refused),
        "loss": best.value,
        "untuned_loss": as_it_was[0] if as_it_was else None,
        "values": values,
        **replace_options(setup, values).to_dict(),
        "importance": _importance(study, len(complete)),
    }
    return Tuned(record=record, trials=pd.DataFrame([_row(one, space) for one in ended]))


def _is_of(trial: "FrozenTrial", values: Mapping[str, Any]) -> bool:
    """Say whether a trial was of these values."""
    return all(trial.params[name] == encode(value) for name, value in values.items())


def _row(trial: "FrozenTrial", space: Space) -> dict[str, Any]:
    """Write a trial as a row of the table."""
    reached = trial.intermediate_values
    duration = trial.duration
    return {
        "number": trial.number,
        "state": "refused" if REFUSED in trial.user_attrs else trial.state.name.lower(),
        "loss": reached[max(reached)] if reached else np.nan,
        "n_folds": len(reached),
        "seconds": np.nan if duration is None else duration.total_seconds(),
        **{name: _written(domain, trial.params.get(name)) for name, domain in space.items()},
    }


def _written(domain: Domain, value: Any) -> Any:  # noqa: ANN401
    """Write a value of an option as a column of one kind can hold it: beside words, numbers are words too."""
    beside_words = isinstance(domain, ChoiceOptions) and any(
        isinstance(encode(one), str) for one in domain.choices
    )
    return str(value) if beside_words and value is not None else value


def _importance(study: "Study", n_complete: int) -> dict[str, float]:
    """Return the share of each option in the variance of the losses (functional ANOVA of a forest)."""
    from optuna.importance import FanovaImportanceEvaluator, get_param_importances  # noqa: PLC0415

    if n_complete < FEWEST_TO_EXPLAIN:
        return {}
    try:
        return dict(get_param_importances(study, evaluator=FanovaImportanceEvaluator(seed=0)))
    except RuntimeError:  # all losses are the same: none of them is explained by anything
        return {}
