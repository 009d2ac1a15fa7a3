"""Labels measured from the next open, their thresholds and how unique they are."""

from topoquant.lib.labeling.barriers import label_triple_barrier
from topoquant.lib.labeling.bootstrap import draw_probabilities, sequential_bootstrap
from topoquant.lib.labeling.events import cusum_events, cusum_filter
from topoquant.lib.labeling.exits import label_exits
from topoquant.lib.labeling.kinds import TARGETS, fit_target, label_bars
from topoquant.lib.labeling.meta import meta_label
from topoquant.lib.labeling.move_sizes import with_move_sizes
from topoquant.lib.labeling.moves import label_move, passes_volume
from topoquant.lib.labeling.naming import describe_target, target_id
from topoquant.lib.labeling.options import (
    DirectionOptions,
    LogReturnOptions,
    MoveOptions,
    OwnTargetOptions,
    Side,
    TargetOptions,
    TriggerOptions,
    TripleBarrierOptions,
)
from topoquant.lib.labeling.own import label_own
from topoquant.lib.labeling.report_options import LabelReportOptions
from topoquant.lib.labeling.returns import label_direction, label_log_return
from topoquant.lib.labeling.rows import label_rows
from topoquant.lib.labeling.splitting import split_bars
from topoquant.lib.labeling.summary import summarise_labels
from topoquant.lib.labeling.thresholds import fit_trigger_threshold
from topoquant.lib.labeling.triggers import excursion, label_trigger
from topoquant.lib.labeling.uniqueness import average_uniqueness, label_concurrency
from topoquant.lib.labeling.weights import return_attribution_weights, time_decay_weights
from topoquant.lib.labeling.widths import average_true_range_width, volatility_width

__all__ = [
    "TARGETS",
    "DirectionOptions",
    "LabelReportOptions",
    "LogReturnOptions",
    "MoveOptions",
    "OwnTargetOptions",
    "Side",
    "TargetOptions",
    "TriggerOptions",
    "TripleBarrierOptions",
    "average_true_range_width",
    "average_uniqueness",
    "cusum_events",
    "cusum_filter",
    "describe_target",
    "draw_probabilities",
    "excursion",
    "fit_target",
    "fit_trigger_threshold",
    "label_bars",
    "label_concurrency",
    "label_direction",
    "label_exits",
    "label_log_return",
    "label_move",
    "label_own",
    "label_rows",
    "label_trigger",
    "label_triple_barrier",
    "meta_label",
    "passes_volume",
    "return_attribution_weights",
    "sequential_bootstrap",
    "split_bars",
    "summarise_labels",
    "target_id",
    "time_decay_weights",
    "volatility_width",
    "with_move_sizes",
]
