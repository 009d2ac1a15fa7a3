"""What is left to see on test rows: what the auditor did, and how often intervals held."""

from typing import Any

import pandas as pd

from topoquant.lib.bars import MarketOptions
from topoquant.lib.ensemble import (
    ConformalOptions,
    audit_effect,
    conformal_coverage,
    filtered_scale,
    member_spreads,
)
from topoquant.lib.labeling import TargetOptions, with_move_sizes
from topoquant.lib.validity import LEVEL


def count_audited(
    audits: pd.DataFrame,
    auditor: dict[str, Any],
    predictions: pd.DataFrame,
    test_targets: pd.DataFrame,
    label: TargetOptions,
) -> dict[str, Any]:
    """Count test signals before the auditor and after it; nothing without one."""
    if not auditor["fitted"]:
        return {}
    return audit_effect(
        audits, predictions, test_targets,
        set_name="test", side=label.side, gate=auditor["gate"], level=LEVEL,
    )  # fmt: skip


def measure_intervals(
    predictions: pd.DataFrame,
    development_targets: pd.DataFrame,
    test_targets: pd.DataFrame,
    bars: pd.DataFrame,
    blind: pd.DataFrame,
    market: MarketOptions,
    label: TargetOptions,
    options: ConformalOptions,
    **draws: dict[str, Any],
) -> dict[str, Any]:
    """See how often conformal intervals of predicted values hold, and how far members are apart."""
    targets = pd.concat([development_targets, test_targets], ignore_index=True)
    if "value_max_pct" in predictions and "max_pct" not in targets:
        targets = with_move_sizes(targets, bars, interval=market.interval, horizon=label.horizon)
    scale = filtered_scale(blind, half_life=options.half_life)
    coverage = conformal_coverage(predictions, targets, scale, miscoverage=options.miscoverage, level=LEVEL)
    return {"coverage": coverage, "spread": member_spreads(predictions), "draws": list(draws.values())}
