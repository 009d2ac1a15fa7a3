"""Several positions at once in one pass over the bars: each entry is a trade of its own.

`market` is (opens, highs, lows, closes, stamps); `terms` (cost of a fill, funding per unit of `stamps`);
`state` what changes: steps and values of open positions in the order of their entries, counts (open,
closed), the settled equity, steps and values of closed trades, and `stats` as in the engine's kernel.
"""

from typing import Any

import numpy as np
from numba import njit

from topoquant.lib.backtest.engine_kernel import END, RUIN, STOP, TAKE_PROFIT, TIME, TRAILING, settle
from topoquant.lib.backtest.marks_kernel import N_RETURNS, Floats, Integers, Prices, count_return, new_stats

SIGNAL, ENTRY, DEADLINE = range(3)
SIZE, CAPITAL, PRICE, STOP_AT, TAKE_AT, TRAIL, BEST = range(7)
OPEN, CLOSED = range(2)
State = Any
Terms = tuple[float, float]


@njit(cache=True)
def account_value(i: int, price: float, market: Prices, terms: Terms, state: State, closing: bool) -> float:
    """Value the account in bar `i` at a price; `closing` pays the exits of what is open as well."""
    steps, book, counts, money = state[:4]
    value = money[0]
    for k in range(counts[OPEN]):
        size, ratio = book[k, SIZE], price / book[k, PRICE]
        paid = terms[0] * abs(size) * (1.0 + ratio if closing else 1.0)
        charged = terms[1] * size * (market[4][i] - market[4][steps[k, ENTRY]])
        value += book[k, CAPITAL] * (size * (ratio - 1.0) - paid - charged)
    return value


@njit(cache=True)
def account_ruin(i: int, market: Prices, terms: Terms, state: State) -> tuple[float, float]:
    """Give the price at which closing everything leaves nothing, and what a unit of price is worth."""
    steps, book, counts, money = state[:4]
    at_zero, slope = money[0], 0.0
    for k in range(counts[OPEN]):
        size, capital = book[k, SIZE], book[k, CAPITAL]
        amount = terms[0] * abs(size)
        charged = terms[1] * size * (market[4][i] - market[4][steps[k, ENTRY]])
        at_zero -= capital * (size + amount + charged)
        slope += capital * (size - amount) / book[k, PRICE]
    return (-at_zero / slope if slope != 0.0 else np.nan), slope


@njit(cache=True)
def close_position(
    k: int, i: int, price: float, reason: int, at_open: bool, market: Prices, terms: Terms, state: State
) -> None:
    """Close the open position `k` and move those behind it up."""
    steps, book, counts, money, out_steps, out_values, stats = state
    size, capital = book[k, SIZE], book[k, CAPITAL]
    charged = terms[1] * size * (market[4][i] - market[4][steps[k, ENTRY]])
    gross, paid, _, _ = settle(book[k, PRICE], price, size, terms[0], charged, reason, capital, stats)
    money[0] += capital * (gross - paid)
    out_steps[counts[CLOSED]] = (steps[k, SIGNAL], i, reason, int(at_open))
    out_values[counts[CLOSED]] = (size, price, gross, paid, gross - paid, capital)
    counts[CLOSED] += 1
    for j in range(k, counts[OPEN] - 1):
        steps[j], book[j] = steps[j + 1], book[j + 1]
    counts[OPEN] -= 1
    if counts[OPEN] == 0 and money[0] <= 0.0:
        out_steps[counts[CLOSED] - 1, 2] = RUIN


@njit(cache=True)
def close_all(
    i: int, price: float, reason: int, at_open: bool, market: Prices, terms: Terms, state: State
) -> None:
    """Close everything at one price."""
    while state[2][OPEN] > 0:
        close_position(0, i, price, reason, at_open, market, terms, state)


@njit(cache=True)
def stop_of(book: Floats, k: int) -> tuple[float, int]:
    """Give the stop of a position that is touched first, the trailing one where strictly nearer."""
    side = 1.0 if book[k, SIZE] > 0 else -1.0
    trailing = book[k, BEST] * (1.0 - side * book[k, TRAIL])
    if side * (trailing - book[k, STOP_AT]) > 0.0:
        return trailing, TRAILING
    return book[k, STOP_AT], STOP


@njit(cache=True)
def exits_at_open(i: int, market: Prices, terms: Terms, state: State) -> int:
    """Close what is due and what a gap took through a level; return how many the gap closed."""
    steps, book, counts = state[:3]
    price = market[0][i]
    n_gapped = k = 0
    while k < counts[OPEN]:
        side = 1.0 if book[k, SIZE] > 0 else -1.0
        level, reason = stop_of(book, k)
        if market[4][i] >= steps[k, DEADLINE]:
            reason = TIME
        elif side * (price - level) <= 0.0:
            n_gapped += 1
        elif side * (price - book[k, TAKE_AT]) >= 0.0:
            reason = TAKE_PROFIT
            n_gapped += 1
        else:
            k += 1
            continue
        close_position(k, i, price, reason, True, market, terms, state)
    return n_gapped


@njit(cache=True)
def enter(
    i: int, size: float, levels: Floats, holding: int, limit: float, market: Prices, terms: Terms,
    state: State,
) -> None:  # fmt: skip
    """Open a position at the open of bar `i`, cut to what the limit leaves."""
    steps, book, counts = state[:3]
    price, n_open = market[0][i], counts[OPEN]
    equity = account_value(i, price, market, terms, state, False)
    held = 0.0
    for k in range(n_open):
        held += abs(book[k, SIZE]) * book[k, CAPITAL] * price / book[k, PRICE]
    left = max(0.0, limit - held / equity)
    size = min(max(size, -left), left)
    if size == 0.0:
        return
    side = 1.0 if size > 0 else -1.0
    stop_at, take_at = price * (1.0 - side * levels[0]), price * (1.0 + side * levels[1])
    steps[n_open] = (i - 1, i, market[4][i] + holding)
    book[n_open] = (size, equity, price, stop_at, take_at, levels[2], price)
    counts[OPEN] += 1


@njit(cache=True)
def nearest_stop(book: Floats, n_open: int, direction: float, extreme: float) -> tuple[int, float, int]:
    """Find the stop that a move to `extreme` touches first: its position (-1 for none), level and reason."""
    found, nearest, why = -1, 0.0, STOP
    for k in range(n_open):
        if book[k, SIZE] * direction > 0.0:
            level, reason = stop_of(book, k)
            is_nearer = found < 0 or direction * (level - nearest) > 0.0
            if is_nearer and direction * (extreme - level) <= 0.0:
                found, nearest, why = k, level, reason
    return found, nearest, why


@njit(cache=True)
def stops_in_bar(i: int, direction: float, market: Prices, terms: Terms, state: State) -> bool:
    """Follow the price one way (down for 1) through stops and ruin; return whether the account is ruined."""
    book, counts = state[1], state[2]
    extreme = market[2][i] if direction > 0 else market[1][i]
    while counts[OPEN] > 0:
        k, level, reason = nearest_stop(book, counts[OPEN], direction, extreme)
        zero, slope = account_ruin(i, market, terms, state)
        is_touched = slope * direction > 0.0 and direction * (extreme - zero) <= 0.0
        if is_touched and (k < 0 or direction * (zero - level) >= 0.0):
            close_all(i, zero, RUIN, False, market, terms, state)
            return True
        if k < 0:
            return False
        close_position(k, i, level, reason, False, market, terms, state)
    return False


@njit(cache=True)
def profits_in_bar(i: int, market: Prices, terms: Terms, state: State) -> None:
    """Close what touches its take-profit."""
    book, counts = state[1], state[2]
    k = 0
    while k < counts[OPEN]:
        side = 1.0 if book[k, SIZE] > 0 else -1.0
        best = market[1][i] if side > 0 else market[2][i]
        if side * (best - book[k, TAKE_AT]) >= 0.0:
            close_position(k, i, book[k, TAKE_AT], TAKE_PROFIT, False, market, terms, state)
        else:
            k += 1


@njit(cache=True)
def is_ruined(i: int, price: float, at_open: bool, market: Prices, terms: Terms, state: State) -> bool:
    """Close everything where the account could not pay for it any more."""
    if state[2][OPEN] == 0:
        return state[3][0] <= 0.0
    if account_value(i, price, market, terms, state, True) > 0.0:
        return False
    close_all(i, price, RUIN, at_open, market, terms, state)
    return True


@njit(cache=True)
def ruined_inside(i: int, market: Prices, terms: Terms, state: State) -> bool:
    """Walk through the bar: the way that hurts the account, the other way, then take-profits."""
    _, slope = account_ruin(i, market, terms, state)
    first = 1.0 if slope >= 0.0 else -1.0
    if stops_in_bar(i, first, market, terms, state) or stops_in_bar(i, -first, market, terms, state):
        return True
    profits_in_bar(i, market, terms, state)
    return is_ruined(i, market[3][i], False, market, terms, state)


@njit(cache=True)
def mark_bar(i: int, market: Prices, terms: Terms, state: State, paths: Floats) -> None:
    """Write a bar's equity and what is held at its close; let trailing stops follow."""
    book, counts = state[1], state[2]
    equity = account_value(i, market[3][i], market, terms, state, False)
    paths[0, i] = equity
    for k in range(counts[OPEN]):
        paths[1, i] += book[k, SIZE]
        paths[2, i] += abs(book[k, SIZE]) * book[k, CAPITAL] * market[3][i] / book[k, PRICE] / equity
        if book[k, SIZE] > 0:
            book[k, BEST] = max(book[k, BEST], market[1][i])
        else:
            book[k, BEST] = min(book[k, BEST], market[2][i])


@njit(cache=True)
def run_book(
    market: Prices, sizes: Floats, levels: Floats, holding: Integers, cost: float, funding: float,
    limit: float,
    n_positions: int,
) -> tuple[Integers, Floats, Floats, Floats]:  # fmt: skip
    """Trade signed sizes with up to `n_positions` open at a time; arguments and results as of `run_trades`.

    In each bar: at the open, exits by time and gaps through levels, then ruin, then the entry; in the bar,
    the way that hurts the account first and then the other, along each the stops in the order they are
    touched and ruin where it comes before; then take-profits; after the last bar what is left. `limit` is
    the largest sum of what is held over the equity at the open: an entry is cut to what is left of it.
    A place freed by a gap is free from the next bar on. Trades are in the order of their exits.
    """
    opens, closes = market[0], market[3]
    n = opens.size
    terms = (cost, funding)
    steps, book = np.empty((n_positions, 3), np.int64), np.empty((n_positions, 7))
    counts, money, stats = np.zeros(2, np.int64), np.ones(1), new_stats()
    out_steps, out_values = np.empty((n, 4), np.int64), np.empty((n, 6))
    state = (steps, book, counts, money, out_steps, out_values, stats)
    paths = np.zeros((3, n))
    paths[0, 0] = 1.0
    stats[N_RETURNS] = n - 1
    for i in range(1, n):
        n_gapped = exits_at_open(i, market, terms, state)
        ruined = is_ruined(i, opens[i], True, market, terms, state)
        row = i - 1 if levels.shape[0] > 1 else 0
        known = levels[row, 0] + levels[row, 1] + levels[row, 2]
        has_place = counts[OPEN] + n_gapped < n_positions
        if not ruined and sizes[i - 1] != 0.0 and has_place and not np.isnan(known):
            due = holding[i - 1 if holding.size > 1 else 0]
            enter(i, sizes[i - 1], levels[row], due, limit, market, terms, state)
            ruined = is_ruined(i, opens[i], True, market, terms, state)
        held = counts[OPEN] > 0
        size_held = book[: counts[OPEN], SIZE].sum()
        ruined = ruined or (held and ruined_inside(i, market, terms, state))
        if i == n - 1 and not ruined:
            close_all(i, closes[i], END, False, market, terms, state)
        if ruined:
            money[0] = 0.0
        mark_bar(i, market, terms, state, paths)
        paths[1, i] = size_held
        count_return(paths[0, i], paths[0, i - 1], stats)
        if ruined:
            stats[N_RETURNS] = i
            break
    return out_steps[: counts[CLOSED]].copy(), out_values[: counts[CLOSED]].copy(), paths, stats
