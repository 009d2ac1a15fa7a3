"""Predictions of one or several symbols traded: each symbol by itself, then side by side in equal parts."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from topoquant.lib.backtest.engine import BacktestResult, simulate
from topoquant.lib.backtest.metrics import performance
from topoquant.lib.backtest.options import BacktestOptions
from topoquant.lib.backtest.random_entries import random_entries
from topoquant.lib.backtest.signals import entry_signal
from topoquant.lib.bars.schema import decision_time

VALUES = ["equity", "gross_equity", "hold"]


@dataclass(frozen=True, kw_only=True)
class Traded:
    """What trading the predictions would have done.

    Attributes
    ----------
    trades : DataFrame
        Of all symbols, by entry time.
    equity : DataFrame
        Per symbol and bar as `simulate` gives, with `random_low` and `random_high`: the 0.99 band of
        random entries.
    metrics : dict
        Of the symbols side by side, as `performance` gives; `random_share`, the share of random draws
        that earned less (mean over symbols), `by_cost` (means over symbols) and `by_symbol`. Ready for
        JSON: None for what is not defined.
    """

    trades: pd.DataFrame
    equity: pd.DataFrame
    metrics: dict[str, Any]


def trade_predictions(
    bars: pd.DataFrame, predictions: pd.DataFrame, options: BacktestOptions,
    *, upper: float | None, lower: float | None = None, interval: str, seed: int,
) -> Traded:  # fmt: skip
    """Trade every symbol's predictions on the bars from the first of them on.

    Parameters
    ----------
    bars : DataFrame
        Of one or several symbols, sorted by (symbol, open_time).
    predictions : DataFrame
        Test rows: `symbol`, `time`, `p_label`.
    options : BacktestOptions
        Costs, holding and side.
    upper, lower : float or None
        Levels chosen on val, as in `entry_signal`; without `upper` nothing is traded.
    interval : str
        Length of a bar.
    seed : int
        Of the random entries.

    Returns
    -------
    Traded
        Trades, equity and metrics.

    Examples
    --------
    >>> time = pd.date_range("2024-01-01", periods=6, freq="h", tz="UTC")
    >>> bars = pd.DataFrame({"symbol": "SYN", "open_time": time, "open": 10.0, "high": 11.0, "low": 9.0,
    ...                      "close": 10.0})
    >>> predictions = pd.DataFrame({"symbol": "SYN", "time": time[1:4], "p_label": [0.9, 0.1, 0.1]})
    >>> options = BacktestOptions(fee=0.001, slippage=0.0, holding=1, side="long", size=1.0,
    ...                           stop=None, take_profit=None, n_random=2)
    >>> traded = trade_predictions(bars, predictions, options, upper=0.5, interval="1h", seed=0)
    >>> len(traded.trades), round(traded.metrics["net_return"], 4)
    (1, -0.002)
    """
    results, bands, shares = {}, [], []
    for symbol, rows in predictions.groupby("symbol", sort=True):
        own = bars.loc[bars["symbol"] == symbol]
        own = own.loc[decision_time(own, interval) >= rows["time"].min()].reset_index(drop=True)
        result = _simulate(own, rows, options, upper, lower, interval)
        n_short = int((result.trades["side"] == "short").sum())
        drawn = random_entries(
            own, len(result.trades), options, options.n_random, seed, interval=interval, n_short=n_short
        )
        results[str(symbol)] = result
        bands.append(_with_band(result.equity, drawn.band))
        shares.append(drawn.share_below(float(result.metrics["net_return"])))  # type: ignore[arg-type]
    trades = pd.concat([result.trades for result in results.values()], ignore_index=True)
    trades = trades.sort_values(["entry_time", "symbol"], ignore_index=True)
    equity = pd.concat(bands, ignore_index=True)
    metrics: dict[str, Any] = performance(trades, pool_equity(equity), interval=interval)
    if len(results) > 1:
        # Each symbol holds its part of the equity; trades overlap and do not compound one by one.
        metrics |= {name: metrics[name] / len(results) for name in ("cost", "turnover")}
        metrics["break_even_cost"] = None
    metrics |= {
        "random_share": float(np.mean(shares)),
        "by_cost": _pool_costs([result.metrics["by_cost"] for result in results.values()]),
        "by_symbol": {
            name: {key: value for key, value in result.metrics.items() if key != "by_cost"}
            for name, result in results.items()
        },
    }
    return Traded(trades=trades, equity=equity, metrics=_defined(metrics))


def pool_equity(equity: pd.DataFrame) -> pd.DataFrame:
    """Put symbols side by side: equal parts at the start, never rebalanced.

    Parameters
    ----------
    equity : DataFrame
        `symbol`, `time` and the columns of `simulate`; band columns are kept for a single symbol.

    Returns
    -------
    DataFrame
        One row per time; a symbol without a bar there keeps its last value.

    Examples
    --------
    >>> time = pd.date_range("2024-01-01", periods=2, freq="h", tz="UTC")
    >>> one = pd.DataFrame({"time": time, "equity": [1.0, 1.2], "gross_equity": 1.0, "position": 0.0,
    ...                     "drawdown": 0.0, "hold": 1.0})
    >>> two = pd.concat([one.assign(symbol="A"), one.assign(symbol="B", equity=1.0)], ignore_index=True)
    >>> pool_equity(two)["equity"].tolist()
    [1.0, 1.1]
    """
    if len(equity["symbol"].unique()) == 1:
        return equity.drop(columns="symbol").reset_index(drop=True)
    # Before its first bar a symbol's part lies idle at 1; after its last one it stays what it became.
    wide = {
        name: equity.pivot_table(index="time", columns="symbol", values=name)
        for name in (*VALUES, "position")
    }
    pooled = pd.DataFrame({name: wide[name].ffill().fillna(1.0).mean(axis=1) for name in VALUES})
    pooled["position"] = wide["position"].fillna(0.0).mean(axis=1)
    pooled["drawdown"] = 1.0 - pooled["equity"] / pooled["equity"].cummax()
    return pooled.reset_index()


def _simulate(
    bars: pd.DataFrame, rows: pd.DataFrame, options: BacktestOptions,
    upper: float | None, lower: float | None, interval: str,
) -> BacktestResult:  # fmt: skip
    """Trade one symbol."""
    signal = entry_signal(bars, rows, interval=interval, side=options.side, upper=upper, lower=lower)
    return simulate(bars, signal, options, interval=interval)


def _with_band(equity: pd.DataFrame, band: pd.DataFrame) -> pd.DataFrame:
    """Add the band of random entries, straight lines between its points."""
    instants = equity["time"].astype("int64").to_numpy()
    known = band["time"].astype(equity["time"].dtype).astype("int64").to_numpy()
    return equity.assign(
        random_low=np.interp(instants, known, band["low"]),
        random_high=np.interp(instants, known, band["high"]),
    )


def _pool_costs(tables: list[Any]) -> list[dict[str, float]]:
    """Average the results at each multiple of the costs over symbols."""
    rows = pd.DataFrame([row for table in tables for row in table])
    pooled = rows.groupby("multiple", as_index=False).mean()
    return [{str(key): float(value) for key, value in row.items()} for row in pooled.to_dict("records")]


def _defined(tree: Any) -> Any:  # noqa: ANN401  (a JSON document is anything)
    """Replace what is not a finite number by None, and numpy's scalars by Python's."""
    if isinstance(tree, dict):
        return {key: _defined(value) for key, value in tree.items()}
    if isinstance(tree, list | tuple):
        return [_defined(value) for value in tree]
    if isinstance(tree, np.generic):
        tree = tree.item()
    return None if isinstance(tree, float) and not math.isfinite(tree) else tree
