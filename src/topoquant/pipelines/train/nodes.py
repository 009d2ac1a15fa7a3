"""Fit one member: out-of-fold predictions and the final model in one call."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from topoquant.lib.bars import MarketOptions
from topoquant.lib.labeling import TargetOptions
from topoquant.lib.reporting import history_figure
from topoquant.lib.sampling import SplitOptions
from topoquant.lib.training import (
    Family,
    FitOptions,
    FoldPlan,
    SelectionOptions,
    gather_features,
    load_fit,
    model_card,
    train_member,
)
from topoquant.lib.training import export_onnx as export_fit
from topoquant.progress import show

Trained = tuple[dict[str, bytes], pd.DataFrame, dict[str, Any], pd.DataFrame]
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
        checkpoints: Path,
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
            progress=show(f"train_{member}"), checkpoints=checkpoints,
        )  # fmt: skip
        return trained.files, trained.predictions, trained.record, trained.history

    train.__name__ = f"train_{member}"
    return train


def write_card(
    files: dict[str, bytes],
    record: dict[str, Any],
    target: dict[str, Any],
    splits: pd.DataFrame,
    development_targets: pd.DataFrame,
) -> str:
    """Write the page that goes with a model."""
    return model_card(record, json.loads(files["options.json"]), target, splits, development_targets)


def draw_history(history: pd.DataFrame) -> Any:  # noqa: ANN401 (plotly is imported only where a figure is made)
    """Draw how the fits went."""
    return history_figure(history)


def write_onnx(files: dict[str, bytes], export_onnx: bool) -> bytes:
    """Export a network where the run asks for it; no bytes stand for no file."""
    if not export_onnx:
        return b""
    return export_fit(load_fit(files))
