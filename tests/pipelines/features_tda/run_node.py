"""The node in a process of its own, with blocks so small that it can be stopped between any two.

Called as `python run_node.py folder`: reads `bars.parquet` and `splits.parquet` there and writes beside
them what the catalog would hold.
"""

import sys
from pathlib import Path

import pandas as pd

from topoquant.datasets.chunks import ChunkDataset
from topoquant.datasets.npy import NpyDataset
from topoquant.lib.bars import MarketOptions
from topoquant.lib.topology import TdaOptions, features
from topoquant.pipelines.features_tda.nodes import make_tda_features

MARKET = MarketOptions(
    interval="15m", n_bars=1000, correlation=0.0, source_interval=None, format=None, time_zone=None,
    drop_last=True, max_move=None, references={}, macro={},
)  # fmt: skip
OPTIONS = TdaOptions(
    windows=(200,), dimension=3, delay=1, series=("log_price", "returns"), n_bins=20, n_layers=2,
    grid_max=1.0, sublevel=True, sublevel_max=4.0, backend="sliding", n_jobs=1,
)  # fmt: skip
BLOCK_SIZE = 16


def main(folder: Path) -> None:
    """Run it as Kedro would."""
    features.BLOCK_SIZE = BLOCK_SIZE
    store = ChunkDataset(filepath=str(folder / "blocks")).load()
    bars, splits = (pd.read_parquet(folder / f"{name}.parquet") for name in ("bars", "splits"))
    values, index, _ = make_tda_features(bars, splits, store, MARKET, OPTIONS, None)
    NpyDataset(filepath=str(folder / "values.npy")).save(values)
    index.to_parquet(folder / "index.parquet")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
