"""Predictions of one or several symbols traded: each symbol by itself, then side by side in equal parts."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from topoquant.lib.backtest.engine import BacktestResult, simulate
from topoquant.lib.backtest.metrics import COST_MULTIPLES, cost_row, performance
from topoquant.lib.backtest.options import BacktestOptions
from topoquant.lib.backtest.preparing import ExitsOf, Prepared, prepare_symbol
from topoquant.lib.backtest.random_entries import RandomEntries, random_entries
from topoquant.lib.backtest.signals import entry_signal
from topoquant.lib.backtest.trade_metrics import LEVEL
from topoquant.lib.bars.schema import decision_time, interval_timedelta

VALUES = ["equity", "gross_equity", "hold"]
HELD = ["position", "exposure"]


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
        that earned less, ties counting one half, `random_low`, `random_median` and `random_high` (what 0.99
        of them earned), `n_signals`, `by_cost` (of the symbols side by side too) and `by_symbol`. Ready for
        JSON: None for what is not defined.
    """

    trades: pd.DataFrame
    equity: pd.DataFrame
    metrics: dict[str, Any]


def trade_predictions(
    bars: pd.DataFrame, predictions: pd.DataFrame, options: BacktestOptions,
    *, upper: float | None, lower: float | None = None, interval: str, seed: int,
    exits_of: ExitsOf | None = None, base_rate: float | None = None,
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
    exits_of : callable, optional
        From one symbol's bars to its `Exits`, such as the barriers of the label.
    base_rate : float, optional
        For sizing "probability".

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
    >>> options = BacktestOptions(fee=0.001, slippage=0.0, holding=1, side="long", n_random=2)
    >>> traded = trade_predictions(bars, predictions, options, upper=0.5, interval="1h", seed=0)
    >>> len(traded.trades), round(traded.metrics["net_return"], 4)
    (1, -0.002)
    """
    signals = predictions.assign(signal=0.0)
    for symbol, own in bars.groupby("symbol", sort=False):
        rows = predictions["symbol"] == symbol
        if rows.any():
            levels = {"side": options.side, "upper": upper, "lower": lower}
            signal = entry_signal(own, predictions, interval=interval, **levels)  # type: ignore[arg-type]
            known = decision_time(own, interval)
            signals.loc[rows, "signal"] = (
                pd.Series(signal, index=pd.DatetimeIndex(known)).reindex(signals.loc[rows, "time"]).to_numpy()
            )
    return trade_signals(
        bars, signals, options, interval=interval, seed=seed, exits_of=exits_of, base_rate=base_rate
    )


def trade_signals(
    bars: pd.DataFrame, signals: pd.DataFrame, options: BacktestOptions,
    *, interval: str, seed: int, exits_of: ExitsOf | None = None, base_rate: float | None = None,
) -> Traded:  # fmt: skip
    """Trade every symbol's signals on the bars from the first of them on.

    Parameters
    ----------
    bars : DataFrame
        Of one or several symbols, sorted by (symbol, open_time).
    signals : DataFrame
        `symbol`, `time`, `signal` (0 for none, as `simulate` takes it) and, for sizing "probability",
        `p_label`. Ranges, volatilities and the distances of exits are computed on all bars, those before
        the first signal too.
    options : BacktestOptions
        Costs, holding and side.
    interval, seed, exits_of, base_rate
        As in `trade_predictions`.

    Returns
    -------
    Traded
        Trades, equity and metrics; without `options.n_random` nothing is compared with random entries.

    Examples
    --------
    >>> time = pd.date_range("2024-01-01", periods=6, freq="h", tz="UTC")
    >>> bars = pd.DataFrame({"symbol": "SYN", "open_time": time, "open": 10.0, "high": 11.0, "low": 9.0,
    ...                      "close": 10.0})
    >>> signals = pd.DataFrame({"symbol": "SYN", "time": time[1:4], "signal": [1.0, 0.0, 0.0]})
    >>> options = BacktestOptions(fee=0.001, slippage=0.0, holding=1)
    >>> len(trade_signals(bars, signals, options, interval="1h", seed=0).trades)
    1
    """
    results, paths, draws = {}, [], {}
    for symbol, rows in signals.groupby("symbol", sort=True):
        prepared = prepare_symbol(
            bars.loc[bars["symbol"] == symbol], rows, options, interval, exits_of, base_rate
        )
        result = simulate(
            prepared.bars, prepared.sizes, prepared.options, interval=interval, exits=prepared.exits
        )
        results[str(symbol)] = result
        path = result.equity
        if options.n_random is not None and options.holding is not None:
            drawn = _draw(prepared, result, options.n_random, seed, interval)
            draws[str(symbol)] = drawn
            path = _with_band(path, drawn.band)
        paths.append(path)
    trades = pd.concat([result.trades for result in results.values()], ignore_index=True)
    trades = trades.sort_values(["entry_time", "symbol"], ignore_index=True)
    equity = pd.concat(paths, ignore_index=True)
    metrics: dict[str, Any] = performance(
        trades, pool_equity(equity), interval=interval, min_trades=options.min_trades
    )
    if len(results) > 1:
        # Each symbol holds its part of the equity; trades overlap and do not compound one by one.
        metrics |= {name: metrics[name] / len(results) for name in ("cost", "turnover")}
        metrics["break_even_cost"] = None
    metrics |= {
        "n_signals": sum(int(result.metrics["n_signals"]) for result in results.values()),  # type: ignore[call-overload]
        **_random_numbers(results, draws),
        "by_cost": _pool_costs(results, options, interval),
        "by_symbol": {
            name: {key: value for key, value in result.metrics.items() if key != "by_cost"}
            for name, result in results.items()
        },
    }
    return Traded(trades=trades, equity=equity, metrics=_defined(metrics))


def _draw(
    prepared: Prepared, result: BacktestResult, n_draws: int, seed: int, interval: str
) -> RandomEntries:
    """Trade as often and on the same sides at random times."""
    n_short = int((result.trades["side"] == "short").sum())
    return random_entries(
        prepared.bars, len(result.trades), prepared.options, n_draws, seed, interval=interval,
        n_short=n_short, exits=prepared.exits, sizes=prepared.stakes,
    )  # fmt: skip


def _random_numbers(
    results: Mapping[str, BacktestResult], draws: Mapping[str, RandomEntries]
) -> dict[str, float | None]:
    """Say where the strategy stands among random entries, which have equal parts in every symbol too."""
    if not any(len(results[name].trades) for name in draws):
        return dict.fromkeys(("random_share", "random_low", "random_median", "random_high"))
    pooled = np.mean([drawn.net_returns for drawn in draws.values()], axis=0)
    earned = float(np.mean([results[name].metrics["net_return"] for name in draws]))  # type: ignore[arg-type]
    low, median, high = np.quantile(pooled, [(1 - LEVEL) / 2, 0.5, (1 + LEVEL) / 2])
    return {
        "random_share": float((pooled < earned).mean() + (pooled == earned).mean() / 2),
        "random_low": float(low),
        "random_median": float(median),
        "random_high": float(high),
    }


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
    ...                     "exposure": 0.0, "drawdown": 0.0, "hold": 1.0})
    >>> two = pd.concat([one.assign(symbol="A"), one.assign(symbol="B", equity=1.0)], ignore_index=True)
    >>> pool_equity(two)["equity"].tolist()
    [1.0, 1.1]
    """
    if len(equity["symbol"].unique()) == 1:
        return equity.drop(columns="symbol").reset_index(drop=True)
    wide = {
        name: equity.pivot_table(index="time", columns="symbol", values=name) for name in (*VALUES, *HELD)
    }
    pooled = pd.DataFrame({name: side_by_side(wide[name]) for name in VALUES})
    for name in HELD:
        pooled[name] = wide[name].fillna(0.0).mean(axis=1)
    pooled["drawdown"] = 1.0 - pooled["equity"] / pooled["equity"].cummax()
    return pooled.reset_index()


def _with_band(equity: pd.DataFrame, band: pd.DataFrame) -> pd.DataFrame:
    """Add the band of random entries, straight lines between its points."""
    instants = equity["time"].astype("int64").to_numpy()
    known = band["time"].astype(equity["time"].dtype).astype("int64").to_numpy()
    return equity.assign(
        random_low=np.interp(instants, known, band["low"]),
        random_high=np.interp(instants, known, band["high"]),
    )


def _pool_costs(
    results: Mapping[str, BacktestResult], options: BacktestOptions, interval: str
) -> list[dict[str, float]]:
    """Sum up all symbols side by side at each multiple of the costs."""
    rows = []
    for multiple in COST_MULTIPLES:
        runs = {name: result.runs[multiple] for name, result in results.items()}
        paths = [pd.Series(path, index=results[name].equity["time"]) for name, (path, _) in runs.items()]
        path = side_by_side(pd.concat(paths, axis=1).sort_index()).to_numpy()
        net = np.concatenate([net for _, net in runs.values()])
        step = interval_timedelta(interval)
        rows.append(cost_row(multiple, options.cost, path, net, step, options.min_trades))
    return rows


def side_by_side(paths: pd.DataFrame) -> pd.Series:
    """Give the value of equal parts in every column, never rebalanced.

    Parameters
    ----------
    paths : DataFrame, shape (n_times, n_symbols)
        Values of 1 invested, in time order; NaN where a symbol has no bar.

    Returns
    -------
    Series, shape (n_times,)
        Before its first bar a symbol's part lies idle at 1; after its last one it stays what it became.

    Examples
    --------
    >>> side_by_side(pd.DataFrame({"A": [1.0, 1.2], "B": [np.nan, 1.0]})).tolist()
    [1.0, 1.1]
    """
    return paths.ffill().fillna(1.0).mean(axis=1)


def _defined(tree: Any) -> Any:  # noqa: ANN401  (a JSON document is anything)
    """Replace what is not a finite number by None, and numpy's scalars by Python's."""
    if isinstance(tree, dict):
        return {key: _defined(value) for key, value in tree.items()}
    if isinstance(tree, list | tuple):
        return [_defined(value) for value in tree]
    if isinstance(tree, np.generic):
        tree = tree.item()
    return None if isinstance(tree, float) and not math.isfinite(tree) else tree
