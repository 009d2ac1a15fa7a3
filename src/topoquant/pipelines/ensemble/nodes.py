"""Join the members, choose the one prediction on val, calibrate it, and say where it becomes a signal."""

from collections.abc import Callable
from typing import Any

import pandas as pd

from topoquant.lib.bars import MarketOptions, interval_timedelta
from topoquant.lib.ensemble import EnsembleOptions, ensemble, second_half_rows
from topoquant.lib.labeling import TargetOptions
from topoquant.lib.sampling import SplitOptions, embargo_bars
from topoquant.lib.validity import (
    CalibrationOptions,
    OperatingPointOptions,
    calibrate_predictions,
    choose_operating_point,
)


def combine_node(members: tuple[str, ...], blind: tuple[str, ...]) -> Callable[..., Any]:
    """Return the node function for a recipe's members."""

    def combine_members(
        development_targets: pd.DataFrame,
        market: MarketOptions,
        label: TargetOptions,
        split: SplitOptions,
        options: EnsembleOptions,
        **tables: pd.DataFrame,
    ) -> tuple[pd.DataFrame, dict[str, object]]:
        """Stack on out-of-fold rows; choose on the first half of val."""
        embargo = embargo_bars(split, horizon=label.horizon) * interval_timedelta(market.interval)
        result = ensemble(
            tables, development_targets, options, members=members, blind_members=blind, embargo=embargo
        )
        return result.predictions, result.choices

    return combine_members


def calibrate_ensemble(
    predictions: pd.DataFrame, development_targets: pd.DataFrame, options: CalibrationOptions
) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Calibrate on out-of-fold rows; ranks stay, and no calibrator at all is one of the choices."""
    return calibrate_predictions(predictions, development_targets, n_blocks=options.n_blocks)


def choose_signal(
    predictions: pd.DataFrame,
    development_targets: pd.DataFrame,
    options: OperatingPointOptions,
) -> dict[str, Any]:
    """Choose the threshold on the second half of val."""
    return choose_operating_point(second_half_rows(predictions), development_targets, options)
