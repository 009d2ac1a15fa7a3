"""Whether the accounts of a backtest add up: recomputed from its tables, not from the engine."""

import numpy as np
import pandas as pd

from topoquant.lib.bars.schema import interval_timedelta

# Of the equity at the start: far above rounding, far below a cent.
TOLERANCE = 1e-9


def account_errors(trades: pd.DataFrame, equity: pd.DataFrame) -> dict[str, float]:
    """Measure how far one symbol's trades and equity are from adding up.

    Parameters
    ----------
    trades, equity : DataFrame
        As in `BacktestResult`, of one symbol.

    Returns
    -------
    dict of str to float
        - gross less costs: largest |gross - (fee + slippage + funding) - net| of a trade.
        - equity: |1 + sum of pnl - final equity| over the largest equity; 0 after ruin, where what was
          lost beyond it is nobody's.
        - early fills: entries before the close that gave the signal, and exits before their entry.

    Examples
    --------
    >>> time = pd.to_datetime(["2024-01-01"], utc=True)
    >>> trades = pd.DataFrame({"signal_time": time, "entry_time": time, "exit_time": time, "gross": 0.02,
    ...     "fee": 0.001, "slippage": 0.0, "funding": 0.0, "net": 0.019, "pnl": 0.019, "reason": "time"})
    >>> errors = account_errors(trades, pd.DataFrame({"equity": [1.0, 1.019]}))
    >>> all(error < TOLERANCE for error in errors.values())
    True
    """
    costs = trades["fee"] + trades["slippage"] + trades["funding"]
    unpaid = (trades["gross"] - costs - trades["net"]).abs()
    final = float(equity["equity"].iloc[-1])
    earned = 1.0 + float(trades["pnl"].sum())
    ruined = (trades["reason"] == "ruin").any() and final == 0.0 and earned <= TOLERANCE
    early = (trades["entry_time"] < trades["signal_time"]) | (trades["exit_time"] < trades["entry_time"])
    return {
        "gross less costs": float(unpaid.max()) if len(trades) else 0.0,
        "equity": 0.0 if ruined else abs(earned - final) / float(equity["equity"].max()),
        "early fills": float(early.sum()),
    }


def misplaced_fills(trades: pd.DataFrame, bars: pd.DataFrame, *, interval: str) -> int:
    """Count trades whose prices the bars do not have: entries off their open, exits out of their bar.

    Parameters
    ----------
    trades : DataFrame
        As in `BacktestResult`, of one symbol.
    bars : DataFrame
        That symbol's, in time order.
    interval : str
        Length of a bar.

    Returns
    -------
    int
        Trades whose entry price is not the open at `entry_time`, or whose exit price is neither the open
        at `exit_time` nor between low and high of the bar that ends then.

    Examples
    --------
    >>> time = pd.date_range("2024-01-01", periods=2, freq="h", tz="UTC")
    >>> bars = pd.DataFrame({"open_time": time, "open": 10.0, "high": 11.0, "low": 9.0, "close": 10.0})
    >>> trades = pd.DataFrame({"entry_time": time[:1], "exit_time": time[1:], "entry_price": [10.0],
    ...                        "exit_price": [12.0]})
    >>> misplaced_fills(trades, bars, interval="1h")
    1
    """
    stamps = pd.DatetimeIndex(bars["open_time"])
    opens, highs, lows = (
        np.append(bars[name].to_numpy(np.float64), np.nan) for name in ("open", "high", "low")
    )
    entry = stamps.get_indexer(pd.DatetimeIndex(trades["entry_time"]))
    at_open = stamps.get_indexer(pd.DatetimeIndex(trades["exit_time"]))
    inside = stamps.get_indexer(pd.DatetimeIndex(trades["exit_time"]) - interval_timedelta(interval))
    price = trades["exit_price"].to_numpy(np.float64)
    within = (price >= lows[inside]) & (price <= highs[inside])
    good = (opens[entry] == trades["entry_price"].to_numpy(np.float64)) & ((opens[at_open] == price) | within)
    return int((~good).sum())
