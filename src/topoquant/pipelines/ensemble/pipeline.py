"""Wiring of the ensemble; its inputs are known when the registry is built."""

from kedro.pipeline import Node, Pipeline, node

from topoquant.lib.labeling import LogReturnOptions
from topoquant.pipelines.ensemble.auditor_nodes import audit_predictions
from topoquant.pipelines.ensemble.nodes import (
    calibrate_ensemble,
    choose_signal,
    combine_node,
    resolve_outcomes,
)
from topoquant.typed_nodes import taking, typed


def create_pipeline(
    *,
    members: tuple[str, ...],
    blind: tuple[str, ...],
    target_options: type,
    stages: tuple[str, ...] = (),
    auditor: bool = False,
    **_: object,
) -> Pipeline:
    """Prediction tables and targets in; the one prediction, its calibrator and operating point out."""
    tables = {name: f"predictions_{name}" for name in (*members, *blind)}
    # Values have no log-loss to adapt by.
    beside = (["outcomes"] if target_options is not LogReturnOptions else []) + (
        ["regimes"] if "regimes" in stages else []
    )
    resolving = node(
        typed(resolve_outcomes, label=target_options),
        ["bars", "splits", "target", "params:market", "params:label"],
        "outcomes",
        name="resolve_outcomes",
    )
    return Pipeline(
        [
            *([resolving] if "outcomes" in beside else []),
            node(
                typed(combine_node(members, blind), label=target_options),
                {
                    "development_targets": "development_targets",
                    "market": "params:market",
                    "label": "params:label",
                    "split": "params:split",
                    "options": "params:ensemble",
                    **tables,
                    **dict(zip(beside, beside, strict=True)),
                },
                ["predictions_uncalibrated", "choices", "stacks"],
                name="combine_members",
            ),
            node(
                calibrate_ensemble,
                ["predictions_uncalibrated", "development_targets", "params:calibration"],
                ["predictions_ensemble", "calibrator"],
                name="calibrate_ensemble",
            ),
            node(
                choose_signal,
                ["predictions_ensemble", "development_targets", "params:operating_point"],
                "operating_point",
                name="choose_signal",
            ),
            *([_auditing(target_options, stages)] if auditor else []),
        ],
        tags="ensemble",
    )


def _auditing(target_options: type, stages: tuple[str, ...]) -> Node:
    """Audit the signals of the one prediction."""
    inputs = {
        "predictions": "predictions_ensemble",
        "development_targets": "development_targets",
        "features": "features_tabular",
        **{name: f"params:{name}" for name in ("market", "label", "split")},
        "options": "params:auditor",
        "seed": "params:seed",
        **({"regimes": "regimes"} if "regimes" in stages else {}),
    }
    return node(
        taking(typed(audit_predictions, label=target_options), inputs),
        inputs,
        ["predictions_auditor", "auditor", "model_auditor"],
        name="audit_predictions",
    )
