"""Many settings over the same bars: only bars with a signal are looked at, and every trade is followed once.

What a trade adds to the sums over a path is the same whatever the equity it starts from: a path is a walk
over trades that are known, from signal to signal, and looks at no bar again.

`taken` is (signals, after) of `run_settings`; `known` what is remembered of their trades: steps, facts, and
where each level is first touched.
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from topoquant.lib.backtest.engine_kernel import (
    END,
    RUIN,
    TIME,
    adverse_level,
    exit_in_bar,
    hold_trade,
    ruin_price,
    settle,
    trade_return,
)
from topoquant.lib.backtest.marks_kernel import (
    DOWNSIDE,
    DRAWDOWN,
    GAINED,
    LOST,
    N_RETURNS,
    N_STATS,
    N_WINS,
    PEAK,
    SQUARES,
    SUM,
    Floats,
    Integers,
    Prices,
    count_return,
    follow_drawdown,
    new_stats,
    sums_of_marks,
)

Small = NDArray[np.int32]
Taken = tuple[Integers, Small]
Known = tuple[Small, Floats, Small]
# After the sums of a path: the number of trades and the final equity.
N_TRADES, FINAL = N_STATS, N_STATS + 1
# What is known of the trade of a signal, for an equity of 1 at its entry: sums over the returns between its
# marks, the lowest, highest and first of these, and the equity afterwards over the last of them.
SIZE, NET, GROWTH, TOTAL, SQUARE, LOSS, LOWEST, HIGHEST, FIRST, EXIT = range(10)
# The exits it was followed with, its last bar, the first signal after it, and that signal again where it is
# filled at the open at which the trade ends (else -1).
SEEN, END_BAR, NEXT, JOINED = range(4)


@njit(cache=True, error_model="numpy")
def first_touch(
    prices: Floats, level: float, is_above: bool, touch: Small, k: int, column: int, bound: int
) -> int:
    """Find the first bar before `bound` whose price reaches a level; `bound` for none.

    `touch[k, column]` is the bar a level was first touched in, or the complement of the bar up to which it
    was not: a search goes on where the last one for the same level ended.
    """
    known = touch[k, column]
    if known >= 0:
        return min(known, bound)
    i = ~known
    if i >= bound:
        return bound
    sign = 1.0 if is_above else -1.0
    while i + 8 <= bound:
        n_beyond = 0
        for j in range(8):
            n_beyond += sign * (prices[i + j] - level) >= 0.0
        if n_beyond:
            break
        i += 8
    while i < bound and sign * (prices[i] - level) < 0.0:
        i += 1
    touch[k, column] = i if i < bound else ~i
    return i


@njit(cache=True, error_model="numpy", inline="always")
def find_touch(
    market: Prices, k: int, entry: int, due: int, size: float, levels: Floats, columns: Small, cost: float,
    touch: Small,
) -> tuple[int, float, int]:  # fmt: skip
    """Find what `find_exit` finds, from the first touches of each level: bar, price and reason."""
    opens, highs, lows, closes, _ = market
    side = 1.0 if size > 0 else -1.0
    price, is_long = opens[entry], size > 0
    favourable = price * (1.0 + side * levels[1])
    adverse, reason = adverse_level(
        price * (1.0 - side * levels[0]), -side * np.inf, ruin_price(price, size, cost, 0.0), side
    )
    end = first_touch(lows if is_long else highs, adverse, not is_long, touch, k, columns[0], due)
    bound = min(end + 1, due)
    taken = first_touch(highs if is_long else lows, favourable, is_long, touch, k, columns[1], bound)
    end = min(end, taken) if taken < bound else end
    if end == due:
        if due == opens.size:
            return due - 1, closes[-1], END
        return due, opens[due], TIME
    exit_price, why, _ = exit_in_bar(
        opens[end], highs[end], lows[end], end == entry, adverse, reason, favourable, side
    )
    return end, exit_price, why


@njit(cache=True, error_model="numpy", inline="always")
def learn_trade(
    k: int, seen: int, market: Prices, taken: Taken, due: int, size: float, levels: Floats, columns: Small,
    cost: float, known: Known,
) -> None:  # fmt: skip
    """Follow the trade of signal `k` once, for every threshold that takes it."""
    signals, after = taken
    where, facts, touch = known
    opens, closes, entry = market[0], market[3], signals[k] + 1
    if facts[k, SIZE] != size:
        touch[k] = ~entry
    end, price, reason = find_touch(market, k, entry, due, size, levels, columns, cost, touch)
    gross, paid = trade_return(opens[entry], price, size, cost, 0.0)
    net = gross - paid
    growth = 0.0 if reason == RUIN or net <= -1.0 else 1.0 + net
    # A scheduled exit frees its own open for the signal of the close before; no other exit does.
    following = after[end - 1 if reason == TIME else end]
    joins = reason == TIME and growth > 0.0 and following < signals.size and signals[following] == end - 1
    where[k, SEEN], where[k, END_BAR] = seen, end
    where[k, NEXT], where[k, JOINED] = following, following if joins else -1
    first = last = lowest = highest = growth
    total = squares = downside = 0.0
    if end > entry:
        base, units = 1.0 - size - cost * abs(size), size / opens[entry]
        total, squares, downside, lowest, highest = sums_of_marks(closes, entry, end, base, units)
        first, last = base + units * closes[entry], base + units * closes[end - 1]
    exited = growth / last if last != 0.0 else 1.0
    facts[k] = (size, net, growth, total, squares, downside, lowest, highest, first, exited)


@njit(cache=True, error_model="numpy")
def follow_marks(
    entry: int, end: int, size: float, equity: float, cost: float, market: Prices, stats: Floats
) -> None:
    """Let peak and drawdown follow the marks of a trade one by one."""
    base, units = equity * (1.0 - size - cost * abs(size)), equity * size / market[0][entry]
    for j in range(entry, end):
        follow_drawdown(base + units * market[3][j], stats)


@njit(cache=True, error_model="numpy")
def walk_trades(
    seen: int, market: Prices, taken: Taken, sizes: Floats, following: Small, levels: Floats,
    columns: Small, units: Floats, due: Integers, cost: float, known: Known, stats: Floats,
) -> tuple[int, float]:  # fmt: skip
    """Walk one setting over trades whose levels stay where they are; how many trades, and the last equity."""
    signals, where, facts = taken[0], known[0], known[1]
    total = squares = downside = n_wins = gained = lost = 0.0
    equity = carried = 1.0  # `carried`: equity over the last mark, where the last trade ended at this open
    own, n_trades, k = levels.copy(), 0, following[0]
    while k < signals.size:
        size = sizes[k]
        if where[k, SEEN] != seen or facts[k, SIZE] != size:
            unit = units[signals[k] if units.size > 1 else 0]
            own[0], own[1] = levels[0] * unit, levels[1] * unit
            learn_trade(k, seen, market, taken, due[k], size, own, columns, cost, known)
        fact = facts[k]
        lowest, highest = fact[LOWEST] * equity, fact[HIGHEST] * equity
        if highest <= stats[PEAK]:
            if lowest < stats[PEAK] * (1.0 - stats[DRAWDOWN]):
                stats[DRAWDOWN] = 1.0 - lowest / stats[PEAK]
        elif lowest >= highest * (1.0 - stats[DRAWDOWN]):
            stats[PEAK] = highest
        else:  # how deep the path fell depends on the order of its marks
            follow_marks(signals[k] + 1, where[k, END_BAR], size, equity, cost, market, stats)
        change = fact[FIRST] * carried - 1.0
        loss = min(change, 0.0)
        total += fact[TOTAL] + change
        squares += fact[SQUARE] + change * change
        downside += fact[LOSS] + loss * loss
        won = fact[NET] * equity
        n_wins += won > 0.0
        gained += max(won, 0.0)
        lost -= min(won, 0.0)
        equity *= fact[GROWTH]
        n_trades += 1
        last, k = k, following[where[k, NEXT]]
        if k == where[last, JOINED]:
            carried = fact[EXIT]
            continue
        carried, change = 1.0, fact[EXIT] - 1.0
        loss = min(change, 0.0)
        total += change
        squares += change * change
        downside += loss * loss
        follow_drawdown(equity, stats)
        if equity <= 0.0:
            stats[N_RETURNS] = where[last, END_BAR]
            break
    stats[SUM], stats[SQUARES], stats[DOWNSIDE] = total, squares, downside
    stats[N_WINS], stats[GAINED], stats[LOST] = n_wins, gained, lost
    return n_trades, equity


@njit(cache=True, error_model="numpy")
def walk_moving(
    market: Prices, taken: Taken, sizes: Floats, following: Small, levels: Floats, units: Floats,
    holding: int, cost: float, funding: float, stats: Floats,
) -> tuple[int, float]:  # fmt: skip
    """Walk one setting bar by bar where levels move or funding is paid."""
    signals, after = taken
    opens, stamps, no_path = market[0], market[4], np.empty(0)
    equity = before = 1.0
    own, n_trades, k = levels.copy(), 0, following[0]
    while k < signals.size and equity > 0.0:
        entry, size = signals[k] + 1, sizes[k]
        own[:] = levels * units[signals[k] if units.size > 1 else 0]
        end, price, reason, _, before = hold_trade(
            market, entry, stamps[entry] + holding, size, own, cost, funding, equity, before, stats, no_path
        )
        charged = funding * size * (stamps[end] - stamps[entry])
        _, _, equity, reason = settle(opens[entry], price, size, cost, charged, reason, equity, stats)
        n_trades += 1
        k = following[after[end - 1 if reason == TIME else end]]
        if reason != TIME or k == signals.size or signals[k] != end - 1:
            count_return(equity, before, stats)
            before = equity
        if equity <= 0.0:
            stats[N_RETURNS] = end
    return n_trades, equity


@njit(cache=True, error_model="numpy", nogil=True)
def run_settings(
    market: Prices, signals: Integers, sizes: Floats, following: Small, after: Small, distances: Floats,
    columns: Small, units: Floats, holding: Integers, dues: Integers, costs: Floats,
) -> Floats:  # fmt: skip
    """Trade every threshold with every set of exits as `run_trades` does, writing no path.

    `signals`, shape (m,), are the bars with a signal at one threshold or more, none of them the last bar;
    row k of `sizes`, shape (n_thresholds, m), is what threshold k puts at stake at each (0 for none), row k
    of `following`, shape (n_thresholds, m + 1), the first at or after each that it takes (m for none), and
    `after`, shape (n,), the first at or after each bar. Row j of `distances`, shape (n_exits, 3),
    multiplies `units`, shape (n or 1,), and `holding`, shape (n_exits,), goes with it; equal distances and
    holdings have equal `columns`, shape (n_exits, 3), no stop one with a take-profit. The third is the row
    of `dues`, shape (n_holdings, m), the bar at whose open the trade of each signal is due. `costs` are
    those of a fill, and funding. The trade of a bar is the same whatever threshold let it through, so that
    it is followed once for each set of exits, and where a level is first touched is looked for once,
    whatever the other exits.

    Returns
    -------
    ndarray, shape (n_thresholds, n_exits, N_STATS + 2)
        Sums over each path, the number of trades and the final equity.
    """
    cost, funding = costs
    n_thresholds, n_exits = len(sizes), holding.size
    results = np.empty((n_thresholds, n_exits, N_STATS + 2))
    where, facts = np.full((signals.size, 4), -1, np.int32), np.zeros((signals.size, 10))
    touch = np.empty((signals.size, columns[:, 1].max() + 1), np.int32)
    taken, known = (signals, after), (where, facts, touch)
    for j in range(n_exits):
        levels, due = distances[j], dues[columns[j, 2]]
        for k in range(n_thresholds):
            stats = new_stats()
            stats[N_RETURNS] = market[0].size - 1
            if levels[2] < np.inf or funding != 0.0:
                found = walk_moving(
                    market, taken, sizes[k], following[k], levels, units, holding[j], cost, funding, stats
                )
            else:
                found = walk_trades(
                    j, market, taken, sizes[k], following[k], levels, columns[j], units, due, cost, known,
                    stats,
                )  # fmt: skip
            results[k, j, :N_STATS] = stats
            results[k, j, N_TRADES], results[k, j, FINAL] = found
    return results
