"""Give every row a set and a fold."""

import pandas as pd

from topoquant.lib.bars import MarketOptions
from topoquant.lib.labeling import TargetOptions, split_bars
from topoquant.lib.sampling import SplitOptions


def split_rows(
    bars: pd.DataFrame, market: MarketOptions, label: TargetOptions, split: SplitOptions, n_rows: int | None
) -> pd.DataFrame:
    """Cut time into train, val and test, purged by the horizon; before labels exist, unless asked by rate."""
    return split_bars(bars, market.interval, label=label, split=split, n_rows=n_rows)
