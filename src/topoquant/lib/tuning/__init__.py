"""Tuning: options searched by the loss on rows that no fit saw."""

from topoquant.lib.tuning.objective import held_out_losses
from topoquant.lib.tuning.options import ChoiceOptions, RangeOptions, TuningOptions
from topoquant.lib.tuning.outcome import Tuned
from topoquant.lib.tuning.rows import check_tuned_rows, describe_rows
from topoquant.lib.tuning.spaces import Setup, check_space, current_values, replace_options
from topoquant.lib.tuning.study import tune

__all__ = [
    "ChoiceOptions",
    "RangeOptions",
    "Setup",
    "Tuned",
    "TuningOptions",
    "check_space",
    "check_tuned_rows",
    "current_values",
    "describe_rows",
    "held_out_losses",
    "replace_options",
    "tune",
]
