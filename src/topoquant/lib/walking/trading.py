"""One account over all windows, each traded at the levels it chose for itself."""

import numpy as np
import pandas as pd

from topoquant.lib.backtest import CostOptions, Exits, Traded, trade_signals, trading_options
from topoquant.lib.labeling import TargetOptions, label_exits


def walk_signals(predictions: pd.DataFrame, side: str) -> pd.DataFrame:
    """Turn test rows of a walk into signals.

    Parameters
    ----------
    predictions : DataFrame
        Of a walk: `symbol`, `time`, `p_label`, `threshold` and `lower`, NaN where a window chose none.
    side : {"direction", "up", "down", "both"}
        Of the target.

    Returns
    -------
    DataFrame
        `symbol`, `time`, `p_label` and `signal`: where `p_label` is at or above `threshold`, -1 for "down"
        and else 1; for "direction" -1 where it is at or below `lower`, and 0 where both are said; 0 for
        "both", which says when and not which way.

    Examples
    --------
    >>> rows = pd.DataFrame({"symbol": "SYN", "time": pd.date_range("2024", periods=3, freq="h", tz="UTC"),
    ...                      "p_label": [0.7, 0.5, 0.3], "threshold": 0.6, "lower": 0.4})
    >>> walk_signals(rows, "direction")["signal"].tolist(), walk_signals(rows, "down")["signal"].tolist()
    ([1.0, 0.0, -1.0], [-1.0, 0.0, 0.0])
    """
    p, upper, lower = (predictions[name].to_numpy(np.float64) for name in ("p_label", "threshold", "lower"))
    # A comparison with NaN is false: a window without a level gives no signal.
    above, below = (p >= upper).astype(float), (p <= lower).astype(float)
    signals = {"direction": above - below, "up": above, "down": 0.0 - above, "both": np.zeros(len(p))}
    return predictions[["symbol", "time", "p_label"]].assign(signal=signals[side])


def trade_windows(
    bars: pd.DataFrame, predictions: pd.DataFrame, label: TargetOptions, costs: CostOptions,
    *, interval: str, seed: int, base_rate: float,
) -> Traded:  # fmt: skip
    """Trade the test rows of a walk as a study trades its own: next open, exits of the label, both costs.

    Parameters
    ----------
    bars : DataFrame
        Of one or several symbols, sorted by (symbol, open_time).
    predictions : DataFrame
        As for `walk_signals`.
    label : of any kind of target
        Its side, its horizon and its barriers, if it has any.
    costs : CostOptions
        What a person chose.
    interval : str
        Length of a bar.
    seed : int
        Of the random entries.
    base_rate : float
        What no knowledge predicts, for sizing "probability".

    Returns
    -------
    Traded
        Row t depends on the levels of its own window, which were chosen before the window's test rows.

    Examples
    --------
    >>> from topoquant.lib.labeling import DirectionOptions
    >>> time = pd.date_range("2024-01-01", periods=6, freq="h", tz="UTC")
    >>> bars = pd.DataFrame({"symbol": "SYN", "open_time": time, "open": 10.0, "high": 11.0, "low": 9.0,
    ...                      "close": 10.0})
    >>> rows = pd.DataFrame({"symbol": "SYN", "time": time[1:4], "p_label": [0.2, 0.5, 0.5],
    ...                      "threshold": 0.6, "lower": 0.4})
    >>> costs = CostOptions(fee=0.001, slippage=0.0)
    >>> traded = trade_windows(bars, rows, DirectionOptions(horizon=1), costs, interval="1h", seed=0,
    ...                        base_rate=0.5)
    >>> traded.trades["side"].tolist()
    ['short']
    """

    def exits(own: pd.DataFrame) -> Exits:
        return Exits(**(label_exits(own, label, interval=interval) or {}))

    options = trading_options(costs, holding=label.horizon, side=label.side)
    signals = walk_signals(predictions, label.side)
    return trade_signals(
        bars, signals, options, interval=interval, seed=seed, exits_of=exits, base_rate=base_rate
    )
