"""What a backtest owes: accounts that add up, and Sharpe ratios deflated by everything that was tried."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from topoquant.lib.backtest import account_errors, bar_returns, misplaced_fills
from topoquant.lib.backtest.accounts import TOLERANCE
from topoquant.lib.validity.checks import Check
from topoquant.lib.validity.sharpe import sharpe_ratio
from topoquant.lib.validity.sharpe_statistics import annual_sharpe, sharpe_statistics
from topoquant.lib.validity.wording import listed


def check_accounts(trades: pd.DataFrame, equity: pd.DataFrame, bars: pd.DataFrame, *, interval: str) -> Check:
    """Recompute a backtest's accounts from its stored tables and the bars.

    Parameters
    ----------
    trades, equity : DataFrame
        Of `trade_predictions`, with `symbol`.
    bars : DataFrame
        What was traded on, sorted by (symbol, open_time).
    interval : str
        Length of a bar.

    Returns
    -------
    Check
        "leak" where a fill comes before the close that gave its signal, or at a price its bar does not
        have, and where gross less costs is not net or the trades do not sum up to the equity: such a
        backtest is of something else.

    Examples
    --------
    >>> time = pd.date_range("2024-01-01", periods=2, freq="h", tz="UTC")
    >>> bars = pd.DataFrame({"symbol": "SYN", "open_time": time, "open": 10.0, "high": 11.0, "low": 9.0})
    >>> trades = pd.DataFrame({"symbol": "SYN", "signal_time": time[1:], "entry_time": time[:1],
    ...     "exit_time": time[1:], "entry_price": 10.0, "exit_price": 10.0, "gross": 0.0, "fee": 0.0,
    ...     "slippage": 0.0, "funding": 0.0, "net": 0.0, "pnl": 0.0, "reason": "time"})
    >>> equity = pd.DataFrame({"symbol": "SYN", "time": time, "equity": 1.0})
    >>> check_accounts(trades, equity, bars, interval="1h").finding
    '1 fills before their signal'
    """
    worst = {"gross less costs": 0.0, "equity": 0.0, "early fills": 0.0, "misplaced fills": 0.0}
    for symbol, path in equity.groupby("symbol"):
        own = trades.loc[trades["symbol"] == symbol]
        errors = account_errors(own, path)
        for name in ("gross less costs", "equity"):
            worst[name] = max(worst[name], errors[name])
        worst["early fills"] += errors["early fills"]
        bars_of_one = bars.loc[bars["symbol"] == symbol]
        worst["misplaced fills"] += misplaced_fills(own, bars_of_one, interval=interval)
    found = [
        *([f"{worst['early fills']:.0f} fills before their signal"] if worst["early fills"] else []),
        *([f"{worst['misplaced fills']:.0f} fills off their bar"] if worst["misplaced fills"] else []),
        *(["gross less costs is not net"] if not worst["gross less costs"] <= TOLERANCE else []),
        *(["the trades do not sum up to the equity"] if not worst["equity"] <= TOLERANCE else []),
    ]
    numbers = {name.replace(" ", "_"): value for name, value in worst.items()} | {"n_trades": len(trades)}
    if found:
        return Check("backtest_accounts", "leak", listed(found), numbers, "backtest")
    text = (
        f"{len(trades)} trades: no fill before its signal or off its bar; gross less costs is net and trades "
        f"sum up to the equity, within {TOLERANCE:g}"
    )
    return Check("backtest_accounts", "ok", text, numbers, "backtest")


def with_sharpe_statistics(
    table: Sequence[Mapping[str, Any]], equity: pd.DataFrame, *, n_predictions: int, interval: str
) -> list[dict[str, Any]]:
    """Give every strategy its Sharpe ratio with what it may not be printed without.

    Parameters
    ----------
    table : sequence of mapping
        Of `compare_profiles`.
    equity : DataFrame
        Of `compare_profiles`: name, time, equity.
    n_predictions : int
        Distinct predictions tried on this market; times the strategies compared it is n_trials, for each
        could have been traded by each.
    interval : str
        Length of a bar.

    Returns
    -------
    list of dict
        The rows with `sharpe_statistics`: fields of `SharpeStatistics` per bar and `sharpe_annual`; None for
        what was not traded or never moved.

    Examples
    --------
    >>> path = pd.DataFrame({"name": "one", "equity": [1.0, 1.1, 1.0, 1.2]})
    >>> rows = with_sharpe_statistics([{"name": "one"}], path, n_predictions=5, interval="1d")
    >>> rows[0]["sharpe_statistics"]["n_trials"], rows[0]["sharpe_statistics"]["n_observations"]
    (5, 3)
    """
    returns = {
        str(name): bar_returns(rows["equity"].to_numpy(np.float64)) for name, rows in equity.groupby("name")
    }
    # Nobody chooses a benchmark: it is no trial, and its ratio no part of how trials differ.
    tried = [str(row["name"]) for row in table if row.get("kind", "strategy") == "strategy"]
    ratios = np.array([sharpe_ratio(returns[name]) for name in tried if len(returns.get(name, ())) > 1])
    ratios = ratios[np.isfinite(ratios)]
    variance = float(ratios.var(ddof=1)) if len(ratios) > 1 else 0.0
    n_strategies = len(tried)
    made = []
    for row in table:
        record = None
        own = returns.get(str(row["name"]), np.empty(0))
        if len(own) > 1:
            n_trials = max(1, n_predictions) * max(1, n_strategies)
            found = sharpe_statistics(own, n_trials=n_trials, trial_variance=variance)
            record = found.to_dict() | {"sharpe_annual": annual_sharpe(found.sharpe, interval)}
            record = record if np.isfinite(found.sharpe) else None
        made.append({**row, "sharpe_statistics": record})
    return made
