"""Wiring of the ensemble; its inputs are known when the registry is built."""

from kedro.pipeline import Pipeline, node

from topoquant.pipelines.ensemble.nodes import calibrate_ensemble, choose_signal, combine_node
from topoquant.typed_nodes import typed


def create_pipeline(
    *, members: tuple[str, ...], blind: tuple[str, ...], target_options: type, **_: object
) -> Pipeline:
    """Prediction tables and targets in; the one prediction, its calibrator and operating point out."""
    tables = {name: f"predictions_{name}" for name in (*members, *blind)}
    return Pipeline(
        [
            node(
                typed(combine_node(members, blind), label=target_options),
                {
                    "development_targets": "development_targets",
                    "market": "params:market",
                    "label": "params:label",
                    "split": "params:split",
                    "options": "params:ensemble",
                    **tables,
                },
                ["predictions_uncalibrated", "choices"],
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
        ],
        tags="ensemble",
    )
