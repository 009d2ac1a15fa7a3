"""Wiring of the ingest stage."""

from kedro.pipeline import Pipeline, node

from topoquant.pipelines.ingest.nodes import ingest_bars


def create_pipeline(**_: object) -> Pipeline:
    """Switches and market options in; bars, their quality and, for known markets, the truth out."""
    switches = {
        name: f"params:{name}" for name in ("source", "path", "symbol", "kind", "seed", "start", "end")
    }
    return Pipeline(
        [
            node(
                ingest_bars,
                {
                    "market": "params:market",
                    "binance": "params:binance",
                    "data_root": "params:data_root",
                    **switches,
                },
                ["bars", "quality", "market_truth"],
                name="ingest_bars",
                tags="ingest",
            )
        ]
    )
