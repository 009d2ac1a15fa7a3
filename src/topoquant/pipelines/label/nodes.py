"""Make the targets; what a model may see and the test rows are two tables."""

from typing import Any

import pandas as pd

from topoquant.lib.bars import MarketOptions
from topoquant.lib.labeling import TriggerOptions, fit_trigger_threshold, label_rows, summarise_labels


def fit_label_threshold(
    bars: pd.DataFrame, splits: pd.DataFrame, market: MarketOptions, label: TriggerOptions
) -> dict[str, Any]:
    """Fix the threshold, on train rows where it has to match a rate."""
    train_times = splits.loc[splits["set"] == "train", "time"]
    return fit_trigger_threshold(bars, train_times, interval=market.interval, options=label)


def label_development_rows(
    bars: pd.DataFrame,
    splits: pd.DataFrame,
    threshold: dict[str, Any],
    market: MarketOptions,
    label: TriggerOptions,
) -> pd.DataFrame:
    """Label train and val rows."""
    return label_rows(
        bars, splits, threshold["threshold"], label, interval=market.interval, sets=("train", "val")
    )


def label_test_rows(
    bars: pd.DataFrame,
    splits: pd.DataFrame,
    threshold: dict[str, Any],
    market: MarketOptions,
    label: TriggerOptions,
) -> pd.DataFrame:
    """Label test rows; only backtest and report read them."""
    return label_rows(bars, splits, threshold["threshold"], label, interval=market.interval, sets=("test",))


def summarise_targets(
    development: pd.DataFrame, test: pd.DataFrame, splits: pd.DataFrame, threshold: dict[str, Any]
) -> dict[str, Any]:
    """Count rates, uniqueness and dropped rows per set."""
    return summarise_labels(development, test, splits, threshold)
