"""The judge: predictions that came from elsewhere, held to the rules of our own members."""

from topoquant.lib.judge.calibrating import logits_of
from topoquant.lib.judge.checks import (
    check_fitted_rows,
    check_matched,
    check_own_columns,
    check_score_drift,
)
from topoquant.lib.judge.columns import Columns, find_columns
from topoquant.lib.judge.comparing import RecordedRun, compare_runs, comparison_table, not_comparable
from topoquant.lib.judge.judgement import Judgement, JudgeOptions, fit_blind, judge_predictions
from topoquant.lib.judge.knowledge import check_known_bars
from topoquant.lib.judge.matching import match_table, stack_tables, unstack_tables
from topoquant.lib.judge.options import CompareOptions, TableOptions
from topoquant.lib.judge.paired import paired_differences
from topoquant.lib.judge.reading import bring_table, own_name, read_tables
from topoquant.lib.judge.splitting import split_judged_rows
from topoquant.lib.judge.tables import (
    Study,
    bring_tables,
    check_tables,
    choose_table,
    common_times,
    match_tables,
)

__all__ = [
    "Columns",
    "CompareOptions",
    "JudgeOptions",
    "Judgement",
    "RecordedRun",
    "Study",
    "TableOptions",
    "bring_table",
    "bring_tables",
    "check_fitted_rows",
    "check_known_bars",
    "check_matched",
    "check_own_columns",
    "check_score_drift",
    "check_tables",
    "choose_table",
    "common_times",
    "compare_runs",
    "comparison_table",
    "find_columns",
    "fit_blind",
    "judge_predictions",
    "logits_of",
    "match_table",
    "match_tables",
    "not_comparable",
    "own_name",
    "paired_differences",
    "read_tables",
    "split_judged_rows",
    "stack_tables",
    "unstack_tables",
]
