"""Topological features of chosen rows of one or several symbols."""

import numpy as np
import pandas as pd

from topoquant.lib.errors import bad_input
from topoquant.lib.progress import Progress, silent
from topoquant.lib.topology.features import TdaFeatures, tda_features
from topoquant.lib.topology.options import TdaOptions


def tda_features_of_rows(
    bars: pd.DataFrame, rows: pd.DataFrame, options: TdaOptions, *, interval: str, progress: Progress = silent
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
    progress : Progress
        Told about windows, symbol by symbol.

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
    >>> options = TdaOptions(window=4, dimension=2, delay=1, series="log_price", n_bins=10, n_layers=1,
    ...                      grid_max=3.0, backend="sliding", n_jobs=1)
    >>> rows = pd.DataFrame({"symbol": "SYN", "time": time[[2, 5]]})
    >>> tda_features_of_rows(bars, rows, options, interval="1h").index["time"].dt.hour.tolist()
    [5]
    """
    parts = [
        tda_features(
            own,
            options,
            interval=interval,
            times=rows.loc[rows["symbol"] == symbol, "time"],
            progress=progress,
        )
        for symbol, own in bars.groupby("symbol", sort=True)
        if (rows["symbol"] == symbol).any()
    ]
    if not any(len(part.index) for part in parts):
        raise bad_input(
            "features_tda.window", f"short enough for one of {len(rows)} rows", options.window,
            "shorten it or load more bars",
        )  # fmt: skip
    return TdaFeatures(
        values=np.concatenate([part.values for part in parts]),
        index=pd.concat([part.index for part in parts], ignore_index=True),
        columns=parts[0].columns,
    )
