"""Ensemble: members joined on the key, combined, and one prediction chosen on val."""

from topoquant.lib.ensemble.adaptation import adapt_weights, outcomes_of, resolved_losses
from topoquant.lib.ensemble.agent_options import AgentOptions
from topoquant.lib.ensemble.agents import combine_agents
from topoquant.lib.ensemble.audit_effect import audit_effect
from topoquant.lib.ensemble.auditor import Audit, audit_signals
from topoquant.lib.ensemble.auditor_options import AuditorOptions, ConformalOptions
from topoquant.lib.ensemble.averaging import member_weights, regime_weights, weighted_mean
from topoquant.lib.ensemble.boosting import BoostedStack, apply_boosted_stack, fit_boosted_stack
from topoquant.lib.ensemble.combining import EnsembleResult, ensemble, second_half_rows
from topoquant.lib.ensemble.conformal import conformal_intervals
from topoquant.lib.ensemble.conformal_coverage import (
    conformal_coverage,
    filtered_scale,
    member_spreads,
)
from topoquant.lib.ensemble.direction_view import gaussian_direction, mean_forecast, view_direction
from topoquant.lib.ensemble.fallback import choose_final, choose_naive, weighted_log_loss
from topoquant.lib.ensemble.gate import Gate, decide_gate
from topoquant.lib.ensemble.joining import join_predictions, member_values
from topoquant.lib.ensemble.options import (
    AdaptationOptions,
    BoostedStackOptions,
    EnsembleOptions,
    GateOptions,
)
from topoquant.lib.ensemble.out_of_fold import Stacked, stack
from topoquant.lib.ensemble.stack_inputs import with_regimes
from topoquant.lib.ensemble.stacking import Stack, apply_stack, fit_stack

__all__ = [
    "AdaptationOptions",
    "AgentOptions",
    "Audit",
    "AuditorOptions",
    "BoostedStack",
    "BoostedStackOptions",
    "ConformalOptions",
    "EnsembleOptions",
    "EnsembleResult",
    "Gate",
    "GateOptions",
    "Stack",
    "Stacked",
    "adapt_weights",
    "apply_boosted_stack",
    "apply_stack",
    "audit_effect",
    "audit_signals",
    "choose_final",
    "choose_naive",
    "combine_agents",
    "conformal_coverage",
    "conformal_intervals",
    "decide_gate",
    "ensemble",
    "filtered_scale",
    "fit_boosted_stack",
    "fit_stack",
    "gaussian_direction",
    "join_predictions",
    "mean_forecast",
    "member_spreads",
    "member_values",
    "member_weights",
    "outcomes_of",
    "regime_weights",
    "resolved_losses",
    "second_half_rows",
    "stack",
    "view_direction",
    "weighted_log_loss",
    "weighted_mean",
    "with_regimes",
]
