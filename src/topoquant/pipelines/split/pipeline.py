"""Wiring of the split stage."""

from kedro.pipeline import Pipeline, node

from topoquant.pipelines.split.nodes import split_rows
from topoquant.typed_nodes import typed


def create_pipeline(*, target_options: type, **_: object) -> Pipeline:
    """Take times in, give sets and folds out."""
    return Pipeline(
        [
            node(
                typed(split_rows, label=target_options),
                ["bars", "params:market", "params:label", "params:split", "params:n_rows"],
                "splits",
                name="split_rows",
                tags="split",
            )
        ]
    )
