"""Whether there is an edge at all: intervals, checks, calibration, Sharpe ratios and the verdict."""

from topoquant.lib.validity.adversarial import adversarial_validation, check_adversarial
from topoquant.lib.validity.binary import checked_labels, log_loss, roc_auc, row_log_loss
from topoquant.lib.validity.blindness import check_blindness, garbage_bars
from topoquant.lib.validity.by_symbol import score_symbols
from topoquant.lib.validity.calibrated import (
    calibrate_predictions,
    calibration_numbers,
    measure_calibration,
)
from topoquant.lib.validity.calibration import (
    calibration_curve,
    correct_prior,
    cox_slope_intercept,
    expected_calibration_error,
)
from topoquant.lib.validity.calibrators import (
    Calibrator,
    CalibratorChoice,
    choose_calibrator,
    fit_calibrator,
)
from topoquant.lib.validity.candidates import candidate_returns, check_overfitting
from topoquant.lib.validity.ceiling import ceiling_auc, known_ceiling
from topoquant.lib.validity.checks import (
    Check,
    check_base_rates,
    check_interval_overlap,
    check_join_keys,
    check_out_of_fold,
)
from topoquant.lib.validity.cuts import distinct_open_times, revealing_cuts, row_cuts, stored_first
from topoquant.lib.validity.drift import check_drift, measure_drift, population_stability_index
from topoquant.lib.validity.flat_causes import FitFacts, undo_focal
from topoquant.lib.validity.flat_members import check_flat_members, facts_of_training
from topoquant.lib.validity.flatness import MINIMUM_LOGIT_STD, Flatness, check_flatness, diagnose_flatness
from topoquant.lib.validity.fold_models import check_fold_models
from topoquant.lib.validity.horizons import bound_timing, judge_horizons
from topoquant.lib.validity.intervals import (
    LEVEL,
    Interval,
    bootstrap_auc,
    bootstrap_bounds,
    bootstrap_interval,
    bootstrap_mean,
    mean_replicates,
)
from topoquant.lib.validity.judging import (
    Question,
    best_baseline,
    gather_evidence,
    reach_verdict,
    score_members,
)
from topoquant.lib.validity.key_alignment import check_key_alignment
from topoquant.lib.validity.learnability import (
    TimingStatistics,
    log_loss_gain,
    timing_return,
    timing_statistics,
)
from topoquant.lib.validity.lineage import check_lineage, find_path
from topoquant.lib.validity.lower_end import choose_lower_point, measure_lower_point
from topoquant.lib.validity.multiple_testing import (
    benjamini_hochberg_yekutieli,
    holm,
    with_p_values,
)
from topoquant.lib.validity.operating_point import OperatingPoint, choose_threshold
from topoquant.lib.validity.options import (
    AuditOptions,
    CalibrationOptions,
    OperatingPointOptions,
    PowerOptions,
)
from topoquant.lib.validity.overfitting import BacktestOverfitting, probability_of_backtest_overfitting
from topoquant.lib.validity.permuted import permute_blocks, permuted_label_check
from topoquant.lib.validity.positions import (
    OUTER,
    SIDES,
    count_entries,
    entry_signs,
    next_open_returns,
    position_quantiles,
    trading_position,
)
from topoquant.lib.validity.power import Injected, injected, measure_power, sign_flipped
from topoquant.lib.validity.prefix import check_prefix_invariance
from topoquant.lib.validity.promises import (
    choose_operating_point,
    measure_operating_point,
    permuted_row,
    reliability_table,
    spread_cuts,
)
from topoquant.lib.validity.regime_fits import check_regime_fits
from topoquant.lib.validity.regression import regression_scores
from topoquant.lib.validity.resampling import (
    N_RESAMPLES,
    block_bootstrap_weights,
    block_length,
    block_starts,
    time_codes,
)
from topoquant.lib.validity.scoring import join_targets, member_timing_return, score_predictions
from topoquant.lib.validity.sharpe import (
    deflated_sharpe_ratio,
    expected_maximum_sharpe,
    minimum_backtest_length,
    minimum_track_record_length,
    probabilistic_sharpe_ratio,
    sharpe_ratio,
)
from topoquant.lib.validity.sharpe_statistics import SharpeStatistics, annual_sharpe, sharpe_statistics
from topoquant.lib.validity.strategies import check_accounts, with_sharpe_statistics
from topoquant.lib.validity.target_entry import check_target_entry
from topoquant.lib.validity.target_prefix import check_target_invariance
from topoquant.lib.validity.trials import TrialLog, count_trials, market_fingerprint
from topoquant.lib.validity.verdict import Evidence, Verdict, decide_verdict, evidence_from_score

__all__ = [
    "LEVEL",
    "MINIMUM_LOGIT_STD",
    "N_RESAMPLES",
    "OUTER",
    "SIDES",
    "AuditOptions",
    "BacktestOverfitting",
    "CalibrationOptions",
    "Calibrator",
    "CalibratorChoice",
    "Check",
    "Evidence",
    "FitFacts",
    "Flatness",
    "Injected",
    "Interval",
    "OperatingPoint",
    "OperatingPointOptions",
    "PowerOptions",
    "Question",
    "SharpeStatistics",
    "TimingStatistics",
    "TrialLog",
    "Verdict",
    "adversarial_validation",
    "annual_sharpe",
    "benjamini_hochberg_yekutieli",
    "best_baseline",
    "block_bootstrap_weights",
    "block_length",
    "block_starts",
    "bootstrap_auc",
    "bootstrap_bounds",
    "bootstrap_interval",
    "bootstrap_mean",
    "bound_timing",
    "calibrate_predictions",
    "calibration_curve",
    "calibration_numbers",
    "candidate_returns",
    "ceiling_auc",
    "check_accounts",
    "check_adversarial",
    "check_base_rates",
    "check_blindness",
    "check_drift",
    "check_flat_members",
    "check_flatness",
    "check_fold_models",
    "check_interval_overlap",
    "check_join_keys",
    "check_key_alignment",
    "check_lineage",
    "check_out_of_fold",
    "check_overfitting",
    "check_prefix_invariance",
    "check_regime_fits",
    "check_target_entry",
    "check_target_invariance",
    "checked_labels",
    "choose_calibrator",
    "choose_lower_point",
    "choose_operating_point",
    "choose_threshold",
    "correct_prior",
    "count_entries",
    "count_trials",
    "cox_slope_intercept",
    "decide_verdict",
    "deflated_sharpe_ratio",
    "diagnose_flatness",
    "distinct_open_times",
    "entry_signs",
    "evidence_from_score",
    "expected_calibration_error",
    "expected_maximum_sharpe",
    "facts_of_training",
    "find_path",
    "fit_calibrator",
    "garbage_bars",
    "gather_evidence",
    "holm",
    "injected",
    "join_targets",
    "judge_horizons",
    "known_ceiling",
    "log_loss",
    "log_loss_gain",
    "market_fingerprint",
    "mean_replicates",
    "measure_calibration",
    "measure_drift",
    "measure_lower_point",
    "measure_operating_point",
    "measure_power",
    "member_timing_return",
    "minimum_backtest_length",
    "minimum_track_record_length",
    "next_open_returns",
    "permute_blocks",
    "permuted_label_check",
    "permuted_row",
    "population_stability_index",
    "position_quantiles",
    "probabilistic_sharpe_ratio",
    "probability_of_backtest_overfitting",
    "reach_verdict",
    "regression_scores",
    "reliability_table",
    "revealing_cuts",
    "roc_auc",
    "row_cuts",
    "row_log_loss",
    "score_members",
    "score_predictions",
    "score_symbols",
    "sharpe_ratio",
    "sharpe_statistics",
    "sign_flipped",
    "spread_cuts",
    "stored_first",
    "time_codes",
    "timing_return",
    "timing_statistics",
    "trading_position",
    "undo_focal",
    "with_p_values",
    "with_sharpe_statistics",
]
