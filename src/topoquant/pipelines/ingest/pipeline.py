"""Wiring of the ingest stage."""

from kedro.pipeline import Pipeline, node

from topoquant.pipelines.ingest.nodes import draw_quality, ingest_bars


def create_pipeline(**_: object) -> Pipeline:
    """Switches and market options in; bars, their quality, and what is known beside them out."""
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
                ["bars", "quality", "market_truth", "references", "fine_bars", "macro"],
                name="ingest_bars",
            ),
            node(draw_quality, ["bars", "quality"], "figure_quality", name="draw_quality"),
        ],
        tags="ingest",
    )
