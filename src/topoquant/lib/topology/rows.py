"""Topological features of chosen rows of one or several symbols."""

import pandas as pd

from topoquant.lib.errors import bad_input
from topoquant.lib.executors import Executor
from topoquant.lib.progress import Progress, silent
from topoquant.lib.topology.features import TdaFeatures, compute_blocks, feature_names, plan_blocks
from topoquant.lib.topology.options import TdaOptions
from topoquant.lib.topology.store import BlockStore


def tda_features_of_rows(
    bars: pd.DataFrame,
    rows: pd.DataFrame,
    options: TdaOptions,
    *,
    interval: str,
    store: BlockStore | None = None,
    map: Executor | None = None,  # noqa: A002  (it is one)
    progress: Progress = silent,
) -> TdaFeatures:
    """Compute the features of the rows a study uses, symbol by symbol.

    Parameters
    ----------
    bars : DataFrame
        Of one or several symbols, sorted by (symbol, open_time).
    rows : DataFrame
        `symbol`, `time`; rows without a whole window before them give none.
    options : TdaOptions
        Window, embedding and vectorisation.
    interval : str
        Length of a bar.
    store : BlockStore, optional
        Has what an earlier call computed, and is given the rest block by block; at the end it holds
        the blocks of this call alone. Nothing is kept when absent.
    map : callable, optional
        As the built-in `map`; up to `options.n_jobs` processes of this machine when absent.
    progress : Progress
        Told about the windows of all symbols together.

    Returns
    -------
    TdaFeatures
        Ordered by (symbol, time).

    Raises
    ------
    InputError
        If no row has a whole window, and as `tda_features`.

    Examples
    --------
    >>> time = pd.date_range("2024-01-01", periods=6, freq="h", tz="UTC")
    >>> bars = pd.DataFrame({"symbol": "SYN", "open_time": time, "close": [1.0, 2.0, 1.0, 2.0, 3.0, 1.0]})
    >>> options = TdaOptions(windows=[4], dimension=2, delay=1, series=["log_price"], n_bins=10, n_layers=1,
    ...                      grid_max=3.0, sublevel=False, sublevel_max=4.0, backend="sliding", n_jobs=1)
    >>> rows = pd.DataFrame({"symbol": "SYN", "time": time[[2, 5]]})
    >>> tda_features_of_rows(bars, rows, options, interval="1h").index["time"].dt.hour.tolist()
    [5]
    """
    plans = [
        plan_blocks(own, options, interval=interval, times=rows.loc[rows["symbol"] == symbol, "time"])
        for symbol, own in bars.groupby("symbol", sort=True)
        if (rows["symbol"] == symbol).any()
    ]
    if not any(blocks for _, blocks in plans):
        raise bad_input(
            "features_tda.windows", f"short enough for one of {len(rows)} rows", max(options.windows),
            "shorten it or load more bars",
        )  # fmt: skip
    every = [block for _, blocks in plans for block in blocks]
    return TdaFeatures(
        values=compute_blocks(every, options, store=store, map=map, progress=progress),
        index=pd.concat([index for index, _ in plans], ignore_index=True),
        columns=feature_names(options),
    )
