"""From the tables of a study to one trained member: assemble, build, fit the folds, predict, account."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd

from topoquant.lib.bars import interval_timedelta
from topoquant.lib.models import build_model
from topoquant.lib.progress import Progress, silent
from topoquant.lib.sampling import (
    Samples,
    SplitOptions,
    assemble_samples,
    embargo_bars,
    fold_rows,
)
from topoquant.lib.training.attending import attention_maps
from topoquant.lib.training.exporting import model_files
from topoquant.lib.training.facts import training_facts
from topoquant.lib.training.features import MemberFeatures
from topoquant.lib.training.folds import FoldedFit, fit_folds
from topoquant.lib.training.options import FitOptions, SelectionOptions
from topoquant.lib.training.target_heads import find_heads

# What every model with rounds says of each.
ROUND = ("fold", "epoch", "train_loss", "val_loss", "learning_rate")


@dataclass(frozen=True)
class TrainedMember:
    """Files of the final model, predictions by the contract, the record of the training and its epochs."""

    files: dict[str, bytes]
    predictions: pd.DataFrame
    record: dict[str, Any]
    history: pd.DataFrame


@dataclass(frozen=True, kw_only=True)
class FoldPlan:
    """How the train rows are held out in turn."""

    split: SplitOptions
    horizon: int
    interval: str

    def folds(self, samples: Samples) -> list[tuple[Any, Any]]:
        """Return (train, held out) positions per fold, purged and embargoed."""
        embargo = embargo_bars(self.split, horizon=self.horizon) * interval_timedelta(self.interval)
        return fold_rows(samples.rows, embargo=embargo)


def member_samples(
    splits: pd.DataFrame, targets: pd.DataFrame, features: MemberFeatures, *, interval: str
) -> tuple[Samples, dict[str, int]]:
    """Assemble what a member sees, and count the rows it cannot be given.

    Parameters
    ----------
    splits, targets : DataFrame
        Of `assign_rows` and `label_rows`; development rows only.
    features : MemberFeatures
        The member's inputs.
    interval : str
        Length of a bar.

    Returns
    -------
    samples : Samples
        Train, val and test rows; test rows without targets.
    dropped : dict of str to int
        By reason.

    Examples
    --------
    >>> times = pd.date_range("2024-01-01", periods=3, freq="h", tz="UTC")
    >>> splits = pd.DataFrame({"symbol": "SYN", "time": times, "t1": times + pd.Timedelta("1h"),
    ...                        "set": "test", "fold": -1, "kept": True})
    >>> static = splits[["symbol", "time"]].assign(hour=[0.0, 1.0, 2.0])
    >>> targets = pd.DataFrame({"symbol": ["SYN"], "time": times[:1] - pd.Timedelta("9h"), "t1": times[:1],
    ...                         "target_id": "t", "label": 1.0, "ret": 0.0, "uniqueness": 1.0})
    >>> samples, dropped = member_samples(splits, targets, MemberFeatures(static=static), interval="1h")
    >>> len(samples), dropped["warm_up"]
    (3, 0)
    """
    samples, dropped = assemble_samples(
        splits,
        targets,
        sequence=features.sequence,
        static=features.static,
        raw=features.raw,
        window=features.window,
        interval=interval,
    )
    return replace(samples, static_groups=features.static_groups), dropped


def train_samples(
    model: str,
    samples: Samples,
    plan: FoldPlan,
    *,
    options: object,
    fit: FitOptions | None,
    seed: int,
    progress: Progress = silent,
    selection: SelectionOptions | None = None,
    checkpoints: Path | None = None,
) -> FoldedFit:
    """Build a model for the samples and fit its folds and its final form.

    Parameters
    ----------
    model : str
        A name in `MODELS`.
    samples : Samples
        Train, val and test rows.
    plan : FoldPlan
        How train rows are held out.
    options : object
        The model's options.
    fit : FitOptions or None
        Options of the loop, for torch models.
    seed : int
        Makes the result repeatable.
    progress : Progress
        Told about every fit or epoch.
    selection : SelectionOptions, optional
        How every fold chooses its columns; absent, all stay.
    checkpoints : Path, optional
        As in `fit_folds`.

    Returns
    -------
    FoldedFit
        Out-of-fold predictions of train rows, the final model, its val and test predictions.

    Examples
    --------
    >>> import numpy as np
    >>> from topoquant.lib.models import MajorityOptions
    >>> from topoquant.lib.sampling import samples_from_arrays
    >>> time = np.arange("2024-01-01", "2024-01-09", dtype="datetime64[D]")
    >>> samples = samples_from_arrays(
    ...     time=time, t1=time, targets={"label": [0, 1] * 4}, fold=[0] * 4 + [1] * 4
    ... )
    >>> split = SplitOptions(train=0.7, val=0.15, n_folds=2, embargo=0)
    >>> plan = FoldPlan(split=split, horizon=1, interval="1d")
    >>> folded = train_samples("majority", samples, plan, options=MajorityOptions(), fit=None, seed=0)
    >>> folded.predictions["p_label"].tolist()
    [0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5]
    """
    heads = find_heads(samples.targets)
    unfitted = build_model(
        model,
        n_channels=samples.n_channels,
        window=samples.window,
        n_static=samples.n_static,
        heads=heads,
        options=options,
        n_raw=samples.n_raw,
        static_groups=samples.static_groups,
    )
    folds = plan.folds(samples)
    return fit_folds(
        unfitted, samples, folds, fit, seed=seed, progress=progress, selection=selection,
        checkpoints=checkpoints,
    )  # fmt: skip


def history_table(history: list[dict[str, Any]]) -> pd.DataFrame:
    """Return the epochs of all fits as a table.

    Parameters
    ----------
    history : list of dict
        Of `FoldedFit.record`.

    Returns
    -------
    DataFrame
        `fold` (the number of the fold or "final", as text), `epoch`, `train_loss`, `val_loss`,
        `learning_rate` and what else the loop noted, NaN where there was nothing to note; no rows for a
        model without rounds.

    Examples
    --------
    >>> history_table([{"fold": "final", "epoch": 1, "train_loss": 0.7}])["fold"].tolist()
    ['final']
    """
    table = pd.DataFrame(history, columns=None if history else list(ROUND))
    numbers = [name for name in table if name != "fold"]
    return table.astype({"fold": str} | dict.fromkeys(numbers, float)).astype({"epoch": int})


def train_member(
    member: str,
    model: str,
    splits: pd.DataFrame,
    targets: pd.DataFrame,
    features: MemberFeatures,
    *,
    plan: FoldPlan,
    options: object,
    fit: FitOptions | None,
    seed: int,
    progress: Progress = silent,
    selection: SelectionOptions | None = None,
    checkpoints: Path | None = None,
) -> TrainedMember:
    """Train one member of a recipe from the tables of the catalog.

    Parameters
    ----------
    member, model : str
        The member's name, and the name of its model in `MODELS`.
    splits, targets : DataFrame
        Of `assign_rows` and `label_rows`; development rows only.
    features : MemberFeatures
        Of `gather_features`.
    plan : FoldPlan
        How train rows are held out.
    options, fit, seed, progress, selection, checkpoints
        See `train_samples`.

    Returns
    -------
    TrainedMember
        What the catalog stores.

    Examples
    --------
    >>> from topoquant.lib.models import MajorityOptions
    >>> times = pd.date_range("2024-01-01", periods=10, freq="D", tz="UTC")
    >>> rows = pd.DataFrame({"symbol": "SYN", "time": times, "t1": times + pd.Timedelta("1D")})
    >>> splits = rows.assign(set=["train"] * 8 + ["val"] * 2, fold=[0] * 4 + [1] * 4 + [-1] * 2, kept=True)
    >>> targets = rows.assign(target_id="t", label=[0.0, 1.0] * 5, ret=0.0, uniqueness=1.0)
    >>> split = SplitOptions(train=0.8, val=0.2, n_folds=2, embargo=0)
    >>> plan = FoldPlan(split=split, horizon=1, interval="1d")
    >>> trained = train_member("majority", "majority", splits, targets, MemberFeatures(), plan=plan,
    ...                        options=MajorityOptions(), fit=None, seed=0)
    >>> trained.record["n_train_rows"], trained.predictions["set"].value_counts().to_dict()
    (8, {'train': 8, 'val': 2})
    """
    samples, dropped = member_samples(splits, targets, features, interval=plan.interval)
    folded = train_samples(
        model, samples, plan, options=options, fit=fit, seed=seed, progress=progress, selection=selection,
        checkpoints=checkpoints,
    )  # fmt: skip
    record = {"member": member, "model": model, "dropped": dropped, **folded.record}
    if features.unmatched:
        record["unmatched"] = features.unmatched
    if attention := attention_maps(folded.final, samples):
        record["attention"] = attention
    record["facts"] = training_facts(samples, folded.predictions, loss=None if fit is None else fit.loss)
    return TrainedMember(
        model_files(folded.final), folded.predictions, record, history_table(folded.record["history"])
    )
