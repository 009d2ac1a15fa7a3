"""Topological features of the rows that are used."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from topoquant.lib.bars import MarketOptions
from topoquant.lib.sampling import used_rows
from topoquant.lib.topology import TdaOptions, tda_features_of_rows
from topoquant.progress import show


def make_tda_features(
    bars: pd.DataFrame, splits: pd.DataFrame, market: MarketOptions, options: TdaOptions
) -> tuple[NDArray[np.float32], pd.DataFrame, list[str]]:
    """Compute them, in the order of the key index that is returned beside them."""
    made = tda_features_of_rows(
        bars, used_rows(splits), options, interval=market.interval, progress=show("features_tda")
    )
    return made.values, made.index, made.columns
