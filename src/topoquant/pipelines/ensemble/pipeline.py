"""Wiring of the ensemble; its inputs are known when the registry is built."""

from kedro.pipeline import Pipeline, node

from topoquant.pipelines.ensemble.nodes import choose_signal, combine_node
from topoquant.typed_nodes import typed


def create_pipeline(
    *, members: tuple[str, ...], blind: tuple[str, ...], target_options: type, **_: object
) -> Pipeline:
    """Prediction tables and development targets in; the one prediction and its operating point out."""
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
                ["predictions_ensemble", "choices"],
                name="combine_members",
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
