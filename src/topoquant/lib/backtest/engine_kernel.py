"""One pass over the bars: when a trade ends, what it earns, and the equity at every close."""

import numpy as np
from numba import njit
from numpy.typing import NDArray

TIME, STOP, TAKE_PROFIT, RUIN, END = range(5)
Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@njit(cache=True)
def adverse_levels(entry_price: float, size: float, stop: float, cost: float) -> tuple[float, float]:
    """Prices at which the stop is touched and at which no equity is left; `stop` infinite for none.

    Equity over equity at entry is 1 + size (p/e - 1) - cost |size| (1 + p/e); its zero in p/e is
    where a broker would have closed the position.
    """
    side = 1.0 if size > 0 else -1.0
    amount = abs(size)
    ruin = entry_price * (size + cost * amount - 1.0) / (amount * (side - cost))
    return entry_price * (1.0 - side * stop), ruin


@njit(cache=True)
def walk_trade(
    opens: Floats, highs: Floats, lows: Floats, closes: Floats, stamps: Integers,
    entry: int, deadline: int, size: float, stop: float, take_profit: float, cost: float,
) -> tuple[int, float, int, bool]:  # fmt: skip
    """Return (bar, price, reason, whether at the open) of the exit of a trade filled at `opens[entry]`.

    In each bar: the scheduled exit at the open, then a gap through a level, filled at the open, then
    the stop, then the take-profit. After the last bar the trade closes at its close.
    """
    side = 1.0 if size > 0 else -1.0
    stop_level, ruin_level = adverse_levels(opens[entry], size, stop, cost)
    ruined = side * (ruin_level - stop_level) >= 0.0
    adverse = ruin_level if ruined else stop_level
    adverse_reason = RUIN if ruined else STOP
    favourable = opens[entry] * (1.0 + side * take_profit)
    for i in range(entry, opens.size):
        if i > entry:
            if stamps[i] >= deadline:
                return i, opens[i], TIME, True
            if side * (opens[i] - adverse) <= 0.0:
                return i, opens[i], adverse_reason, True
            if side * (opens[i] - favourable) >= 0.0:
                return i, opens[i], TAKE_PROFIT, True
        worst, best = (lows[i], highs[i]) if side > 0 else (highs[i], lows[i])
        if side * (worst - adverse) <= 0.0:
            return i, adverse, adverse_reason, False
        if side * (best - favourable) >= 0.0:
            return i, favourable, TAKE_PROFIT, False
    return opens.size - 1, closes[-1], END, False


@njit(cache=True)
def trade_return(entry_price: float, price: float, size: float, cost: float) -> tuple[float, float]:
    """Gross return and cost of a round trip, as fractions of the equity at entry."""
    ratio = price / entry_price
    return size * (ratio - 1.0), cost * abs(size) * (1.0 + ratio)


@njit(cache=True)
def _mark(
    paths: Floats, closes: Floats, entry: int, end: int, entry_price: float, size: float, cost: float,
    equity: float, gross_equity: float,
) -> None:  # fmt: skip
    """Mark an open trade to each close before its exit; its entry has been paid for."""
    for j in range(entry, end):
        gain = size * (closes[j] / entry_price - 1.0)
        paths[0, j] = equity * (1.0 + gain - cost * abs(size))
        paths[1, j] = gross_equity * (1.0 + gain)
        paths[2, j] = size


@njit(cache=True)
def run_trades(
    opens: Floats, highs: Floats, lows: Floats, closes: Floats, stamps: Integers,
    signal: Floats, holding: int, stop: float, take_profit: float, cost: float,
) -> tuple[Integers, Floats, Floats]:  # fmt: skip
    """Trade the signal, one position at a time; `holding` is in the unit of `stamps`.

    Returns
    -------
    steps : ndarray of int64, shape (n_trades, 4)
        Bar of the signal, bar of the exit, reason, whether the exit was at the open.
    values : ndarray, shape (n_trades, 5)
        Size, exit price, gross, cost, net.
    paths : ndarray, shape (3, n_bars)
        Equity and gross equity at each close, and the size held in each bar.
    """
    n = opens.size
    steps = np.empty((n, 4), np.int64)
    values = np.empty((n, 5))
    paths = np.zeros((3, n))
    equity = gross_equity = 1.0
    paths[0, 0] = paths[1, 0] = 1.0
    n_trades = 0
    i = 0  # bar whose close is now; everything up to it is marked
    while i < n - 1:
        size = signal[i]
        if size == 0.0 or equity <= 0.0:
            i += 1
            paths[0, i] = equity
            paths[1, i] = gross_equity
            continue
        entry = i + 1
        end, price, reason, at_open = walk_trade(
            opens, highs, lows, closes, stamps, entry, stamps[entry] + holding, size, stop, take_profit, cost
        )
        _mark(paths, closes, entry, end, opens[entry], size, cost, equity, gross_equity)
        gross, paid = trade_return(opens[entry], price, size, cost)
        net = gross - paid
        if net <= -1.0:
            reason = RUIN
        equity = 0.0 if reason == RUIN else equity * (1.0 + net)
        gross_equity *= max(0.0, 1.0 + gross)
        steps[n_trades] = (i, end, reason, int(at_open))
        values[n_trades] = (size, price, gross, paid, net)
        n_trades += 1
        paths[0, end] = equity
        paths[1, end] = gross_equity
        paths[2, end] = 0.0 if at_open else size
        # A scheduled exit frees its own open for the signal of the close before; no other exit does.
        i = end - 1 if reason == TIME else end
    return steps[:n_trades].copy(), values[:n_trades].copy(), paths


@njit(cache=True)
def random_paths(
    opens: Floats, highs: Floats, lows: Floats, closes: Floats, stamps: Integers,
    entries: Integers, sizes: Floats, points: Integers,
    holding: int, stop: float, take_profit: float, cost: float,
) -> Floats:  # fmt: skip
    """Equity at the closes of `points` (ascending bars), one row per row of `entries` (ascending bars)."""
    n_draws, n_trades = entries.shape
    paths = np.empty((n_draws, points.size))
    for draw in range(n_draws):
        equity = 1.0
        k = 0
        for trade in range(n_trades):
            entry, size = entries[draw, trade], sizes[draw, trade]
            while k < points.size and points[k] < entry:
                paths[draw, k] = equity
                k += 1
            if equity <= 0.0:
                continue
            end, price, reason, _ = walk_trade(
                opens, highs, lows, closes, stamps, entry, stamps[entry] + holding, size,
                stop, take_profit, cost,
            )  # fmt: skip
            while k < points.size and points[k] < end:
                gain = size * (closes[points[k]] / opens[entry] - 1.0)
                paths[draw, k] = equity * (1.0 + gain - cost * abs(size))
                k += 1
            gross, paid = trade_return(opens[entry], price, size, cost)
            equity = 0.0 if reason == RUIN else equity * max(0.0, 1.0 + gross - paid)
        paths[draw, k:] = equity
    return paths
