"""Trade a signal on one symbol's bars: next-open fills, costs always on, one position at a time."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from topoquant.lib.backtest.engine_kernel import run_trades
from topoquant.lib.backtest.market import kernel_options, market_of
from topoquant.lib.backtest.metrics import COST_MULTIPLES, cost_row, performance
from topoquant.lib.backtest.options import BacktestOptions
from topoquant.lib.bars.schema import infer_interval, interval_timedelta, row_keys
from topoquant.lib.errors import bad_input

REASONS = np.array(["time", "stop", "take_profit", "ruin", "end"])
# After the symbol, where the bars have one.
TRADE_COLUMNS = (
    "signal_time", "entry_time", "exit_time", "side", "size", "entry_price", "exit_price",
    "gross", "cost", "net", "reason",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class BacktestResult:
    """What a signal earned.

    Attributes
    ----------
    trades : DataFrame
        One row per trade: symbol (where the bars have it), signal_time (close that gave the signal),
        entry_time (open of the fill), exit_time (open of the fill, or the end of the bar when inside
        one), side ("long", "short"), size (unsigned), entry_price, exit_price (quoted), gross, cost,
        net (fractions of the equity at entry; gross - cost = net; below -1 only where a gap jumped
        beyond ruin), reason ("time", "stop", "take_profit", "ruin", "end").
    equity : DataFrame
        One row per bar: symbol (likewise), time, equity (after costs), gross_equity (before), both 1 at the
        start and marked at the close, position (signed size held in the bar), drawdown (fraction
        below the highest equity so far), hold (bought at the second bar's open, sold at the last
        close, same costs).
    metrics : dict
        As `performance` gives, and `by_cost`: the result at 0, 1 and 2 times the costs.
    """

    trades: pd.DataFrame
    equity: pd.DataFrame
    metrics: dict[str, object]


def simulate(
    bars: pd.DataFrame, signal: ArrayLike, options: BacktestOptions, *, interval: str | None = None
) -> BacktestResult:
    """Trade a signal and account for every fill.

    The signal of bar t is known at its close and filled at the open of the next bar there is. The
    position closes at the first open at least `holding` intervals after the fill: without gaps
    open[t + 1 + holding]; across a gap it is carried to the next open there is. Signals while a
    position is held are ignored, except the one on the close before a scheduled exit: it is filled
    at that exit's open, both paying costs. A bar that touches stop and take-profit counts as the
    stop; a bar that opens beyond a level is filled at its open. What is still held at the end
    closes at the last close. A position that has used up the equity ends there with reason "ruin",
    and nothing is traded after it.

    Parameters
    ----------
    bars : DataFrame, shape (n, >= 6)
        One symbol, ascending `open_time`, finite positive prices.
    signal : array-like, shape (n,)
        In the order of `bars`: 0 for none, else the signed size in multiples of `options.size`
        (usually -1, 0, 1). Row t may depend on bars up to and including t. NaN is refused.
    options : BacktestOptions
        Costs and holding.
    interval : str, optional
        Length of a bar; what the stamps show when absent.

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
    >>> options = BacktestOptions(fee=0.001, slippage=0.0, holding=1, side="both", size=1.0,
    ...                           stop=None, take_profit=None, n_random=2)
    >>> result = simulate(bars, [1, 0, 0, 0], options, interval="1h")
    >>> result.trades[["entry_price", "exit_price", "gross", "cost", "reason"]].round(4).values.tolist()
    [[10.0, 11.0, 0.1, 0.0021, 'time']]
    >>> result.equity["equity"].round(4).tolist()
    [1.0, 1.099, 1.0979, 1.0979]
    """
    interval = interval or infer_interval(bars)
    market = market_of(bars)
    sizes = _signed_sizes(signal, options, len(bars))
    step = interval_timedelta(interval)
    runs = {
        multiple: run_trades(*market.arrays, sizes, *kernel_options(options, interval, multiple))
        for multiple in COST_MULTIPLES
    }
    steps, values, paths = runs[1.0]
    trades = _trades_frame(bars, steps, values, interval)
    equity = _equity_frame(bars, paths, options, interval)
    _check_accounts(trades, equity)
    by_cost = [
        cost_row(multiple, options.cost, run[2][0], run[1][:, 4], step) for multiple, run in runs.items()
    ]
    metrics = {**performance(trades, equity, interval=interval), "by_cost": by_cost}
    return BacktestResult(trades=trades, equity=equity, metrics=metrics)


def _signed_sizes(signal: ArrayLike, options: BacktestOptions, n_bars: int) -> NDArray[np.float64]:
    """Scale the signal to sizes and drop the sides that are not traded."""
    sizes = np.asarray(signal, np.float64) * options.size
    if sizes.shape != (n_bars,):
        raise bad_input(
            "signal", f"of shape ({n_bars},), as the bars are", sizes.shape, "align it with the bars on time"
        )
    if not np.isfinite(sizes).all():
        raise bad_input(
            "signal", "finite", f"{int((~np.isfinite(sizes)).sum())} other values",
            "write 0 where there is no prediction",
        )  # fmt: skip
    if options.side == "long":
        return np.maximum(sizes, 0.0)
    return np.minimum(sizes, 0.0) if options.side == "short" else sizes


def _trades_frame(
    bars: pd.DataFrame, steps: NDArray[np.int64], values: NDArray[np.float64], interval: str
) -> pd.DataFrame:
    """Name what the kernel found, with times for bars."""
    signal_bar, exit_bar, reason, at_open = steps.T
    size, exit_price, gross, cost, net = values.T
    opened = bars["open_time"].reset_index(drop=True)
    keys = row_keys(bars, interval)
    known = keys.pop("time")
    exit_time = opened.iloc[exit_bar].reset_index(drop=True)
    exit_time = exit_time.where(at_open == 1, known.iloc[exit_bar].reset_index(drop=True))
    columns = (
        known.iloc[signal_bar].array, opened.iloc[signal_bar + 1].array,
        exit_time.array, np.where(size > 0, "long", "short"), np.abs(size),
        bars["open"].to_numpy(np.float64)[signal_bar + 1], exit_price, gross, cost, net, REASONS[reason],
    )  # fmt: skip
    trades = pd.DataFrame(dict(zip(TRADE_COLUMNS, columns, strict=True)), index=pd.RangeIndex(len(steps)))
    return keys.iloc[signal_bar].reset_index(drop=True).join(trades)


def _equity_frame(
    bars: pd.DataFrame, paths: NDArray[np.float64], options: BacktestOptions, interval: str
) -> pd.DataFrame:
    """Put the paths beside their times, with drawdown and the buy-and-hold path."""
    equity, gross_equity, position = paths
    closes = bars["close"].to_numpy(np.float64)
    ratio = closes / float(bars["open"].iloc[1])
    hold = ratio - options.cost
    hold[0] = 1.0
    hold[-1] -= options.cost * ratio[-1]
    return row_keys(bars, interval).assign(
        equity=equity,
        gross_equity=gross_equity,
        position=position,
        drawdown=1.0 - equity / np.maximum.accumulate(equity),
        hold=hold,
    )


def _check_accounts(trades: pd.DataFrame, equity: pd.DataFrame) -> None:
    """Stop on accounts that do not add up: the one thing no reader could see afterwards."""
    compounded = np.where(trades["reason"] == "ruin", 0.0, 1.0 + trades["net"]).prod()
    final = float(equity["equity"].iloc[-1])
    broken = {
        "gross - cost = net": not np.allclose(trades["gross"] - trades["cost"], trades["net"], atol=1e-12),
        "final equity = compounded trades": not np.isclose(final, compounded, rtol=1e-9, atol=1e-12),
        "no fill before its signal": bool((trades["entry_time"] < trades["signal_time"]).any()),
        "one position at a time": bool(
            (trades["entry_time"].iloc[1:].array < trades["exit_time"].iloc[:-1].array).any()
        ),
    }
    failed = [name for name, is_broken in broken.items() if is_broken]
    if failed:
        raise ArithmeticError(f"backtest accounts are broken: {'; '.join(failed)}")
