"""Wiring of the report."""

from collections.abc import Iterable

from kedro.pipeline import Pipeline, node

from topoquant.pipelines.report.nodes import (
    compare_calibration,
    compose_node,
    draw_figures,
    score_node,
    verdict_node,
)

FINDINGS = tuple(f"findings_{topic}" for topic in ("rows", "tabular", "tda", "flat", "data", "permuted"))
FIGURES = ("models", "calibration", "equity", "loss")


def create_pipeline(
    *, recipe: str, members: tuple[str, ...], baselines: tuple[str, ...], **_: object
) -> Pipeline:
    """Everything in; scores, verdict, figures, page and last lines out."""
    every = (*members, *baselines)
    tables = _same(f"predictions_{name}" for name in (*every, "ensemble"))
    training = _same(f"training_{name}" for name in every)
    findings = _same(FINDINGS)
    asked = {
        "market": "params:market",
        "label": "params:label",
        "costs": "params:backtest",
        "seed": "params:seed",
    }
    judged = {
        "bars": "bars",
        "development_targets": "development_targets",
        "choices": "choices",
        **asked,
        **tables,
    }
    return Pipeline(
        [
            node(
                score_node(members, baselines),
                {**judged, **training, "test_targets": "test_targets", "permuted": "findings_permuted"},
                "model_scores",
                name="score_test_rows",
            ),
            node(
                verdict_node(members, baselines),
                {**judged, **findings, "scores": "model_scores"},
                ["verdict", "sharpe"],
                name="reach_verdict",
            ),
            node(
                compare_calibration,
                ["predictions_ensemble", "operating_point", "test_targets"],
                ["reliability", "operating_point_test"],
                name="compare_calibration",
            ),
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
                    "market": "params:market",
                    "label": "params:label",
                    "symbol": "params:symbol",
                    "source": "params:source",
                    "seed": "params:seed",
                    "truth": "market_truth",
                    "scores": "model_scores",
                    **_same(
                        (
                            "quality",
                            "splits",
                            "label_threshold",
                            "label_summary",
                            "choices",
                            "operating_point",
                            "operating_point_test",
                            "test_targets",
                            "reliability",
                            "equity",
                            "backtest_metrics",
                            "verdict",
                            "sharpe",
                            "power",
                        )
                    ),
                    **training,
                    **findings,
                },
                ["report", "summary"],
                name="compose_report",
            ),
        ],
        tags="report",
    )


def _same(names: Iterable[str]) -> dict[str, str]:
    """Give arguments the names of their datasets."""
    return {name: name for name in names}
