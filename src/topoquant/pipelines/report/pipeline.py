"""Wiring of the report."""

from collections.abc import Iterable

from kedro.pipeline import Node, Pipeline, node

from topoquant.pipelines.report.nodes import (
    compare_calibration,
    compose_node,
    count_tried,
    draw_figures,
    score_node,
    stop_on_leak,
    verdict_node,
)
from topoquant.typed_nodes import typed

TOPICS = (
    *("rows", "target", "tabular", "tda", "flat", "data", "permuted"),
    *("adversarial", "alignment", "blindness", "lineage", "overfitting"),
)
FINDINGS = tuple(f"findings_{topic}" for topic in TOPICS)
FIGURES = ("models", "calibration", "equity", "loss")
# What the page shows as it is stored.
SHOWN = (
    *("quality", "splits", "target", "label_summary", "choices"),
    *("operating_point", "operating_point_test", "test_targets", "reliability"),
    *("calibrator", "calibration_test"),
    *("equity", "backtest_metrics", "verdict", "sharpe", "trials", "power"),
)
# And of a recipe with images.
IMAGES = ("image_ranges", "image_sheet")
IMAGE_FINDINGS = ("findings_gaf",)
# Of a recipe with complexity.
COMPLEXITY_FINDINGS = ("findings_complexity",)


def create_pipeline(
    *,
    recipe: str,
    members: tuple[str, ...],
    baselines: tuple[str, ...],
    target_options: type,
    stages: tuple[str, ...] = (),
    **_: object,
) -> Pipeline:
    """Everything in; scores, verdict, figures, page and last lines out."""
    training = _same(f"training_{name}" for name in (*members, *baselines))
    has_images = "features_gaf" in stages
    findings = (
        *FINDINGS,
        *(COMPLEXITY_FINDINGS if "features_complexity" in stages else ()),
        *(IMAGE_FINDINGS if has_images else ()),
    )
    shown = (*SHOWN, *(IMAGES if has_images else ()))
    nodes = [
        *_judging(members, baselines, training, target_options, findings),
        *_showing(recipe, training, (*shown, *findings)),
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


def _showing(recipe: str, training: dict[str, str], shown: tuple[str, ...]) -> list[Node]:
    """Draw, and write the page and the last lines."""
    asked = {name: f"params:{name}" for name in ("market", "symbol", "source", "seed")}
    return [
        node(
            draw_figures,
            {"scores": "model_scores", "reliability": "reliability", "equity": "equity", **training},
            [f"figure_{name}" for name in FIGURES],
            name="draw_figures",
        ),
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
            ["report", "summary"],
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
