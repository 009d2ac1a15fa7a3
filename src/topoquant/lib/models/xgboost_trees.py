"""XGBoost on window summaries and static features, one booster per head."""

from dataclasses import dataclass, field, replace
from typing import Any, Self

import numpy as np
import xgboost
from numpy.typing import NDArray

from topoquant.lib.models.options import Head, XGBoostOptions
from topoquant.lib.models.rows import check_kinds
from topoquant.lib.models.spec import ModelSpec
from topoquant.lib.models.summaries import design_matrix
from topoquant.lib.sampling.halves import purged_tail
from topoquant.lib.sampling.samples import Samples

OBJECTIVES = {
    "binary": ("binary:logistic", "logloss"),
    "fraction": ("reg:squarederror", "rmse"),
    "value": ("reg:squarederror", "rmse"),
}


@dataclass(frozen=True)
class XGBoost:
    """Boosted trees (Chen and Guestrin, 2016), early-stopped on the purged tail of their own train rows.

    Attributes
    ----------
    spec : ModelSpec
        Shapes, heads and `XGBoostOptions`.
    texts : dict
        XGBoost's JSON per head; empty before a fit. Trees after the best are cut off.
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
        """Return a copy fitted on `samples`: same rows and seed, same trees."""
        options: XGBoostOptions = self.spec.options
        rows = purged_tail(samples, options.validation_fraction)
        design = design_matrix(samples)
        fits = {head.name: _boost(head, options, samples, design, rows, seed) for head in self.spec.heads}
        _, history, best = fits[self.spec.heads[0].name]
        texts = {name: text for name, (text, _, _) in fits.items()}
        return replace(self, texts=texts, history=tuple(history), best_epoch=best)

    def predict(self, samples: Samples) -> dict[str, NDArray[np.float64]]:
        """Return per head the logit (binary) or the value, a fraction clipped to [0, 1]."""
        options: XGBoostOptions = self.spec.options
        design = xgboost.DMatrix(design_matrix(samples), nthread=options.n_threads)
        outputs = {}
        for head in self.spec.heads:
            booster = xgboost.Booster({"nthread": options.n_threads})
            booster.load_model(bytearray(self.texts[head.name], "utf-8"))
            raw = booster.predict(design, output_margin=True).astype(np.float64)
            outputs[head.name] = np.clip(raw, 0.0, 1.0) if head.kind == "fraction" else raw
        return outputs

    def dump(self) -> dict[str, bytes]:
        """Return `booster_<head>.json` per head."""
        return {f"booster_{name}.json": text.encode() for name, text in self.texts.items()}

    def load(self, files: dict[str, bytes]) -> Self:
        """Return a copy fitted as the one that dumped `files`."""
        texts = {head.name: files[f"booster_{head.name}.json"].decode() for head in self.spec.heads}
        return replace(self, texts=texts)


def _boost(
    head: Head,
    options: XGBoostOptions,
    samples: Samples,
    design: NDArray[np.float64],
    rows: tuple[NDArray[np.int64], NDArray[np.int64]],
    seed: int,
) -> tuple[str, list[dict[str, Any]], int]:
    """Fit one booster; return its text, its rounds and how many trees it kept."""
    objective, metric = OBJECTIVES[head.kind]
    target = samples.targets[head.name].to_numpy()
    matrices: list[Any] = []
    for part in rows:
        # The tail is cut into the bins of the rows that are fitted on.
        matrices.append(
            xgboost.QuantileDMatrix(
                design[part], target[part], weight=samples.weights[part], nthread=options.n_threads,
                max_bin=options.max_bins, ref=matrices[0] if matrices else None,
            )
        )  # fmt: skip
    train, tail = matrices
    losses: dict[str, dict[str, list[float]]] = {}
    booster = xgboost.train(
        _parameters(options, objective, metric, seed),
        train,
        num_boost_round=options.n_trees,
        evals=[(train, "train"), (tail, "val")],
        early_stopping_rounds=options.patience,
        evals_result=losses,
        verbose_eval=False,
    )
    best = booster.best_iteration + 1
    history = [
        {"epoch": epoch, "train_loss": first, "val_loss": second, "learning_rate": options.learning_rate}
        for epoch, (first, second) in enumerate(
            zip(losses["train"][metric], losses["val"][metric], strict=True), start=1
        )
    ]
    return booster[:best].save_raw("json").decode(), history, best


def _parameters(options: XGBoostOptions, objective: str, metric: str, seed: int) -> dict[str, Any]:
    """Return the options in XGBoost's words."""
    return {
        "objective": objective,
        "eval_metric": metric,
        "tree_method": "hist",
        "eta": options.learning_rate,
        "max_depth": options.max_depth,
        "min_child_weight": options.min_child_weight,
        "max_bin": options.max_bins,
        "colsample_bytree": options.feature_fraction,
        "subsample": options.row_fraction,
        "lambda": options.l2,
        "nthread": options.n_threads,
        "seed": seed,
    }
