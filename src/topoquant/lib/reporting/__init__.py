"""Reports: the page, the summary at the end of a run, the model table and the figures."""

from topoquant.lib.reporting.facts import SummaryFacts
from topoquant.lib.reporting.figures import (
    calibration_figure,
    equity_figure,
    history_figure,
    label_figure,
    loss_figure,
    model_figure,
    quality_figure,
    sheet_figure,
)
from topoquant.lib.reporting.front import FrontPage
from topoquant.lib.reporting.model_table import model_table, with_training
from topoquant.lib.reporting.page import build_page
from topoquant.lib.reporting.recording import record_run
from topoquant.lib.reporting.report import RunRecord, shown_equity, write_report, write_summary
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
from topoquant.lib.reporting.words import costs_sentence, predicted_sentence, what_would_change

__all__ = [
    "FrontPage",
    "RunRecord",
    "Section",
    "SummaryFacts",
    "backtest_section",
    "build_page",
    "calibration_figure",
    "calibration_section",
    "checks_section",
    "costs_sentence",
    "data_section",
    "ensemble_section",
    "equity_figure",
    "features_section",
    "history_figure",
    "label_figure",
    "labels_section",
    "loss_figure",
    "model_figure",
    "model_table",
    "models_section",
    "operating_point_section",
    "predicted_sentence",
    "provenance_section",
    "quality_figure",
    "record_run",
    "report_line",
    "sheet_figure",
    "shown_equity",
    "splits_section",
    "summary_body",
    "training_section",
    "verdict_lines",
    "what_would_change",
    "with_training",
    "write_report",
    "write_summary",
]
