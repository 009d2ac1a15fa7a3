"""What a path is summed up by, bar by bar and trade by trade, while it is made."""

import numpy as np
from numba import njit
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
# Opens, highs, lows, closes and stamps of the bars.
Prices = tuple[Floats, Floats, Floats, Floats, Integers]
# In the order of `stats`.
N_STATS = 9
SUM, SQUARES, DOWNSIDE, PEAK, DRAWDOWN, N_WINS, GAINED, LOST, N_RETURNS = range(N_STATS)


@njit(cache=True, error_model="numpy")
def new_stats() -> Floats:
    """Give the counters of a path that starts at 1."""
    stats = np.zeros(N_STATS)
    stats[PEAK] = 1.0
    return stats


@njit(cache=True, error_model="numpy")
def first_stop_bar(
    highs: Floats, lows: Floats, stamps: Integers, entry: int, deadline: int, lower: float, upper: float
) -> int:
    """Find the first bar from `entry` on that is due or leaves the open interval of two prices.

    Eight bars at a time are looked at without a branch; a processor guesses wrong where a loop may end.
    """
    n = stamps.size
    i = entry
    while i + 8 <= n and stamps[i + 7] < deadline:
        n_beyond = 0
        for j in range(8):
            n_beyond += (lows[i + j] <= lower) | (highs[i + j] >= upper)
        if n_beyond:
            break
        i += 8
    while i < n and stamps[i] < deadline and lows[i] > lower and highs[i] < upper:
        i += 1
    return i


@njit(cache=True, error_model="numpy", fastmath={"reassoc", "nnan", "nsz", "contract"})
def sums_of_marks(
    closes: Floats, first: int, end: int, base: float, units: float
) -> tuple[float, float, float, float, float]:
    """Sum the returns of `base + units * close` over the bars after `first`, with its lowest and highest.

    Sums may be taken in any order: that is what lets them be vectorised.
    """
    total = squares = downside = 0.0
    lowest = highest = base + units * closes[first]
    for j in range(first + 1, end):
        value, earlier = base + units * closes[j], base + units * closes[j - 1]
        change = (value - earlier) / earlier
        total += change
        squares += change * change
        loss = min(change, 0.0)
        downside += loss * loss
        lowest, highest = min(lowest, value), max(highest, value)
    return total, squares, downside, lowest, highest


@njit(cache=True, error_model="numpy")
def follow_drawdown(value: float, stats: Floats) -> None:
    """Let peak and deepest drawdown follow one value."""
    if value > stats[PEAK]:
        stats[PEAK] = value
    elif value < stats[PEAK] * (1.0 - stats[DRAWDOWN]):
        stats[DRAWDOWN] = 1.0 - value / stats[PEAK]


@njit(cache=True, error_model="numpy")
def count_return(value: float, before: float, stats: Floats) -> None:
    """Count the return of one bar."""
    change = value / before - 1.0
    stats[SUM] += change
    stats[SQUARES] += change * change
    loss = min(change, 0.0)
    stats[DOWNSIDE] += loss * loss
    follow_drawdown(value, stats)


@njit(cache=True, error_model="numpy")
def mark_trade(
    closes: Floats,
    entry: int,
    end: int,
    base: float,
    units: float,
    before: float,
    stats: Floats,
    path: Floats,
) -> float:
    """Mark a trade to the closes of `entry` .. `end` - 1, count their returns, and return the last mark."""
    if end == entry:
        return before
    total, squares, downside, lowest, highest = sums_of_marks(closes, entry, end, base, units)
    change = (base + units * closes[entry]) / before - 1.0
    loss = min(change, 0.0)
    stats[SUM] += total + change
    stats[SQUARES] += squares + change * change
    stats[DOWNSIDE] += downside + loss * loss
    if highest > stats[PEAK] or lowest < stats[PEAK] * (1.0 - stats[DRAWDOWN]):
        for j in range(entry, end):
            follow_drawdown(base + units * closes[j], stats)
    if path.size:
        for j in range(entry, end):
            path[j] = base + units * closes[j]
    return base + units * closes[end - 1]
