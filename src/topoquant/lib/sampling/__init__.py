"""Which rows are fitted on, tuned on and tested, and the samples that models see."""

from topoquant.lib.sampling.arrays import samples_from_arrays
from topoquant.lib.sampling.assembling import assemble_samples
from topoquant.lib.sampling.assigning import embargo_bars
from topoquant.lib.sampling.chronological import assign_rows, used_rows
from topoquant.lib.sampling.combinatorial import CombinatorialPurgedKFold
from topoquant.lib.sampling.disjoint import disjoint_sets
from topoquant.lib.sampling.halves import purged_halves, purged_tail
from topoquant.lib.sampling.keys import attach_keys, check_unique, key_positions
from topoquant.lib.sampling.options import SplitOptions
from topoquant.lib.sampling.overlap import instants, overlapping_pairs, overlapping_rows
from topoquant.lib.sampling.purged import PurgedKFold, fold_rows, time_blocks
from topoquant.lib.sampling.samples import KEY, ROW_COLUMNS, Samples
from topoquant.lib.sampling.stratified import (
    StratifiedCut,
    StratifiedTemporalSplit,
    stratified_temporal_split,
)
from topoquant.lib.sampling.stratified_rows import assign_stratified_rows, before_test
from topoquant.lib.sampling.walk_forward import WalkForward
from topoquant.lib.sampling.walk_windows import WalkOptions, walk_splits
from topoquant.lib.sampling.windows import gather_windows

__all__ = [
    "KEY",
    "ROW_COLUMNS",
    "CombinatorialPurgedKFold",
    "PurgedKFold",
    "Samples",
    "SplitOptions",
    "StratifiedCut",
    "StratifiedTemporalSplit",
    "WalkForward",
    "WalkOptions",
    "assemble_samples",
    "assign_rows",
    "assign_stratified_rows",
    "attach_keys",
    "before_test",
    "check_unique",
    "disjoint_sets",
    "embargo_bars",
    "fold_rows",
    "gather_windows",
    "instants",
    "key_positions",
    "overlapping_pairs",
    "overlapping_rows",
    "purged_halves",
    "purged_tail",
    "samples_from_arrays",
    "stratified_temporal_split",
    "time_blocks",
    "used_rows",
    "walk_splits",
]
