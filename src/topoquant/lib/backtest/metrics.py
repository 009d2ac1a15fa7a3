"""What a backtest is summed up by."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from topoquant.lib.backtest.path_metrics import annual_growth, bar_returns, longest_run, ratio, return_moments
from topoquant.lib.backtest.trade_metrics import trade_metrics
from topoquant.lib.bars.schema import interval_timedelta

COST_MULTIPLES = (0.0, 1.0, 2.0)


def performance(
    trades: pd.DataFrame, equity: pd.DataFrame, *, interval: str, min_trades: int | None = None
) -> dict[str, object]:
    """Sum up a backtest after costs.

    Parameters
    ----------
    trades : DataFrame
        As in `BacktestResult`.
    equity : DataFrame, shape (n_bars, >= 7)
        As in `BacktestResult`, in time order.
    interval : str
        Length of a bar, for annual numbers (365.25 days).
    min_trades : int or None
        Below this many trades the status is "too_little_data".

    Returns
    -------
    dict
        Fractions, never percent. NaN where a number is not defined (a ratio to zero).

        - net_return, gross_return, hold_return: over the whole period.
        - cagr: per year of calendar time; NaN below a week.
        - volatility: annual, of bar returns. sharpe: per bar; sharpe_annual. sortino: annual, over the
          root mean square of negative bar returns. skew, kurt (3 for a normal) and T of bar returns:
          T counts bars from the first possible fill on.
        - max_drawdown, drawdown_bars (longest time below a high), calmar (cagr / max_drawdown).
        - status: "ok" or "too_little_data", where win rate, profit factor and expectancy are NaN.
        - n_trades, n_long, n_short, win_rate (net > 0) with win_low, win_high (Wilson, 0.99; of trades
          that overlap it is too narrow).
        - profit_factor (gained over lost, in money), expectancy (mean net), cost (sum), turnover (traded
          value over equity, sum), exposure (share of bars with a position, whatever its side),
          break_even_cost (see `break_even_cost`; NaN where trades overlap, and do not compound one by one).
        - ruined: whether the equity was used up.

    Examples
    --------
    >>> time = pd.date_range("2024-01-01", periods=4, freq="D", tz="UTC")
    >>> equity = pd.DataFrame({"time": time, "equity": [1.0, 1.1, 0.99, 1.21], "gross_equity": 1.0,
    ...     "position": [0.0, 1.0, 1.0, 1.0], "exposure": [0.0, 1.0, 1.0, 0.0],
    ...     "drawdown": [0.0, 0.0, 0.1, 0.0], "hold": 1.0})
    >>> trades = pd.DataFrame({"side": ["long"], "size": [1.0], "entry_price": [100.0], "exit_price": [121.0],
    ...                        "gross": [0.21], "cost": [0.0], "net": [0.21], "pnl": [0.21],
    ...                        "entry_time": time[:1], "exit_time": time[3:], "reason": ["time"]})
    >>> metrics = performance(trades, equity, interval="1d")
    >>> round(metrics["net_return"], 2), round(metrics["max_drawdown"], 2), metrics["drawdown_bars"]
    (0.21, 0.1, 1)
    """
    step = interval_timedelta(interval)
    path = equity["equity"].to_numpy(np.float64)
    cagr = annual_growth(float(path[-1]), equity["time"].iloc[-1] - equity["time"].iloc[0])
    deepest = float(equity["drawdown"].max())
    return {
        "net_return": float(path[-1] - 1),
        "gross_return": float(equity["gross_equity"].iloc[-1] - 1),
        "hold_return": float(equity["hold"].iloc[-1] - 1),
        "cagr": cagr,
        **return_moments(bar_returns(path), step),
        "max_drawdown": deepest,
        "drawdown_bars": longest_run(equity["drawdown"].to_numpy() > 0),
        "calmar": ratio(cagr, deepest),
        **trade_metrics(trades, min_trades=min_trades),
        # Long and short side by side sum up to no position, and to what is held.
        "exposure": float(((equity["position"] != 0) | (equity["exposure"] != 0)).mean()),
        "ruined": bool((trades["reason"] == "ruin").any()),
    }


def cost_row(
    multiple: float, cost: float, path: NDArray[np.float64], net: NDArray[np.float64], step: pd.Timedelta,
    min_trades: int | None = None,
) -> dict[str, float]:  # fmt: skip
    """Sum up one run at a multiple of the costs.

    Parameters
    ----------
    multiple, cost : float
        Multiple, and cost of a fill at multiple 1.
    path : ndarray, shape (n_bars,)
        Equity at the closes.
    net : ndarray, shape (n_trades,)
        Return of each trade after these costs.
    step : Timedelta
        Length of a bar.
    min_trades : int or None
        Below this many trades expectancy and win rate are NaN.

    Returns
    -------
    dict of str to float
        multiple, cost (per fill), net_return, sharpe_annual, max_drawdown, expectancy, win_rate.

    Examples
    --------
    >>> row = cost_row(2.0, 0.001, np.array([1.0, 1.1]), np.array([0.1]), pd.Timedelta(hours=1))
    >>> row["cost"], round(row["net_return"], 2), row["win_rate"]
    (0.002, 0.1, 1.0)
    """
    enough = net.size >= max(1, min_trades or 1)
    return {
        "multiple": multiple,
        "cost": cost * multiple,
        "net_return": float(path[-1] - 1),
        "sharpe_annual": return_moments(bar_returns(path), step)["sharpe_annual"],
        "max_drawdown": float((1 - path / np.maximum.accumulate(path)).max()),
        "expectancy": float(net.mean()) if enough else float("nan"),
        "win_rate": float((net > 0).mean()) if enough else float("nan"),
    }
