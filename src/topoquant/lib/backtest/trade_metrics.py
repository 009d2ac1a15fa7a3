"""What a list of trades is summed up by."""

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from topoquant.lib.backtest.path_metrics import ratio
from topoquant.lib.errors import bad_input
from topoquant.lib.proportions import wilson_interval

LEVEL = 0.99


def trade_metrics(trades: pd.DataFrame, *, min_trades: int | None = None) -> dict[str, float | str]:
    """Sum up trades.

    Parameters
    ----------
    trades : DataFrame
        As in `BacktestResult`.
    min_trades : int or None
        With fewer the status is "too_little_data", and win rate, profit factor and expectancy are NaN: three
        wins of three are no win rate of 1.

    Returns
    -------
    dict of str to float or str
        The entries of `performance` from `status` on; NaN where there is nothing to divide by.

    Examples
    --------
    >>> time = pd.date_range("2024-01-01", periods=2, freq="h", tz="UTC")
    >>> trades = pd.DataFrame({"side": ["long", "short"], "size": 1.0, "entry_price": 100.0,
    ...                        "exit_price": [103.0, 101.0], "gross": [0.03, -0.01], "cost": 0.0,
    ...                        "net": [0.03, -0.01], "pnl": [0.03, -0.01],
    ...                        "entry_time": time, "exit_time": time + pd.Timedelta("1h")})
    >>> summary = trade_metrics(trades)
    >>> summary["win_rate"], round(summary["profit_factor"], 6), round(summary["expectancy"], 6)
    (0.5, 3.0, 0.01)
    >>> trade_metrics(trades, min_trades=30)["win_rate"]
    nan
    """
    net, n = trades["net"].to_numpy(np.float64), len(trades)
    n_wins, enough = int((net > 0).sum()), n >= max(1, min_trades or 1)
    low, high = wilson_interval(n_wins, n, level=LEVEL) if enough else (float("nan"), float("nan"))
    pnl = trades["pnl"].to_numpy(np.float64)
    gained, lost = float(pnl[pnl > 0].sum()), float(-pnl[pnl < 0].sum())
    traded = (trades["size"] * (1 + trades["exit_price"] / trades["entry_price"])).to_numpy(np.float64)
    overlap = bool((trades["entry_time"].iloc[1:].array < trades["exit_time"].iloc[:-1].array).any())
    return {
        "status": "ok" if n >= (min_trades or 0) else "too_little_data",
        "n_trades": n,
        "n_long": int((trades["side"] == "long").sum()),
        "n_short": int((trades["side"] == "short").sum()),
        "win_rate": ratio(n_wins, n) if enough else float("nan"),
        "win_low": low,
        "win_high": high,
        "profit_factor": ratio(gained, lost) if enough else float("nan"),
        "expectancy": ratio(float(net.sum()), n) if enough else float("nan"),
        "cost": float(trades["cost"].sum()),
        "turnover": float(traded.sum()),
        "break_even_cost": float("nan")
        if overlap
        else break_even_cost(trades["gross"].to_numpy(np.float64), traded),
    }


def break_even_cost(gross: ArrayLike, traded: ArrayLike) -> float:
    """Cost of a fill, as a fraction of its value, at which the compounded trades end at 0.

    Parameters
    ----------
    gross : array-like, shape (n,)
        Return of each trade before costs.
    traded : array-like, shape (n,)
        Value bought plus value sold, over the equity at entry; positive.

    Returns
    -------
    float
        0 when the trades lose before costs; NaN without trades.

    Raises
    ------
    InputError
        If the lengths differ.

    Examples
    --------
    >>> round(break_even_cost([0.01], [2.01]), 6)
    0.004975
    """
    gains, values = np.asarray(gross, np.float64), np.asarray(traded, np.float64)
    if gains.shape != values.shape:
        raise bad_input("traded", f"of shape {gains.shape}", values.shape, "pass the same trades")
    if not gains.size:
        return float("nan")
    if (gains <= -1).any() or np.log1p(gains).sum() <= 0:
        return 0.0
    low, high = 0.0, float(((1 + gains) / values).min())
    for _ in range(60):  # halves the bracket to below the resolution of a float
        middle = (low + high) / 2
        low, high = (middle, high) if np.log1p(gains - middle * values).sum() > 0 else (low, middle)
    return low
