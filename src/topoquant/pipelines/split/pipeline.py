"""Wiring of the split stage."""

from typing import Any

from kedro.pipeline import Pipeline, node

from topoquant.pipelines.split.nodes import split_rows


def create_pipeline(**_: Any) -> Pipeline:  # noqa: ANN401
    """Times in, sets and folds out."""
    return Pipeline(
        [
            node(
                split_rows,
                ["bars", "params:market", "params:label", "params:split", "params:n_rows"],
                "splits",
                name="split_rows",
                tags="split",
            )
        ]
    )
