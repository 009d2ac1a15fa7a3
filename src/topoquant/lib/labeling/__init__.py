"""Labels measured from the next open, their thresholds and how unique they are."""

from topoquant.lib.labeling.options import Side, TriggerOptions
from topoquant.lib.labeling.rows import label_rows, summarise_labels
from topoquant.lib.labeling.thresholds import fit_trigger_threshold
from topoquant.lib.labeling.triggers import (
    describe_target,
    excursion,
    label_trigger,
    plain_extremes,
    target_id,
)
from topoquant.lib.labeling.uniqueness import average_uniqueness, plain_uniqueness

__all__ = [
    "Side",
    "TriggerOptions",
    "average_uniqueness",
    "describe_target",
    "excursion",
    "fit_trigger_threshold",
    "label_rows",
    "label_trigger",
    "plain_extremes",
    "plain_uniqueness",
    "summarise_labels",
    "target_id",
]
