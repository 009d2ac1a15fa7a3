"""Topological features of the rows that are used."""

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from topoquant.lib.bars import MarketOptions
from topoquant.lib.executors import choose_map
from topoquant.lib.reporting.figures import betti_map_figure, window_figure
from topoquant.lib.sampling import used_rows
from topoquant.lib.topology import (
    BlockStore,
    TdaFeatures,
    TdaOptions,
    choose_times,
    describe_windows,
    tda_features_of_rows,
)
from topoquant.progress import show

if TYPE_CHECKING:
    from plotly.graph_objects import Figure


def make_tda_features(
    bars: pd.DataFrame,
    splits: pd.DataFrame,
    store: BlockStore,
    market: MarketOptions,
    options: TdaOptions,
    dask_address: str | None,
) -> tuple[NDArray[np.float32], pd.DataFrame, list[str]]:
    """Compute them, in the order of the key index that is returned beside them."""
    made = tda_features_of_rows(
        bars,
        used_rows(splits),
        options,
        interval=market.interval,
        store=store,
        map=choose_map(options.n_jobs, dask_address),
        progress=show("features_tda"),
    )
    return made.values, made.index, made.columns


def draw_topology(
    bars: pd.DataFrame,
    values: NDArray[np.float32],
    index: pd.DataFrame,
    columns: list[str],
    market: MarketOptions,
    options: TdaOptions,
) -> tuple["Figure", "Figure"]:
    """Draw the first symbol's Betti curves over time, and three of its windows."""
    symbol = index["symbol"].iloc[0]
    own = bars.loc[bars["symbol"] == symbol].reset_index(drop=True)
    is_own = (index["symbol"] == symbol).to_numpy()
    made = TdaFeatures(values[is_own], index.loc[is_own].reset_index(drop=True), columns)
    times, n_bins = made.index["time"], options.n_bins
    betti = [
        ("components (H0)", made.values[:, :n_bins]),
        ("loops (H1)", made.values[:, n_bins : 2 * n_bins]),
    ]
    windows = describe_windows(own, choose_times(made, options), options, interval=market.interval)
    return betti_map_figure(own, betti, times, options.grid_max), window_figure(windows)
