"""Wiring of what a recipe of several horizons adds to the stages."""

from collections.abc import Iterable

from kedro.pipeline import Pipeline, node

from topoquant.pipelines.values.nodes import (
    bound_node,
    compose_node,
    gather_values,
    intervals_node,
    regression_node,
    verdict_node,
    view_node,
)
from topoquant.typed_nodes import typed

STUDY = {"market": "params:market", "label": "params:label"}
# What each view hands over, as <name>_<view>.
OF_A_VIEW = ("regression", "verdict", "bound", "scales", "conformal")
# Checks of what all horizons share.
FINDINGS = ("findings_tabular", "findings_target", "findings_rows", "findings_lineage")


def create_view(
    *,
    target_options: type,
    members: tuple[str, ...],
    value_baselines: tuple[str, ...],
    viewed: tuple[str, ...],
    compared: tuple[str, ...],
    n_horizons: int,
) -> Pipeline:
    """Forecasts of values in; forecasts of direction over one horizon, scores and a bound out."""
    values = {f"values_{name}": f"values_{name}" for name in (*members, *value_baselines)}
    shown = {name: values[name] for name in (f"values_{one}" for one in viewed)}
    predictions = [f"predictions_{name}" for name in viewed]
    judged = {name: name for name in (f"predictions_{one}" for one in (*compared, "ensemble"))}
    targets = {"development_targets": "development_targets"}
    return Pipeline(
        [
            node(
                typed(view_node(viewed), label=target_options),
                {**targets, **STUDY, "split": "params:split", **shown},
                [*predictions, "scales"],
                name="view_members",
                # What it measures on train rows is fitted, as the ensemble is.
                tags=("values", "ensemble"),
            ),
            node(
                typed(regression_node(members, value_baselines), label=target_options),
                {**targets, "test_targets": "test_targets", "label": "params:label", **values},
                "regression",
                name="score_values",
                tags="values",
            ),
            node(
                typed(intervals_node(members), label=target_options),
                {
                    **targets,
                    "test_targets": "test_targets",
                    "blind": "features_blind",
                    "label": "params:label",
                    "options": "params:conformal",
                    **{f"values_{name}": f"values_{name}" for name in members},
                },
                "conformal",
                name="measure_value_intervals",
                tags="values",
            ),
            node(
                typed(bound_node((*compared, "ensemble"), n_horizons), label=target_options),
                {"bars": "bars", **STUDY, "costs": "params:backtest", "seed": "params:seed", **judged},
                "bound",
                name="bound_horizon",
                tags="values",
            ),
        ]
    )


def create_pipeline(*, recipe: str, views: tuple[str, ...], trained: tuple[str, ...]) -> Pipeline:
    """Verdicts and scores of every horizon in; one verdict, one page and the last lines out."""
    asked = {name: f"params:{name}" for name in ("market", "symbol", "source", "seed")}
    of_members = [f"training_{name}" for name in trained]
    shown = _same(["provenance", "quality", "splits", "regression", "verdict", *FINDINGS, *of_members])
    return Pipeline(
        [
            node(gather_values, _of(views, "regression"), "regression", name="gather_values"),
            node(
                verdict_node(views),
                {**_of(views, "verdict"), **_of(views, "bound"), **_same(FINDINGS)},
                "verdict",
                name="judge_run",
            ),
            node(
                compose_node(recipe, views),
                {**shown, **asked, **_of(views, "scales"), **_of(views, "conformal")},
                ["report", "summary"],
                name="compose_horizons",
            ),
        ],
        tags="values",
    )


def _of(views: tuple[str, ...], name: str) -> dict[str, str]:
    """Name a dataset of every view."""
    return _same(f"{name}_{view}" for view in views)


def _same(names: Iterable[str]) -> dict[str, str]:
    """Give arguments the names of their datasets."""
    return {name: name for name in names}
