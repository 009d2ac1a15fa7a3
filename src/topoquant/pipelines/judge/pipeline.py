"""Wiring of the judge: its tables are named when it runs, so all of them travel in one dataset."""

from collections.abc import Iterable

from kedro.pipeline import Node, Pipeline, node

from topoquant.pipelines.judge.nodes import (
    bring_judged,
    check_judged,
    choose_judged,
    compare_judged,
    compose_judgement_node,
    judge_node,
    match_judged,
    measure_judged,
    score_judged_node,
    split_judged,
)
from topoquant.typed_nodes import typed

FINDINGS = ("findings_target", "findings_tables", "findings_lineage", "findings_trades")
STUDY = {"market": "params:market", "label": "params:label"}
QUESTION = {**STUDY, "costs": "params:backtest", "seed": "params:seed"}
SHOWN = (
    *("bars", "quality", "splits", "target", "label_summary", "choices", "test_targets", "equity"),
    *("operating_point", "operating_point_test", "reliability", "backtest_metrics"),
    *("verdict", "sharpe", "trials", "power", "matched", "paired"),
    *("strategies", "strategy_equity"),
)


def create_pipeline(
    *, recipe: str, baselines: tuple[str, ...], blind: tuple[str, ...], target_options: type, **_: object
) -> Pipeline:
    """Tables and bars in; the prediction that is judged, findings, scores, verdict and page out."""
    nodes = [
        *_matching(blind, target_options),
        *_judging(baselines, target_options),
        _showing(recipe, baselines),
    ]
    return Pipeline(nodes, tags="judge")


def _matching(blind: tuple[str, ...], target_options: type) -> list[Node]:
    """Make one prediction by the contract out of the tables."""
    return [
        node(
            bring_judged,
            ["params:path", "bars", "params:market", "params:table"],
            ["tables", "tables_read"],
            name="bring_judged",
        ),
        node(
            typed(split_judged, label=target_options),
            {
                "bars": "bars",
                "tables": "tables",
                "split": "params:split",
                "table": "params:table",
                "n_rows": "params:n_rows",
                **STUDY,
            },
            "splits",
            name="split_judged",
        ),
        node(
            match_judged,
            ["tables", "tables_read", "splits", "development_targets", "params:table"],
            ["judged", "matched"],
            name="match_judged",
            tags="ensemble",
        ),
        node(
            typed(choose_judged, label=target_options),
            {
                "judged": "judged",
                "development_targets": "development_targets",
                "split": "params:split",
                **STUDY,
                **{name: f"predictions_{name}" for name in blind},
            },
            ["predictions_ensemble", "choices"],
            name="choose_judged",
            tags="ensemble",
        ),
    ]


def _judging(baselines: tuple[str, ...], target_options: type) -> list[Node]:
    """Check, score test rows once and decide."""
    scored = {
        **_same(("judged", "bars", "development_targets", "choices")),
        **_same(f"predictions_{name}" for name in baselines),
        **QUESTION,
    }
    checked = _same(("tables", "judged", "matched", "bars", "splits", "development_targets", "label_summary"))
    training = _same(f"training_{name}" for name in baselines)
    return [
        node(
            typed(check_judged, label=target_options),
            {**checked, **QUESTION, "split": "params:split", "audit": "params:audit"},
            "findings_tables",
            name="check_judged",
        ),
        node(
            typed(score_judged_node(baselines), label=target_options),
            {**scored, **training, "test_targets": "test_targets"},
            "model_scores",
            name="score_judged",
        ),
        node(
            typed(compare_judged, label=target_options),
            {**_same(("judged", "bars", "test_targets")), **QUESTION},
            "paired",
            name="compare_judged",
        ),
        node(
            typed(judge_node(baselines), label=target_options),
            {**scored, **_same(FINDINGS), "scores": "model_scores", "trials": "trials"},
            ["verdict", "sharpe"],
            name="reach_judgement",
        ),
        node(
            measure_judged,
            ["predictions_ensemble", "operating_point", "test_targets", "choices"],
            ["reliability", "operating_point_test"],
            name="measure_judged",
        ),
    ]


def _showing(recipe: str, baselines: tuple[str, ...]) -> Node:
    """Write the page and the last lines."""
    asked = {name: f"params:{name}" for name in ("market", "symbol", "source", "seed")}
    training = _same(f"training_{name}" for name in baselines)
    return node(
        compose_judgement_node(recipe),
        {
            "provenance": "provenance",
            "truth": "market_truth",
            "scores": "model_scores",
            **asked,
            **_same((*SHOWN, *FINDINGS)),
            **training,
        },
        ["report", "summary", "training_report"],
        name="compose_judgement",
    )


def _same(names: Iterable[str]) -> dict[str, str]:
    """Give arguments the names of their datasets."""
    return {name: name for name in names}
