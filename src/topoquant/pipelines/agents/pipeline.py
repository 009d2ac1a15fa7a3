"""Wiring of the agents."""

from kedro.pipeline import Pipeline, node

from topoquant.pipelines.agents.nodes import agents_node, measure_moves, take_residuals
from topoquant.typed_nodes import typed


def create_pipeline(*, agents: tuple[str, ...], target_options: type, **_: object) -> Pipeline:
    """Take indicators, targets and the agents' tables; make their inputs and one prediction table."""
    study = {"market": "params:market", "label": "params:label"}
    tables = {name: f"predictions_{name}" for name in agents}
    return Pipeline(
        [
            node(
                take_residuals,
                ["features_tabular", "params:features_residual"],
                "features_residual",
                name="take_residuals",
            ),
            node(
                typed(measure_moves, label=target_options),
                {"development_targets": "development_targets", "bars": "bars", **study},
                "move_targets",
                name="measure_moves",
            ),
            # Its scales are fitted, on train rows: the check of ancestors has to see it.
            node(
                typed(agents_node(agents), label=target_options),
                {
                    "regimes": "regimes",
                    "split": "params:split",
                    "options": "params:agents",
                    **study,
                    **tables,
                },
                ["predictions_agents", "training_agents"],
                name="let_agents_speak",
                tags="ensemble",
            ),
        ],
        tags="agents",
    )
