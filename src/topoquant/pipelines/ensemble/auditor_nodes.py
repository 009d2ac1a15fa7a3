"""Ask of every signal of the one prediction whether it is right."""

from typing import Any

import pandas as pd

from topoquant.lib.bars import MarketOptions, interval_timedelta
from topoquant.lib.ensemble import AuditorOptions, audit_effect, audit_signals
from topoquant.lib.labeling import TargetOptions
from topoquant.lib.sampling import SplitOptions, embargo_bars
from topoquant.lib.validity import LEVEL


def audit_predictions(
    predictions: pd.DataFrame,
    development_targets: pd.DataFrame,
    features: pd.DataFrame,
    market: MarketOptions,
    label: TargetOptions,
    split: SplitOptions,
    options: AuditorOptions,
    seed: int,
    regimes: pd.DataFrame | None = None,
) -> tuple[pd.DataFrame, dict[str, Any], dict[str, bytes]]:
    """Fit the auditor on out-of-fold signals; count on val what it does to them."""
    embargo = embargo_bars(split, horizon=label.horizon) * interval_timedelta(market.interval)
    tables = [features] if regimes is None else [features, regimes]
    audit = audit_signals(
        predictions, development_targets, tables, options, side=label.side, embargo=embargo, seed=seed
    )
    record = audit.record | {"val": None}
    if audit.record["fitted"]:
        record["val"] = audit_effect(
            audit.predictions, predictions, development_targets,
            set_name="val", side=label.side, gate=audit.record["gate"], level=LEVEL,
        )  # fmt: skip
    return audit.predictions, record, audit.files
