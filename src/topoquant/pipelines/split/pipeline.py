"""Wiring of the split stage."""

from kedro.pipeline import Pipeline, node

from topoquant.pipelines.split.nodes import split_rows


def create_pipeline(**_: object) -> Pipeline:
    """Take times in, give sets and folds out."""
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
