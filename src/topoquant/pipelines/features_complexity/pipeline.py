"""Wiring of complexity."""

from kedro.pipeline import Pipeline, node

from topoquant.pipelines.features_complexity.nodes import make_complexity_features


def create_pipeline(**_: object) -> Pipeline:
    """Bars and the finer ones they were made of in; six measures out, one row per bar."""
    return Pipeline(
        [
            node(
                make_complexity_features,
                ["bars", "fine_bars", "params:market", "params:features_complexity"],
                "features_complexity",
                name="make_complexity_features",
            )
        ],
        tags="features_complexity",
    )
