"""Reports: the page, the summary at the end of a run, the model table and the figures."""

from topoquant.lib.reporting.ablation_lines import ablation_lines
from topoquant.lib.reporting.comparison import comparison_lines, comparison_page, runs_figure
from topoquant.lib.reporting.facts import SummaryFacts
from topoquant.lib.reporting.figures import (
    ablation_figure,
    attention_figure,
    calibration_figure,
    comparison_figure,
    confusion_figure,
    draw_png,
    equity_figure,
    history_figure,
    importance_figure,
    label_figure,
    loss_figure,
    metrics_figure,
    model_figure,
    precision_recall_figure,
    predictions_figure,
    quality_figure,
    rates_figure,
    regime_figure,
    residuals_figure,
    search_figure,
    sheet_figure,
    summary_figure,
    walk_figure,
    weights_figure,
)
from topoquant.lib.reporting.front import FrontPage
from topoquant.lib.reporting.horizons import (
    HorizonsRecord,
    write_horizons_report,
    write_horizons_summary,
)
from topoquant.lib.reporting.model_table import model_table, with_training
from topoquant.lib.reporting.outcomes import final_rows
from topoquant.lib.reporting.page import build_page
from topoquant.lib.reporting.recording import record_run
from topoquant.lib.reporting.report import shown_equity, write_report, write_summary
from topoquant.lib.reporting.run_record import RunRecord
from topoquant.lib.reporting.search_lines import search_lines
from topoquant.lib.reporting.sections import (
    Section,
    backtest_section,
    calibration_section,
    checks_section,
    data_section,
    ensemble_section,
    features_section,
    labels_section,
    models_section,
    operating_point_section,
    provenance_section,
    splits_section,
    training_section,
)
from topoquant.lib.reporting.summary import report_line, summary_body, verdict_lines
from topoquant.lib.reporting.training_report import check_report, training_report
from topoquant.lib.reporting.walk_lines import walk_lines
from topoquant.lib.reporting.words import costs_sentence, predicted_sentence, what_would_change

__all__ = [
    "FrontPage",
    "HorizonsRecord",
    "RunRecord",
    "Section",
    "SummaryFacts",
    "ablation_figure",
    "ablation_lines",
    "attention_figure",
    "backtest_section",
    "build_page",
    "calibration_figure",
    "calibration_section",
    "check_report",
    "checks_section",
    "comparison_figure",
    "comparison_lines",
    "comparison_page",
    "confusion_figure",
    "costs_sentence",
    "data_section",
    "draw_png",
    "ensemble_section",
    "equity_figure",
    "features_section",
    "final_rows",
    "history_figure",
    "importance_figure",
    "label_figure",
    "labels_section",
    "loss_figure",
    "metrics_figure",
    "model_figure",
    "model_table",
    "models_section",
    "operating_point_section",
    "precision_recall_figure",
    "predicted_sentence",
    "predictions_figure",
    "provenance_section",
    "quality_figure",
    "rates_figure",
    "record_run",
    "regime_figure",
    "report_line",
    "residuals_figure",
    "runs_figure",
    "search_figure",
    "search_lines",
    "sheet_figure",
    "shown_equity",
    "splits_section",
    "summary_body",
    "summary_figure",
    "training_report",
    "training_section",
    "verdict_lines",
    "walk_figure",
    "walk_lines",
    "weights_figure",
    "what_would_change",
    "with_training",
    "write_horizons_report",
    "write_horizons_summary",
    "write_report",
    "write_summary",
]
