"""The exits of a label, for whoever trades it: its barriers and its time limit."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from topoquant.lib.labeling.options import TargetOptions, TripleBarrierOptions
from topoquant.lib.labeling.widths import average_true_range_width, volatility_width


def label_exits(
    bars: pd.DataFrame, label: TargetOptions, *, interval: str
) -> dict[str, NDArray[np.float64]] | None:
    """Return how far from the fill a label's barriers lie.

    Parameters
    ----------
    bars : DataFrame, shape (n_bars, ...)
        One symbol, in time order.
    label : TargetOptions
        Of any kind; all but the triple barrier end at their horizon alone.
    interval : str
        Length of a bar.

    Returns
    -------
    dict of str to ndarray, shape (n_bars,), or None
        `stop` and `take_profit` as fractions of the price, known at the bar: infinite for none, NaN where
        the label has no target yet. None where there are no barriers.

    Examples
    --------
    >>> bars = pd.DataFrame({"open_time": pd.date_range("2024-01-01", periods=4, freq="h", tz="UTC"),
    ...     "high": [101.0, 102.0, 101.0, 100.0], "low": [99.0, 100.0, 99.0, 92.0], "close": 100.0})
    >>> label = TripleBarrierOptions(horizon=4, upper=2.0, lower=1.0, side="up", width="atr", period=2)
    >>> label_exits(bars, label, interval="1h")["take_profit"].tolist()
    [nan, nan, 0.04, 0.1]
    """
    if not isinstance(label, TripleBarrierOptions):
        return None
    if label.width == "atr":
        width = average_true_range_width(bars, period=label.period, interval=interval)
    else:
        width = volatility_width(bars, half_life=label.period, interval=interval)
    stop = label.lower * width
    # A stop at a price of 0 or below is none.
    return {"stop": np.where(stop >= 1, np.inf, stop), "take_profit": label.upper * width}
