"""Wiring of the topological features."""

from kedro.pipeline import Pipeline, node

from topoquant.pipelines.features_tda.nodes import draw_topology, make_tda_features

MADE = ["features_tda", "features_tda_index", "features_tda_columns"]


def create_pipeline(**_: object) -> Pipeline:
    """Bars and splits in; values, keys and column names out, and figures; finished blocks are kept."""
    return Pipeline(
        [
            node(
                make_tda_features,
                {
                    "bars": "bars",
                    "splits": "splits",
                    "store": "features_tda_blocks",
                    "market": "params:market",
                    "options": "params:features_tda",
                    "dask_address": "params:dask_address",
                },
                MADE,
                name="make_tda_features",
            ),
            node(
                draw_topology,
                ["bars", *MADE, "params:market", "params:features_tda"],
                ["figure_tda", "figure_tda_windows"],
                name="draw_topology",
            ),
        ],
        tags="features_tda",
    )
