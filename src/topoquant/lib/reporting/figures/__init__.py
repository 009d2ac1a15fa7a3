"""Charts: hand-drawn SVG for the report, plotly for notebooks and kedro-viz."""

from topoquant.lib.reporting.figures.ablation_figure import ablation_figure
from topoquant.lib.reporting.figures.bar_chart import draw_bars
from topoquant.lib.reporting.figures.image_sheet import draw_sheet, sheet_figure
from topoquant.lib.reporting.figures.interval_chart import Dot, Mark, draw_intervals
from topoquant.lib.reporting.figures.label_figures import label_figure
from topoquant.lib.reporting.figures.learning_figures import (
    comparison_figure,
    metrics_figure,
    rates_figure,
    summary_figure,
)
from topoquant.lib.reporting.figures.line_chart import Band, Line, LineChart, draw_lines
from topoquant.lib.reporting.figures.outcome_figures import (
    confusion_figure,
    precision_recall_figure,
    predictions_figure,
    residuals_figure,
)
from topoquant.lib.reporting.figures.plot import Size, figure, responsive
from topoquant.lib.reporting.figures.plotly_figures import (
    calibration_figure,
    equity_figure,
    loss_figure,
    model_figure,
)
from topoquant.lib.reporting.figures.png import draw_png
from topoquant.lib.reporting.figures.quality_chart import draw_quality
from topoquant.lib.reporting.figures.quality_figures import quality_figure
from topoquant.lib.reporting.figures.regime_chart import draw_regimes, regime_figure
from topoquant.lib.reporting.figures.search_figure import search_figure
from topoquant.lib.reporting.figures.timeline import Span, draw_timeline, split_spans
from topoquant.lib.reporting.figures.topology_figures import betti_map_figure, window_figure
from topoquant.lib.reporting.figures.training_figures import history_figure
from topoquant.lib.reporting.figures.walk_figure import walk_figure
from topoquant.lib.reporting.figures.weight_figures import (
    attention_figure,
    importance_figure,
    weights_figure,
)

__all__ = [
    "Band",
    "Dot",
    "Line",
    "LineChart",
    "Mark",
    "Size",
    "Span",
    "ablation_figure",
    "attention_figure",
    "betti_map_figure",
    "calibration_figure",
    "comparison_figure",
    "confusion_figure",
    "draw_bars",
    "draw_intervals",
    "draw_lines",
    "draw_png",
    "draw_quality",
    "draw_regimes",
    "draw_sheet",
    "draw_timeline",
    "equity_figure",
    "figure",
    "history_figure",
    "importance_figure",
    "label_figure",
    "loss_figure",
    "metrics_figure",
    "model_figure",
    "precision_recall_figure",
    "predictions_figure",
    "quality_figure",
    "rates_figure",
    "regime_figure",
    "residuals_figure",
    "responsive",
    "search_figure",
    "sheet_figure",
    "split_spans",
    "summary_figure",
    "walk_figure",
    "weights_figure",
    "window_figure",
]
