"""Fit one member: out-of-fold predictions and the final model in one call."""

from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd

from topoquant.lib.bars import MarketOptions
from topoquant.lib.labeling import TargetOptions
from topoquant.lib.sampling import SplitOptions
from topoquant.lib.training import (
    Family,
    FitOptions,
    FoldPlan,
    SelectionOptions,
    gather_features,
    train_member,
)
from topoquant.progress import show

Trained = tuple[dict[str, bytes], pd.DataFrame, dict[str, Any]]
# Role -> family -> part of the family -> dataset.
Roles = Mapping[str, Mapping[str, Mapping[str, str]]]


def train_node(member: str, model: str, roles: Roles) -> Callable[..., Trained]:
    """Return the node function of a member."""

    def train(
        splits: pd.DataFrame,
        development_targets: pd.DataFrame,
        market: MarketOptions,
        label: TargetOptions,
        split: SplitOptions,
        seed: int,
        options: Any,  # noqa: ANN401 (replaced by the model's own class where the node is made)
        fit: FitOptions | None = None,
        selection: SelectionOptions | None = None,
        window: int = 0,
        **datasets: Any,  # noqa: ANN401
    ) -> Trained:
        """Fit the folds and the final model, predict, and account for it."""
        plan = FoldPlan(split=split, horizon=label.horizon, interval=market.interval)
        families = {
            role: {
                name: Family(**{part: datasets[dataset] for part, dataset in parts.items()})
                for name, parts in named.items()
            }
            for role, named in roles.items()
        }
        trained = train_member(
            member, model, splits, development_targets, gather_features(families, window=window),
            plan=plan, options=options, fit=fit, selection=selection, seed=seed,
            progress=show(f"train_{member}"),
        )  # fmt: skip
        return trained.files, trained.predictions, trained.record

    train.__name__ = f"train_{member}"
    return train
