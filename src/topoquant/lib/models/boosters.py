"""LightGBM on window summaries and static features, one booster per head."""

from dataclasses import dataclass, field, replace
from typing import Any, Self

import lightgbm
import numpy as np
from numpy.typing import NDArray

from topoquant.lib.models.options import Head, LightGBMOptions
from topoquant.lib.models.rows import check_kinds
from topoquant.lib.models.spec import ModelSpec
from topoquant.lib.models.summaries import design_matrix
from topoquant.lib.sampling.halves import purged_tail
from topoquant.lib.sampling.samples import Samples

OBJECTIVES = {
    "binary": ("binary", "binary_logloss"),
    "fraction": ("regression", "l2"),
    "value": ("regression", "l2"),
}


@dataclass(frozen=True)
class LightGBM:
    """Boosted trees (Ke et al., 2017), early-stopped on the purged tail of their own train rows.

    Attributes
    ----------
    spec : ModelSpec
        Shapes, heads and `LightGBMOptions`.
    texts : dict
        LightGBM's native text per head; empty before a fit. Trees after the best are cut off.
    history : tuple of dict
        Rounds of the first head: `epoch`, `train_loss`, `val_loss`, `learning_rate`.
    best_epoch : int
        Trees kept for the first head.
    """

    spec: ModelSpec
    texts: dict[str, str] = field(default_factory=dict)
    history: tuple[dict[str, Any], ...] = ()
    best_epoch: int = 0

    def __post_init__(self) -> None:
        """Refuse heads it cannot predict."""
        check_kinds(self.spec, *OBJECTIVES)

    @property
    def n_parameters(self) -> None:
        """Return None: a count of leaves says little."""
        return None

    def fit(self, samples: Samples, *, seed: int) -> Self:
        """Return a copy fitted on `samples`: same rows and seed, same bytes."""
        options: LightGBMOptions = self.spec.options
        rows = purged_tail(samples, options.validation_fraction)
        design = design_matrix(samples)
        texts, histories = {}, []
        for head in self.spec.heads:
            text, history = _boost(head, options, samples, design, rows, seed)
            texts[head.name] = text
            histories.append(history)
        best = lightgbm.Booster(model_str=texts[self.spec.heads[0].name]).num_trees()
        return replace(self, texts=texts, history=tuple(histories[0]), best_epoch=best)

    def predict(self, samples: Samples) -> dict[str, NDArray[np.float64]]:
        """Return per head the logit (binary) or the value, a fraction clipped to [0, 1]."""
        options: LightGBMOptions = self.spec.options
        design = design_matrix(samples)
        outputs = {}
        for head in self.spec.heads:
            booster = lightgbm.Booster(model_str=self.texts[head.name])
            raw = np.asarray(booster.predict(design, raw_score=True, num_threads=options.n_threads))
            outputs[head.name] = np.clip(raw, 0.0, 1.0) if head.kind == "fraction" else raw
        return outputs

    def dump(self) -> dict[str, bytes]:
        """Return `booster_<head>.txt` per head."""
        return {f"booster_{name}.txt": text.encode() for name, text in self.texts.items()}

    def load(self, files: dict[str, bytes]) -> Self:
        """Return a copy fitted as the one that dumped `files`."""
        texts = {head.name: files[f"booster_{head.name}.txt"].decode() for head in self.spec.heads}
        return replace(self, texts=texts)


def _boost(
    head: Head,
    options: LightGBMOptions,
    samples: Samples,
    design: NDArray[np.float64],
    rows: tuple[NDArray[np.int64], NDArray[np.int64]],
    seed: int,
) -> tuple[str, list[dict[str, Any]]]:
    """Fit one booster; return its native text and its rounds."""
    objective, metric = OBJECTIVES[head.kind]
    target = samples.targets[head.name].to_numpy()
    shared = {"verbosity": -1, "max_bin": options.max_bins, "feature_pre_filter": False}
    fit, held_out = rows
    train = lightgbm.Dataset(design[fit], target[fit], weight=samples.weights[fit], params=shared)
    tail = train.create_valid(design[held_out], target[held_out], weight=samples.weights[held_out])
    losses: dict[str, dict[str, list[float]]] = {}
    booster = lightgbm.train(
        shared | _parameters(options, objective, metric, seed),
        train,
        num_boost_round=options.n_trees,
        valid_sets=[train, tail],
        valid_names=["train", "val"],
        callbacks=[
            lightgbm.early_stopping(options.patience, verbose=False),
            lightgbm.record_evaluation(losses),
        ],
    )
    history = [
        {
            "epoch": epoch,
            "train_loss": train_loss,
            "val_loss": val_loss,
            "learning_rate": options.learning_rate,
        }
        for epoch, (train_loss, val_loss) in enumerate(
            zip(losses["train"][metric], losses["val"][metric], strict=True), start=1
        )
    ]
    return booster.model_to_string(num_iteration=booster.best_iteration), history


def _parameters(options: LightGBMOptions, objective: str, metric: str, seed: int) -> dict[str, Any]:
    """Return the options in LightGBM's words; row-wise histograms keep sums in one order."""
    return {
        "objective": objective,
        "metric": metric,
        "learning_rate": options.learning_rate,
        "num_leaves": options.n_leaves,
        "min_data_in_leaf": options.min_rows_per_leaf,
        "feature_fraction": options.feature_fraction,
        "bagging_fraction": options.row_fraction,
        "bagging_freq": 1,
        "lambda_l2": options.l2,
        "num_threads": options.n_threads,
        "seed": seed,
        "deterministic": True,
        "force_row_wise": True,
    }
