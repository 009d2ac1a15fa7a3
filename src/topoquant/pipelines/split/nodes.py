"""Give every row a set and a fold."""

import pandas as pd

from topoquant.lib.bars import MarketOptions
from topoquant.lib.labeling import TargetOptions
from topoquant.lib.sampling import SplitOptions, assign_rows


def split_rows(
    bars: pd.DataFrame, market: MarketOptions, label: TargetOptions, split: SplitOptions, n_rows: int | None
) -> pd.DataFrame:
    """Cut time into train, val and test, purged by the horizon, before labels exist."""
    return assign_rows(bars, market.interval, horizon=label.horizon, options=split, n_rows=n_rows)
