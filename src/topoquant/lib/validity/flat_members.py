"""The flatness of every member of a study, read with what its training says of itself."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from topoquant.lib.validity.checks import Check
from topoquant.lib.validity.flat_causes import FitFacts
from topoquant.lib.validity.flatness import check_flatness
from topoquant.lib.validity.judging import best_baseline


def facts_of_training(record: Mapping[str, Any], *, baseline_finds_signal: bool | None) -> FitFacts:
    """Take from the record of a training what may explain its prediction.

    Parameters
    ----------
    record : mapping
        With `facts` of `training_facts`, and `history` and `best_epoch` of the final fit. What is absent
        is not known.
    baseline_finds_signal : bool or None
        As in `FitFacts`.

    Returns
    -------
    FitFacts
        Epochs count from 0; a model without rounds has none.

    Examples
    --------
    >>> history = [{"fold": "final", "epoch": 1, "train_loss": 0.7}]
    >>> record = {"facts": {"train_rate": 0.1}, "history": history, "best_epoch": 1}
    >>> facts = facts_of_training(record, baseline_finds_signal=True)
    >>> facts.train_rate, facts.best_epoch, facts.train_losses
    (0.1, 0, (0.7,))
    """
    known = record.get("facts", {})
    losses = tuple(
        float(row["train_loss"]) for row in record.get("history", ()) if row.get("fold") == "final"
    )
    return FitFacts(
        train_rate=known.get("train_rate"),
        sampled_rate=known.get("sampled_rate"),
        focal_alpha=known.get("focal_alpha"),
        focal_gamma=known.get("focal_gamma", 0.0),
        best_epoch=record["best_epoch"] - 1 if losses else None,
        train_losses=losses,
        baseline_finds_signal=baseline_finds_signal,
    )


def check_flat_members(
    tables: Mapping[str, pd.DataFrame],
    trainings: Mapping[str, Mapping[str, Any]],
    targets: pd.DataFrame,
    *,
    baselines: Mapping[str, pd.DataFrame],
    naive: pd.DataFrame,
    block: int,
    seed: int,
) -> list[Check]:
    """Look for flat predictions, and say of each whether there was something to find.

    Flat where there is no signal is right; flat where a baseline beats naive on val is a failure.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        Predictions to look at, by name.
    trainings : mapping of str to mapping
        Records of trainings; a name without one (the ensemble's) takes the train rate of the first.
    targets : DataFrame
        Of val rows, and any others.
    baselines : mapping of str to DataFrame
        What may show that there is something to find, naive not among them.
    naive : DataFrame
        Predictions of the naive member.
    block, seed : int
        Of the bootstrap of the baselines' gain.

    Returns
    -------
    list of Check
        One per table, in their order; `numbers` also name the `baseline` and the one-sided 0.99 bound of
        its gain over naive, `baseline_gain_lower`.
    """
    name_of_best, gain = best_baseline(baselines, naive, targets, block=block, seed=seed)
    finds = None if gain is None else gain > 0
    rates = [one.get("facts", {}).get("train_rate") for one in trainings.values()]
    shared = {"facts": {"train_rate": rates[0] if rates else None}}
    checks = []
    for name, table in tables.items():
        facts = facts_of_training(trainings.get(name, shared), baseline_finds_signal=finds)
        check = check_flatness(table, targets, name=name, facts=facts)
        seen = {"baseline": name_of_best, "baseline_gain_lower": gain}
        checks.append(
            Check(check.name, check.status, check.finding, {**check.numbers, **seen}, check.section)
        )
    return checks
