"""Ablation: which part of the features earns its place, on the same rows and the same folds."""

from topoquant.lib.ablation.findings import find_parts, judge_difference
from topoquant.lib.ablation.fitting import predict_rows, take_columns
from topoquant.lib.ablation.inputs import AblationRows, FamilyColumns, ablation_rows
from topoquant.lib.ablation.luck import SeedLuck, measure_luck
from topoquant.lib.ablation.options import AblationOptions, PartOptions
from topoquant.lib.ablation.parts import Part, define_parts
from topoquant.lib.ablation.scoring import join_variants, row_block, score_variants
from topoquant.lib.ablation.study import Ablation, ablate
from topoquant.lib.ablation.variants import Variant, list_variants

__all__ = [
    "Ablation",
    "AblationOptions",
    "AblationRows",
    "FamilyColumns",
    "Part",
    "PartOptions",
    "SeedLuck",
    "Variant",
    "ablate",
    "ablation_rows",
    "define_parts",
    "find_parts",
    "join_variants",
    "judge_difference",
    "list_variants",
    "measure_luck",
    "predict_rows",
    "row_block",
    "score_variants",
    "take_columns",
]
