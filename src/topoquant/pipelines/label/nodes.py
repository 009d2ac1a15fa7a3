"""Make the targets; what a model may see and the test rows are two tables."""

from typing import Any

import pandas as pd

from topoquant.lib.bars import MarketOptions
from topoquant.lib.labeling import (
    LabelReportOptions,
    TargetOptions,
    fit_target,
    label_rows,
    summarise_labels,
)
from topoquant.lib.reporting import label_figure

Record = dict[str, Any]


def fix_target(
    bars: pd.DataFrame, splits: pd.DataFrame, market: MarketOptions, label: TargetOptions
) -> Record:
    """Say what is predicted; what has to match a rate is fitted on train rows."""
    train_times = splits.loc[splits["set"] == "train", "time"]
    return fit_target(bars, train_times, interval=market.interval, options=label)


def label_development_rows(
    bars: pd.DataFrame, splits: pd.DataFrame, target: Record, market: MarketOptions, label: TargetOptions
) -> pd.DataFrame:
    """Label train and val rows."""
    return label_rows(bars, splits, target, label, interval=market.interval, sets=("train", "val"))


def label_test_rows(
    bars: pd.DataFrame, splits: pd.DataFrame, target: Record, market: MarketOptions, label: TargetOptions
) -> pd.DataFrame:
    """Label test rows; only backtest and report read them."""
    return label_rows(bars, splits, target, label, interval=market.interval, sets=("test",))


def summarise_targets(
    development: pd.DataFrame,
    test: pd.DataFrame,
    splits: pd.DataFrame,
    bars: pd.DataFrame,
    target: Record,
    market: MarketOptions,
    options: LabelReportOptions,
) -> Record:
    """Count, compare and warn before any model sees a row."""
    return summarise_labels(
        development, test, splits, bars, target, interval=market.interval, options=options
    )


def draw_labels(label_summary: Record) -> Any:  # noqa: ANN401  (a figure of plotly)
    """Draw rates over time."""
    return label_figure(label_summary)
