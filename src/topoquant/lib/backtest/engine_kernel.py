"""One position at a time in one pass over the bars: when a trade ends, what it earns, and the equity."""

import numpy as np
from numba import njit

from topoquant.lib.backtest.marks_kernel import (
    GAINED,
    LOST,
    N_RETURNS,
    N_WINS,
    Floats,
    Integers,
    Prices,
    count_return,
    first_stop_bar,
    mark_trade,
    new_stats,
)

TIME, STOP, TAKE_PROFIT, RUIN, END, TRAILING = range(6)


@njit(cache=True, error_model="numpy")
def ruin_price(entry_price: float, size: float, cost: float, charged: float) -> float:
    """Price at which closing the position would leave nothing of the equity at entry.

    Equity over equity at entry is 1 + size (p/e - 1) - cost |size| (1 + p/e) - charged; its zero in p is
    where a broker would have closed the position. `charged` is the funding so far.
    """
    amount = abs(size)
    side = 1.0 if size > 0 else -1.0
    return entry_price * (size + cost * amount + charged - 1.0) / (amount * (side - cost))


@njit(cache=True, error_model="numpy")
def adverse_level(stop_level: float, trail_level: float, ruin_level: float, side: float) -> tuple[float, int]:
    """Give the level that is touched first on the losing side, and what it is; ruin before a stop at it."""
    level, reason = stop_level, STOP
    if side * (trail_level - level) > 0.0:
        level, reason = trail_level, TRAILING
    if side * (ruin_level - level) >= 0.0:
        level, reason = ruin_level, RUIN
    return level, reason


@njit(cache=True, error_model="numpy")
def exit_in_bar(
    opened: float, high: float, low: float, is_entry: bool, adverse: float, reason: int,
    favourable: float, side: float,
) -> tuple[float, int, bool]:  # fmt: skip
    """Say at what price a bar that touches a level closes a position, why, and whether at its open.

    A gap through a level is filled at the open; in the bar the losing side counts first. At its own fill a
    position can only be ruined, by costs it cannot pay.
    """
    if side * (opened - adverse) <= 0.0 and (not is_entry or reason == RUIN):
        return opened, reason, True
    if not is_entry and side * (opened - favourable) >= 0.0:
        return opened, TAKE_PROFIT, True
    worst = low if side > 0 else high
    if side * (worst - adverse) <= 0.0:
        return adverse, reason, False
    return favourable, TAKE_PROFIT, False


@njit(cache=True, error_model="numpy")
def hold_moving(
    market: Prices, entry: int, deadline: int, size: float, levels: Floats, cost: float, funding: float,
    equity: float, before: float, stats: Floats, path: Floats,
) -> tuple[int, float, int, bool, float]:  # fmt: skip
    """Do what `hold_trade` says where the levels move from bar to bar."""
    opens, highs, lows, closes, stamps = market
    n = opens.size
    side = 1.0 if size > 0 else -1.0
    price, best = opens[entry], opens[entry]
    favourable = price * (1.0 + side * levels[1])
    for i in range(entry, n):
        if stamps[i] >= deadline:
            return i, opens[i], TIME, True, before
        charged = funding * size * (stamps[i] - stamps[entry])
        adverse, reason = adverse_level(
            price * (1.0 - side * levels[0]), best * (1.0 - side * levels[2]),
            ruin_price(price, size, cost, charged), side,
        )  # fmt: skip
        lower, upper = (adverse, favourable) if side > 0 else (favourable, adverse)
        if lows[i] <= lower or highs[i] >= upper:
            exit_price, why, at_open = exit_in_bar(
                opens[i], highs[i], lows[i], i == entry, adverse, reason, favourable, side
            )
            return i, exit_price, why, at_open, before
        if i == n - 1:
            break
        value = equity * (1.0 + size * (closes[i] / price - 1.0) - cost * abs(size) - charged)
        best = max(best, highs[i]) if side > 0 else min(best, lows[i])
        count_return(value, before, stats)
        before = value
        if path.size:
            path[i] = value
    return n - 1, closes[-1], END, False, before


@njit(cache=True, error_model="numpy")
def find_exit(
    market: Prices, entry: int, deadline: int, size: float, levels: Floats, cost: float
) -> tuple[int, float, int, bool]:
    """Find the exit of a trade whose levels stay where they are: bar, price, reason, whether at the open."""
    opens, highs, lows, closes, stamps = market
    side = 1.0 if size > 0 else -1.0
    price = opens[entry]
    favourable = price * (1.0 + side * levels[1])
    adverse, reason = adverse_level(
        price * (1.0 - side * levels[0]), -side * np.inf, ruin_price(price, size, cost, 0.0), side
    )
    lower, upper = (adverse, favourable) if side > 0 else (favourable, adverse)
    end = first_stop_bar(highs, lows, stamps, entry, deadline, lower, upper)
    if end == opens.size:
        return end - 1, closes[-1], END, False
    if stamps[end] >= deadline:
        return end, opens[end], TIME, True
    exit_price, why, at_open = exit_in_bar(
        opens[end], highs[end], lows[end], end == entry, adverse, reason, favourable, side
    )
    return end, exit_price, why, at_open


@njit(cache=True, error_model="numpy")
def hold_trade(
    market: Prices, entry: int, deadline: int, size: float, levels: Floats, cost: float, funding: float,
    equity: float, before: float, stats: Floats, path: Floats,
) -> tuple[int, float, int, bool, float]:  # fmt: skip
    """Hold one trade from `opens[entry]`: its exit, and every close before it marked and counted.

    In each bar: the scheduled exit at the open, then `exit_in_bar`. After the last bar the trade closes at
    its close. `levels` holds stop, take-profit and trailing distance (infinite for none), `funding` a rate
    per unit of `stamps`. A trailing stop follows the best price up to the bar before. An empty `path` is not
    written.

    Returns bar, price and reason of the exit, whether it was at the open, and the value at the last close
    before it. `before` is that value on entry.
    """
    if levels[2] < np.inf or funding != 0.0:
        return hold_moving(market, entry, deadline, size, levels, cost, funding, equity, before, stats, path)
    end, price, reason, at_open = find_exit(market, entry, deadline, size, levels, cost)
    base, units = equity * (1.0 - size - cost * abs(size)), equity * size / market[0][entry]
    before = mark_trade(market[3], entry, end, base, units, before, stats, path)
    return end, price, reason, at_open, before


@njit(cache=True, error_model="numpy")
def trade_return(
    entry_price: float, price: float, size: float, cost: float, charged: float
) -> tuple[float, float]:
    """Gross return and cost of a round trip, funding included, as fractions of the equity at entry."""
    ratio = price / entry_price
    return size * (ratio - 1.0), cost * abs(size) * (1.0 + ratio) + charged


@njit(cache=True, error_model="numpy")
def settle(
    entry_price: float, price: float, size: float, cost: float, charged: float, reason: int, equity: float,
    stats: Floats,
) -> tuple[float, float, float, int]:  # fmt: skip
    """Book a closed trade: gross, cost, equity afterwards, and the reason, which ruin overrules."""
    gross, paid = trade_return(entry_price, price, size, cost, charged)
    net = gross - paid
    if net <= -1.0:
        reason = RUIN
    if net > 0.0:
        stats[N_WINS] += 1.0
        stats[GAINED] += net * equity
    else:
        stats[LOST] -= net * equity
    return gross, paid, 0.0 if reason == RUIN else equity * (1.0 + net), reason


@njit(cache=True, error_model="numpy")
def run_trades(
    market: Prices, sizes: Floats, levels: Floats, holding: Integers, cost: float, funding: float,
    limit: float, detail: bool,
) -> tuple[Integers, Floats, Floats, Floats]:  # fmt: skip
    """Trade signed sizes, one position at a time; `market` is opens, highs, lows, closes and stamps.

    `levels`, shape (n or 1, 3), and `holding`, shape (n or 1,) in the unit of `stamps`, are those of the
    signal's bar; a NaN level gives no entry. `limit` is the largest size.

    Returns
    -------
    steps : ndarray of int64, shape (n_trades, 4)
        Bar of the signal, bar of the exit, reason, whether the exit was at the open.
    values : ndarray, shape (n_trades, 6)
        Size, exit price, gross, cost, net, and equity at entry.
    paths : ndarray, shape (3, n_bars), or (1, n_bars) without `detail`
        Equity at each close, the signed size held in each bar, and the value held at each close over the
        equity.
    stats : ndarray, shape (N_STATS,)
        Sums over the path.
    """
    opens, _highs, _lows, closes, stamps = market
    n = opens.size
    steps = np.empty((n, 4), np.int64)
    values = np.empty((n, 6))
    paths = np.zeros((3, n)) if detail else np.empty((1, n))
    path = paths[0]
    stats = new_stats()
    equity = before = 1.0
    path[0] = 1.0
    n_trades = 0
    ruined_at = n - 1
    i = 0  # bar whose close is now; everything up to it is marked
    while i < n - 1:
        row = i if levels.shape[0] > 1 else 0
        size = min(max(sizes[i], -limit), limit)
        if size == 0.0 or np.isnan(levels[row, 0] + levels[row, 1] + levels[row, 2]) or equity <= 0.0:
            i += 1
            path[i] = equity
            if before != equity:
                count_return(equity, before, stats)
                before = equity
            while i < n - 1 and sizes[i] == 0.0:
                i += 1
                path[i] = equity
            continue
        entry = i + 1
        deadline = stamps[entry] + holding[i if holding.size > 1 else 0]
        end, price, reason, at_open, before = hold_trade(
            market, entry, deadline, size, levels[row], cost, funding,
            equity, before, stats, path,
        )  # fmt: skip
        charged = funding * size * (stamps[end] - stamps[entry])
        gross, paid, after, reason = settle(opens[entry], price, size, cost, charged, reason, equity, stats)
        steps[n_trades] = (i, end, reason, int(at_open))
        values[n_trades] = (size, price, gross, paid, gross - paid, equity)
        n_trades += 1
        if detail:
            for j in range(entry, end if at_open else end + 1):
                paths[1, j] = size
            for j in range(entry, end):
                paths[2, j] = abs(size) * closes[j] / opens[entry] * equity / path[j]
        equity = after
        # A scheduled exit frees its own open for the signal of the close before; no other exit does.
        if reason == TIME:
            i = end - 1
            continue
        path[end] = equity
        count_return(equity, before, stats)
        before = equity
        ruined_at = end if equity <= 0.0 else ruined_at
        i = end
    stats[N_RETURNS] = ruined_at
    return steps[:n_trades].copy(), values[:n_trades].copy(), paths, stats


@njit(cache=True, error_model="numpy")
def random_paths(
    market: Prices, entries: Integers, sizes: Floats, points: Integers,
    levels: Floats, holding: Integers, cost: float, funding: float, limit: float,
) -> Floats:  # fmt: skip
    """Equity at the closes of `points` (ascending bars), one row per row of `entries` (ascending bars)."""
    opens, _highs, _lows, _closes, stamps = market
    n_draws, n_trades = entries.shape
    paths = np.empty((n_draws, points.size))
    path = np.empty(opens.size)
    for draw in range(n_draws):
        equity = 1.0
        stats = new_stats()
        k = free = 0
        for trade in range(n_trades):
            entry = entries[draw, trade]
            size = min(max(sizes[draw, trade], -limit), limit)
            row = entry - 1 if levels.shape[0] > 1 else 0
            while k < points.size and points[k] < entry:
                paths[draw, k] = equity
                k += 1
            known = levels[row, 0] + levels[row, 1] + levels[row, 2]
            if equity <= 0.0 or entry < free or size == 0.0 or np.isnan(known):
                continue
            deadline = stamps[entry] + holding[entry - 1 if holding.size > 1 else 0]
            end, price, reason, _at_open, _ = hold_trade(
                market, entry, deadline, size, levels[row], cost, funding,
                equity, equity, stats, path,
            )  # fmt: skip
            while k < points.size and points[k] < end:
                paths[draw, k] = path[points[k]]
                k += 1
            charged = funding * size * (stamps[end] - stamps[entry])
            _, _, equity, reason = settle(opens[entry], price, size, cost, charged, reason, equity, stats)
            free = end if reason == TIME else end + 1
        paths[draw, k:] = equity
    return paths
