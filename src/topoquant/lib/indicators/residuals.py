"""What is left of price beside its moving means: a few columns of the indicators, as a table of their own."""

import pandas as pd

from topoquant.lib.errors import bad_input
from topoquant.lib.indicators.options import ResidualOptions


def moving_mean_residuals(features: pd.DataFrame, options: ResidualOptions) -> pd.DataFrame:
    """Take the columns that measure the distance from a moving mean.

    Parameters
    ----------
    features : DataFrame
        Of `indicators`: `symbol`, `time` and columns.
    options : ResidualOptions
        Which of them.

    Returns
    -------
    DataFrame
        `symbol`, `time` and those columns, in the order of the options; rows as they were. A row depends on
        the bars that its indicators depend on.

    Raises
    ------
    InputError
        For a column that is not there.

    Examples
    --------
    >>> time = pd.date_range("2024-01-01", periods=2, freq="h", tz="UTC")
    >>> table = pd.DataFrame({"symbol": "SYN", "time": time, "rsi_14": 50.0, "close_zscore_30": [0.5, -0.5]})
    >>> moving_mean_residuals(table, ResidualOptions(columns=("close_zscore_30",))).columns.tolist()
    ['symbol', 'time', 'close_zscore_30']
    """
    missing = [name for name in options.columns if name not in features]
    if missing:
        raise bad_input(
            "features_residual.columns", "columns of features_tabular", ", ".join(missing),
            "choose the set they belong to in features_tabular.sets, or correct the names",
        )  # fmt: skip
    return features[["symbol", "time", *options.columns]]
