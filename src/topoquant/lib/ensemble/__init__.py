"""Ensemble: members joined on the key, combined, and one prediction chosen on val."""

from topoquant.lib.ensemble.averaging import weighted_mean
from topoquant.lib.ensemble.combining import EnsembleResult, ensemble, second_half_rows
from topoquant.lib.ensemble.fallback import choose_final, choose_naive, weighted_log_loss
from topoquant.lib.ensemble.joining import join_predictions, member_values
from topoquant.lib.ensemble.options import EnsembleOptions
from topoquant.lib.ensemble.stacking import Stack, apply_stack, fit_stack

__all__ = [
    "EnsembleOptions",
    "EnsembleResult",
    "Stack",
    "apply_stack",
    "choose_final",
    "choose_naive",
    "ensemble",
    "fit_stack",
    "join_predictions",
    "member_values",
    "second_half_rows",
    "weighted_log_loss",
    "weighted_mean",
]
