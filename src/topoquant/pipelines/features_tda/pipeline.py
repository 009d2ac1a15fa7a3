"""Wiring of the topological features."""

from kedro.pipeline import Pipeline, node

from topoquant.pipelines.features_tda.nodes import make_tda_features


def create_pipeline(**_: object) -> Pipeline:
    """Bars and splits in; values, keys and column names out."""
    return Pipeline(
        [
            node(
                make_tda_features,
                ["bars", "splits", "params:market", "params:features_tda"],
                ["features_tda", "features_tda_index", "features_tda_columns"],
                name="make_tda_features",
                tags="features_tda",
            )
        ]
    )
