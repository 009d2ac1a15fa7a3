"""Wiring of the report."""

from collections.abc import Iterable

from kedro.pipeline import Node, Pipeline, node

from topoquant.pipelines.report.auditor_nodes import count_audited, measure_intervals
from topoquant.pipelines.report.figure_nodes import (
    draw_figures,
    draw_learning,
    draw_outcomes,
    join_final,
    weights_node,
)
from topoquant.pipelines.report.nodes import (
    compare_calibration,
    compose_node,
    count_tried,
    score_node,
    stop_on_leak,
    symbol_node,
    verdict_node,
)
from topoquant.typed_nodes import typed

TOPICS = (
    *("rows", "target", "tabular", "tda", "flat", "data", "permuted"),
    *("adversarial", "alignment", "adaptation", "blindness", "lineage", "overfitting", "trades"),
)
FINDINGS = tuple(f"findings_{topic}" for topic in TOPICS)
FIGURES = ("models", "calibration", "equity", "loss")
LEARNING = ("metrics", "rates", "comparison", "summary", "attention")
OUTCOMES = ("predictions", "residuals", "precision_recall", "confusion")
WEIGHTS = ("importance", "weights")
# Of a recipe with topological features alone.
TDA_FINDINGS = "findings_tda"
# What the page shows as it is stored.
SHOWN = (
    *("bars", "quality", "splits", "target", "label_summary", "choices"),
    *("operating_point", "operating_point_test", "test_targets", "reliability"),
    *("calibrator", "calibration_test"),
    *("equity", "backtest_metrics", "verdict", "sharpe", "trials", "power", "symbol_scores"),
    *("strategies", "strategy_equity"),
)
# And of a recipe with images.
IMAGES = ("image_ranges", "image_sheet")
IMAGE_FINDINGS = ("findings_gaf",)
# Of a recipe with an auditor.
AUDITED = ("auditor", "auditor_test", "conformal")
# Of one whose members forecast values.
VALUES = ("regression",)
# Of a recipe with complexity.
COMPLEXITY_FINDINGS = ("findings_complexity",)
# Of a recipe with regimes.
REGIMES, REGIME_FINDINGS = ("regime_summary",), ("findings_regimes",)


def create_pipeline(
    *,
    recipe: str,
    members: tuple[str, ...],
    baselines: tuple[str, ...],
    target_options: type,
    stages: tuple[str, ...] = (),
    agents: tuple[str, ...] = (),
    auditor: bool = False,
    drawn: tuple[str, ...] = (),
    **_: object,
) -> Pipeline:
    """Everything in; scores, verdict, figures, page and last lines out."""
    training = _same(f"training_{name}" for name in (*members, *baselines))
    has_images = "features_gaf" in stages
    findings = (
        *(name for name in FINDINGS if name != TDA_FINDINGS or "features_tda" in stages),
        *(COMPLEXITY_FINDINGS if "features_complexity" in stages else ()),
        *(IMAGE_FINDINGS if has_images else ()),
        *(REGIME_FINDINGS if "regimes" in stages else ()),
    )
    shown = (
        *SHOWN,
        *(IMAGES if has_images else ()),
        *(REGIMES if "regimes" in stages else ()),
        *(VALUES if "values" in stages else ()),
    )
    # What agents say together is a member without a model of its own.
    fitted = tuple(name for name in members if not agents or name != "agents")
    nodes = [
        *_judging(members, baselines, training, target_options, findings),
        *_drawing(fitted, baselines, training),
        *(_auditing(target_options, drawn) if auditor else ()),
        *_showing(recipe, training, (*shown, *(AUDITED if auditor else ()), *findings)),
    ]
    return Pipeline(nodes, tags="report")


def _judging(
    members: tuple[str, ...],
    baselines: tuple[str, ...],
    training: dict[str, str],
    target_options: type,
    findings: tuple[str, ...],
) -> list[Node]:
    """Score test rows once and decide."""
    judged = {
        **_same(("bars", "development_targets", "choices")),
        **_same(f"predictions_{name}" for name in (*members, *baselines, "ensemble")),
        "market": "params:market",
        "label": "params:label",
        "costs": "params:backtest",
        "seed": "params:seed",
    }
    return [
        node(
            typed(score_node(members, baselines), label=target_options),
            {**judged, **training, "test_targets": "test_targets", "permuted": "findings_permuted"},
            "model_scores",
            name="score_test_rows",
        ),
        node(
            typed(symbol_node(members, baselines), label=target_options),
            {**judged, "test_targets": "test_targets"},
            "symbol_scores",
            name="score_symbol_rows",
        ),
        node(count_tried, ["bars", "splits", "model_scores", "tried"], "trials", name="count_tried"),
        node(
            typed(verdict_node(members, baselines), label=target_options),
            {**judged, **_same(findings), "scores": "model_scores", "trials": "trials"},
            ["verdict", "sharpe"],
            name="reach_verdict",
        ),
        node(
            compare_calibration,
            [
                "predictions_ensemble",
                "predictions_uncalibrated",
                "calibrator",
                "operating_point",
                "test_targets",
            ],
            ["reliability", "operating_point_test", "calibration_test"],
            name="compare_calibration",
        ),
    ]


def _auditing(target_options: type, drawn: tuple[str, ...]) -> list[Node]:
    """Count test signals before and after the auditor, and test rows within their intervals."""
    targets = _same(("development_targets", "test_targets"))
    asked = {"market": "params:market", "label": "params:label", "options": "params:conformal"}
    signals = {"audits": "predictions_auditor", "auditor": "auditor", "label": "params:label"}
    return [
        node(
            typed(count_audited, label=target_options),
            {**signals, "predictions": "predictions_ensemble", "test_targets": "test_targets"},
            "auditor_test",
            name="count_audited",
        ),
        node(
            typed(measure_intervals, label=target_options),
            {
                "predictions": "predictions_ensemble",
                "bars": "bars",
                "blind": "features_blind",
                **targets,
                **asked,
                **_same(f"draws_{name}" for name in drawn),
            },
            "conformal",
            name="measure_intervals",
        ),
    ]


def _drawing(members: tuple[str, ...], baselines: tuple[str, ...], training: dict[str, str]) -> list[Node]:
    """Draw what kedro-viz previews and MLflow keeps."""
    models = _same(f"model_{name}" for name in (*members, *baselines))
    return [
        node(
            draw_figures,
            {"scores": "model_scores", "reliability": "reliability", "equity": "equity", **training},
            _figures(FIGURES),
            name="draw_figures",
        ),
        node(join_final, ["predictions_ensemble", "test_targets"], "final_rows", name="join_final"),
        node(draw_learning, training, _figures(LEARNING), name="draw_learning"),
        node(draw_outcomes, ["final_rows", "operating_point_test"], _figures(OUTCOMES), name="draw_outcomes"),
        node(
            weights_node(members, baselines),
            {"choices": "choices", **models},
            _figures(WEIGHTS),
            name="draw_weights",
        ),
    ]


def _figures(names: Iterable[str]) -> list[str]:
    """Name the datasets of figures."""
    return [f"figure_{name}" for name in names]


def _showing(recipe: str, training: dict[str, str], shown: tuple[str, ...]) -> list[Node]:
    """Write the page, the last lines and what a script reads."""
    asked = {name: f"params:{name}" for name in ("market", "symbol", "source", "seed")}
    return [
        node(
            compose_node(recipe),
            {
                "provenance": "provenance",
                "truth": "market_truth",
                "scores": "model_scores",
                **asked,
                **_same(shown),
                **training,
            },
            ["report", "summary", "training_report"],
            name="compose_report",
        ),
        node(
            stop_on_leak,
            ["verdict", "report", "summary", "params:report.go_on_after_leak"],
            None,
            name="stop_on_leak",
        ),
    ]


def _same(names: Iterable[str]) -> dict[str, str]:
    """Give arguments the names of their datasets."""
    return {name: name for name in names}
