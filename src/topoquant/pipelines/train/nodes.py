"""Fit one member: out-of-fold predictions and the final model in one call."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd

from topoquant.families import Roles, gather
from topoquant.lib.bars import MarketOptions
from topoquant.lib.labeling import TargetOptions
from topoquant.lib.reporting import history_figure
from topoquant.lib.sampling import SplitOptions
from topoquant.lib.training import (
    FitOptions,
    FoldPlan,
    SelectionOptions,
    WidthOptions,
    draw_widths,
    load_fit,
    model_card,
    train_member,
)
from topoquant.lib.training import export_onnx as export_fit
from topoquant.lib.tuning import Setup, check_tuned_rows, replace_options
from topoquant.progress import show

Trained = tuple[dict[str, bytes], pd.DataFrame, dict[str, Any], pd.DataFrame]


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
        tuned: dict[str, Any] | None = None,
        **datasets: Any,  # noqa: ANN401
    ) -> Trained:
        """Fit the folds and the final model, predict, and account for it."""
        plan = FoldPlan(split=split, horizon=label.horizon, interval=market.interval)
        found = {}
        if tuned:
            check_tuned_rows(tuned, splits)
            found = tuned["values"]
        setup = replace_options(Setup(options=options, fit=fit, selection=selection), found)
        trained = train_member(
            member, model, splits, development_targets, gather(roles, datasets, window),
            plan=plan, options=setup.options, fit=setup.fit, selection=setup.selection, seed=seed,
            progress=show(f"train_{member}"), checkpoints=checkpoints,
        )  # fmt: skip
        record = {**trained.record, "tuned": found} if found else trained.record
        return trained.files, trained.predictions, record, trained.history

    train.__name__ = f"train_{member}"
    return train


def draw_node(member: str, roles: Roles) -> Callable[..., dict[str, Any]]:
    """Return the node function that draws a member's predictions."""

    def draw(
        files: dict[str, bytes],
        splits: pd.DataFrame,
        development_targets: pd.DataFrame,
        market: MarketOptions,
        seed: int,
        options: WidthOptions,
        window: int = 0,
        **datasets: Any,  # noqa: ANN401
    ) -> dict[str, Any]:
        """Measure how far dropout moves its predictions of val and test rows."""
        features = gather(roles, datasets, window)
        return draw_widths(
            member, files, splits, development_targets, features, options, interval=market.interval, seed=seed
        )

    return draw


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
