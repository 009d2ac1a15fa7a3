"""Join and combine the members, choose on val, calibrate, and say where the prediction becomes a signal."""

from collections.abc import Callable
from typing import Any

import pandas as pd

from topoquant.lib.bars import MarketOptions, interval_timedelta
from topoquant.lib.ensemble import EnsembleOptions, ensemble, outcomes_of, resolved_losses, second_half_rows
from topoquant.lib.labeling import TargetOptions, label_rows
from topoquant.lib.sampling import SplitOptions, embargo_bars
from topoquant.lib.validity import (
    CalibrationOptions,
    OperatingPointOptions,
    calibrate_predictions,
    choose_operating_point,
)

Record = dict[str, Any]


def resolve_outcomes(
    bars: pd.DataFrame, splits: pd.DataFrame, target: Record, market: MarketOptions, label: TargetOptions
) -> pd.DataFrame:
    """Say from the bars what came of every row, and from when on that is known: a row counts from then on."""
    sets = ("train", "val", "test")
    return outcomes_of(label_rows(bars, splits, target, label, interval=market.interval, sets=sets))


def combine_node(members: tuple[str, ...], blind: tuple[str, ...]) -> Callable[..., Any]:
    """Return the node function for a recipe's members."""

    def combine_members(
        development_targets: pd.DataFrame,
        market: MarketOptions,
        label: TargetOptions,
        split: SplitOptions,
        options: EnsembleOptions,
        **tables: pd.DataFrame,
    ) -> tuple[pd.DataFrame, Record, Record]:
        """Stack on out-of-fold rows, weigh by what is resolved, choose on the first half of val."""
        embargo = embargo_bars(split, horizon=label.horizon) * interval_timedelta(market.interval)
        regimes, outcomes = tables.pop("regimes", None), tables.pop("outcomes", None)
        own = {name: tables[name] for name in members}
        result = ensemble(
            tables,
            development_targets,
            options,
            members=members,
            blind_members=blind,
            embargo=embargo,
            regimes=regimes,
            resolved=None if outcomes is None else resolved_losses(own, outcomes),
        )
        return result.predictions, result.choices, result.stacks

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
