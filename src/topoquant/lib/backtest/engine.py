"""Trade a signal on one symbol's bars: next-open fills, costs always on, one position or several."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from topoquant.lib.backtest.accounts import TOLERANCE, account_errors
from topoquant.lib.backtest.book_kernel import run_book
from topoquant.lib.backtest.engine_kernel import run_trades
from topoquant.lib.backtest.levels import FOREVER, Exits, distances, time_limits
from topoquant.lib.backtest.market import Market, kernel_costs, market_of
from topoquant.lib.backtest.metrics import COST_MULTIPLES, cost_row, performance
from topoquant.lib.backtest.options import BacktestOptions
from topoquant.lib.backtest.sizing import position_sizes
from topoquant.lib.bars.schema import infer_interval, interval_timedelta, row_keys

REASONS = np.array(["time", "stop", "take_profit", "ruin", "end", "trailing"])
# After the symbol, where the bars have one.
TRADE_COLUMNS = (
    "signal_time", "entry_time", "exit_time", "side", "size", "entry_price", "exit_price",
    "gross", "fee", "slippage", "funding", "cost", "net", "capital", "pnl", "reason",
)  # fmt: skip
Run = tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]


@dataclass(frozen=True, kw_only=True)
class BacktestResult:
    """What a signal earned.

    Attributes
    ----------
    trades : DataFrame
        One row per trade, in the order of their exits: symbol (where the bars have it), signal_time (close
        that gave the signal), entry_time (open of the fill), exit_time (open of the fill, or the end of
        the bar when inside one), side ("long", "short"), size (unsigned fraction of the equity),
        entry_price, exit_price (quoted), gross, fee, slippage, funding (negative where received), cost
        (their sum), net (gross - cost; below -1 only where a gap jumped beyond ruin), all fractions of
        capital, the equity at entry; pnl (net times capital: they sum up to the change of the equity),
        reason ("time", "stop", "trailing", "take_profit", "ruin", "end").
    equity : DataFrame
        One row per bar: symbol (likewise), time, equity (after costs), gross_equity (of the same signal at
        no cost), both 1 at the start and marked at the close, position (signed size held in the bar),
        exposure (value held at the close over the equity), drawdown (fraction below the highest equity so
        far), hold (bought at the second bar's open, sold at the last close, same fee and slippage).
    metrics : dict
        As `performance` gives, and `by_cost`: the result at 0, 1 and 2 times the costs.
    runs : dict of float to (ndarray, ndarray)
        Per multiple of the costs: equity at the closes, and the net return of each trade.
    """

    trades: pd.DataFrame
    equity: pd.DataFrame
    metrics: dict[str, object]
    runs: dict[float, tuple[NDArray[np.float64], NDArray[np.float64]]]


def simulate(
    bars: pd.DataFrame, signal: ArrayLike, options: BacktestOptions, *, interval: str | None = None,
    exits: Exits | None = None, probability: ArrayLike | None = None, base_rate: float | None = None,
) -> BacktestResult:  # fmt: skip
    """Trade a signal and account for every fill.

    The signal of bar t is known at its close and filled at the open of the next bar there is. The
    position closes at the first open at least `holding` intervals after the fill: without gaps
    open[t + 1 + holding]; nothing is filled inside a gap, across which a position is carried to the next
    open there is. Without `holding` it closes at the open after the first close with another signal.

    With one position at a time signals are ignored while it is held, except the one on the close before a
    scheduled exit: it is filled at that exit's open, both paying costs. With several, each entry is a
    trade of its own (long and short ones side by side are not netted), as many as `n_positions` and
    `max_exposure` allow; `run_book` says in what order a bar is worked through.

    A bar that touches stop and take-profit counts as the stop; a bar that opens beyond a level is filled at
    its open. A trailing stop follows the best price up to the bar before. What is still held at the end
    closes at the last close. An account that is used up ends there with reason "ruin", and nothing is
    traded after it.

    Parameters
    ----------
    bars : DataFrame, shape (n, >= 6)
        One symbol, ascending `open_time`, finite positive prices.
    signal : array-like, shape (n,)
        In the order of `bars`: 0 for none, else the signed size in multiples of `options.size`
        (usually -1, 0, 1). Row t may depend on bars up to and including t. NaN is refused.
    options : BacktestOptions
        Costs, sizes, holding and stops.
    interval : str, optional
        Length of a bar; what the stamps show when absent.
    exits : Exits, optional
        Distances and holding of single entries, such as the barriers of a label.
    probability, base_rate
        For sizing "probability", as in `position_sizes`.

    Returns
    -------
    BacktestResult
        Trades, equity and metrics. Row t of `equity` depends on bars up to t alone, but for the
        last row, where positions are closed.

    Raises
    ------
    InputError
        For bars of several symbols or out of order, a price that is no price, or a signal of
        another length or with NaN.

    Examples
    --------
    >>> bars = pd.DataFrame({"symbol": "BTCUSDT",
    ...     "open_time": pd.date_range("2024-01-01", periods=4, freq="h", tz="UTC"),
    ...     "open": [10.0, 10.0, 11.0, 12.0], "high": [10.0, 11.0, 12.0, 12.0],
    ...     "low": [10.0, 10.0, 11.0, 12.0], "close": [10.0, 11.0, 12.0, 12.0]})
    >>> result = simulate(bars, [1, 0, 0, 0], BacktestOptions(fee=0.001, slippage=0.0, holding=1))
    >>> result.trades[["entry_price", "exit_price", "gross", "cost", "reason"]].round(4).values.tolist()
    [[10.0, 11.0, 0.1, 0.0021, 'time']]
    >>> result.equity["equity"].round(4).tolist()
    [1.0, 1.099, 1.0979, 1.0979]
    """
    interval = interval or infer_interval(bars)
    market = market_of(bars)
    step = interval_timedelta(interval)
    sizes = position_sizes(
        bars, signal, options, interval=interval, probability=probability, base_rate=base_rate
    )
    sizes = traded_sides(sizes, options)
    exits = exits or Exits()
    levels = distances(bars, options, exits, interval=interval)
    limits = time_limits(bars, sizes, options, exits, interval=interval)
    found = {
        multiple: run_sizes(market, sizes, levels, limits, options, interval=interval, multiple=multiple)
        for multiple in COST_MULTIPLES
    }
    steps, values, paths, _ = found[1.0]
    runs = {multiple: (run[2][0], run[1][:, 4]) for multiple, run in found.items()}
    trades = _trades_frame(bars, steps, values, options, interval)
    equity = _equity_frame(bars, paths, runs[0.0][0], options, interval)
    _check_accounts(trades, equity)
    by_cost = [
        cost_row(multiple, options.cost, path, net, step, options.min_trades)
        for multiple, (path, net) in runs.items()
    ]
    metrics = performance(trades, equity, interval=interval, min_trades=options.min_trades)
    n_signals = int(np.count_nonzero(sizes[:-1]))
    return BacktestResult(
        trades=trades,
        equity=equity,
        metrics={**metrics, "n_signals": n_signals, "by_cost": by_cost},
        runs=runs,
    )


def run_sizes(
    market: Market, sizes: NDArray[np.float64], levels: NDArray[np.float64] | None,
    limits: NDArray[np.int64] | None, options: BacktestOptions, *, interval: str, multiple: float = 1.0,
    detail: bool = True,
) -> Run:  # fmt: skip
    """Trade signed sizes, arrays in and arrays out: `simulate` without its tables.

    Parameters
    ----------
    market : Market
        Of one symbol.
    sizes : ndarray, shape (n,)
        Signed fractions of the equity.
    levels : ndarray, shape (n or 1, 3), or None
        Of `distances`; None for no stops.
    limits : ndarray of int64, shape (n or 1,), or None
        Of `time_limits`; None for no limit.
    options : BacktestOptions
        Costs, `max_exposure` and `n_positions`; the rest is in the arrays.
    interval : str
        Length of a bar.
    multiple : float
        All costs are multiplied by it.
    detail : bool
        Whether position and exposure are written too (with several positions they always are).

    Returns
    -------
    tuple of ndarray
        Steps, values, paths and stats, as `run_trades` gives.

    Examples
    --------
    >>> prices = np.array([10.0, 10.0, 11.0, 12.0])
    >>> market = Market(opens=prices, highs=prices, lows=prices, closes=prices,
    ...                 stamps=np.arange(4) * 10**9)
    >>> options = BacktestOptions(fee=0.0, slippage=0.0)
    >>> _, _, paths, _ = run_sizes(market, np.array([1.0, 0, 0, 0]), None, None, options, interval="1s")
    >>> paths[0].tolist()
    [1.0, 1.0, 1.1, 1.2]
    """
    levels = np.full((1, 3), np.inf) if levels is None else levels
    limits = np.full(1, FOREVER, np.int64) if limits is None else limits
    terms = kernel_costs(options, interval, multiple)
    if options.n_positions == 1:
        run: Run = run_trades(market.arrays, sizes, levels, limits, *terms, detail)
        return run
    book: Run = run_book(market.arrays, sizes, levels, limits, *terms, options.n_positions)
    return book


def traded_sides(sizes: NDArray[np.float64], options: BacktestOptions) -> NDArray[np.float64]:
    """Drop the sides that are not traded."""
    if options.side == "long":
        return np.maximum(sizes, 0.0)
    return np.minimum(sizes, 0.0) if options.side == "short" else sizes


def _trades_frame(
    bars: pd.DataFrame, steps: NDArray[np.int64], values: NDArray[np.float64], options: BacktestOptions,
    interval: str,
) -> pd.DataFrame:  # fmt: skip
    """Name what the kernel found, with times for bars and costs told apart."""
    signal_bar, exit_bar, reason, at_open = steps.T
    size, exit_price, gross, cost, net, capital = values.T
    opened = bars["open_time"].reset_index(drop=True)
    keys = row_keys(bars, interval)
    known = keys.pop("time")
    exit_time = opened.iloc[exit_bar].reset_index(drop=True)
    exit_time = exit_time.where(at_open == 1, known.iloc[exit_bar].reset_index(drop=True))
    entry_price = bars["open"].to_numpy(np.float64)[signal_bar + 1]
    filled = np.abs(size) * (1.0 + exit_price / entry_price)
    entry_time = opened.iloc[signal_bar + 1].array
    n_held = (opened.iloc[exit_bar].array - entry_time) / interval_timedelta(interval)
    funding = (options.funding or 0.0) * size * np.asarray(n_held, np.float64)
    columns = (
        known.iloc[signal_bar].array, entry_time, exit_time.array, np.where(size > 0, "long", "short"),
        np.abs(size), entry_price, exit_price, gross, options.fee * filled, options.slippage * filled,
        funding, cost, net, capital, net * capital, REASONS[reason],
    )  # fmt: skip
    trades = pd.DataFrame(dict(zip(TRADE_COLUMNS, columns, strict=True)), index=pd.RangeIndex(len(steps)))
    return keys.iloc[signal_bar].reset_index(drop=True).join(trades)


def _equity_frame(
    bars: pd.DataFrame, paths: NDArray[np.float64], free: NDArray[np.float64], options: BacktestOptions,
    interval: str,
) -> pd.DataFrame:  # fmt: skip
    """Put the paths beside their times, with drawdown and the buy-and-hold path."""
    equity, position, exposure = paths
    closes = bars["close"].to_numpy(np.float64)
    ratio = closes / float(bars["open"].iloc[1])
    hold = ratio - options.cost
    hold[0] = 1.0
    hold[-1] -= options.cost * ratio[-1]
    return row_keys(bars, interval).assign(
        equity=equity,
        gross_equity=free,
        position=position,
        exposure=exposure,
        drawdown=1.0 - equity / np.maximum.accumulate(equity),
        hold=hold,
    )


def _check_accounts(trades: pd.DataFrame, equity: pd.DataFrame) -> None:
    """Stop on accounts that do not add up: the one thing no reader could see afterwards."""
    broken = {name: error for name, error in account_errors(trades, equity).items() if not error <= TOLERANCE}
    if broken:
        raise ArithmeticError(f"backtest accounts are broken: {broken}")
