"""Wiring of the tabular features."""

from kedro.pipeline import Pipeline, node

from topoquant.pipelines.features_tabular.nodes import make_blind_features, make_tabular_features


def create_pipeline(**_: object) -> Pipeline:
    """Bars and what stands beside them in; indicators and sign-blind features out, one row per bar."""
    return Pipeline(
        [
            node(
                make_tabular_features,
                ["bars", "references", "macro", "params:market", "params:features_tabular"],
                "features_tabular",
                name="make_tabular_features",
            ),
            node(
                make_blind_features,
                ["bars", "params:market", "params:features_blind"],
                "features_blind",
                name="make_blind_features",
            ),
        ],
        tags="features_tabular",
    )
