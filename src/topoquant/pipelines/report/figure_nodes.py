"""Figures of one run: what kedro-viz previews, MLflow keeps and notebooks show."""

from collections.abc import Callable
from typing import Any

import pandas as pd

from topoquant.lib.backtest import pool_equity
from topoquant.lib.reporting import (
    attention_figure,
    calibration_figure,
    comparison_figure,
    confusion_figure,
    equity_figure,
    final_rows,
    importance_figure,
    loss_figure,
    metrics_figure,
    model_figure,
    precision_recall_figure,
    predictions_figure,
    rates_figure,
    residuals_figure,
    shown_equity,
    summary_figure,
    weights_figure,
)
from topoquant.lib.training import feature_importance

Record = dict[str, Any]
Figures = tuple[Any, ...]


def draw_figures(
    scores: list[Record], reliability: pd.DataFrame, equity: pd.DataFrame, **training: Record
) -> Figures:
    """Draw what the first screen of the report says."""
    return (
        model_figure(scores),
        calibration_figure(reliability),
        equity_figure(shown_equity(pool_equity(equity))),
        loss_figure(list(training.values())),
    )


def join_final(predictions: pd.DataFrame, test_targets: pd.DataFrame) -> pd.DataFrame:
    """Put the final prediction beside what happened."""
    return final_rows(predictions, test_targets)


def draw_learning(**training: Record) -> Figures:
    """Draw how members learnt, side by side, and what their attention looks at."""
    records = list(training.values())
    drawn = (metrics_figure, rates_figure, comparison_figure, summary_figure, attention_figure)
    return tuple(draw(records) for draw in drawn)


def draw_outcomes(final: pd.DataFrame, operating_point_test: Record) -> Figures:
    """Draw the final prediction beside what happened."""
    return (
        predictions_figure(final),
        residuals_figure(final),
        precision_recall_figure(final, operating_point_test),
        confusion_figure(final, operating_point_test),
    )


def weights_node(members: tuple[str, ...], baselines: tuple[str, ...]) -> Callable[..., Figures]:
    """Return the node function for a recipe's members."""

    def draw_weights(choices: Record, **models: dict[str, bytes]) -> Figures:
        """Draw what members lean on (baselines where no member says), and what the ensemble does."""
        tables = {name: feature_importance(models[f"model_{name}"]) for name in (*members, *baselines)}
        own = {name: tables[name] for name in members if len(tables[name])}
        return importance_figure(own or tables), weights_figure(choices)

    return draw_weights
