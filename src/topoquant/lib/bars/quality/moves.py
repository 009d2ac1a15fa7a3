"""How far a price may move in one bar, and bars in which it moved further."""

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from topoquant.lib.bars.schema import PRICE_COLUMNS, interval_timedelta, stamps_ns
from topoquant.lib.errors import InputError, bad_input

Floats = NDArray[np.float64]

# A factor of 2 in a minute and of 2 ** 3 in a day; between and beyond, a power of the time.
_BASE = 2.0
_EXPONENT = math.log(3.0) / math.log(1440.0)
# The true wick of a bar whose high or low has a misplaced point, at most (as a log).
_TRUE_WICK = 0.1
_TEN = math.log(10.0)
_ROUNDING = 1e-9
_MANY = 5
_N_SHOWN = 3


@dataclass(frozen=True)
class Moves:
    """What `check_moves` found in bars it did not refuse.

    Attributes
    ----------
    largest : float
        Largest factor (at least 1) between the closes of neighbouring bars, or between open and
        close of one. Moves across a gap do not count.
    largest_at : str
        Open of that bar, ISO 8601.
    limit : float
        The factor it had to stay within.
    far_wicks : tuple of dict
        open_time (ISO 8601), price and factor of every high or low further than `limit` from
        both the open and the close of its bar.
    """

    largest: float
    largest_at: str
    limit: float
    far_wicks: tuple[dict[str, object], ...]


def move_limit(interval: str) -> float:
    """Return the factor by which no market's price moves within one bar.

    2 ** (minutes ** 0.151): 2 in a minute, 8 in a day. The largest factors of real bars, close
    to close, are far from it: 1m 1.06 (DOGE) of 2.0, 5m 1.08 (BTC) of 2.4, 15m 1.35 (LTC) of
    2.8, 1h 1.23 (BTC) of 3.6, 1d 4.92 (DOGE, 2021-01-28) of 8.0; a test network showed 3.23 in
    a minute. Listings and collapses can exceed it.

    Parameters
    ----------
    interval : str
        Length of a bar.

    Returns
    -------
    float
        A factor above 1.

    Raises
    ------
    InputError
        For an interval that cannot be read.

    Examples
    --------
    >>> [round(move_limit(interval), 1) for interval in ("1m", "15m", "1h", "1d")]
    [2.0, 2.8, 3.6, 8.0]
    """
    return float(_BASE ** ((interval_timedelta(interval).total_seconds() / 60) ** _EXPONENT))


def check_moves(bars: pd.DataFrame, interval: str, *, max_move: float | None = None) -> Moves:
    """Refuse moves that no market makes; return the largest of the others.

    From close to close, and from open to close, a price stays within `move_limit(interval)`.
    From a close to the next open, which follows at once, it stays within 2 (largest seen: 1.28).
    Across a gap both limits are those of the time it spans. A high or low that is 10, 100, ...
    times off the rest of its bar has a misplaced point. Any other far wick is taken for a trade
    (BTC-USD did trade at 0.06 on Coinbase on 2017-04-15, beside 1,180): returned, not refused.

    Parameters
    ----------
    bars : DataFrame, shape (n, any)
        One symbol's bars in time order, prices positive and float64.
    interval : str
        Their interval.
    max_move : float, optional
        A factor above 1 in place of both limits (inf: refuse nothing); None takes the rule.

    Returns
    -------
    Moves
        The largest move, its limit, and the wicks beyond it.

    Raises
    ------
    InputError
        For a move too large, with rows, factor and likely cause; for a `max_move` of 1 or less.

    Examples
    --------
    >>> from topoquant.lib.bars.synthetic import synthetic_bars
    >>> bars = synthetic_bars("noise", n_bars=100, seed=1, interval="1h").bars
    >>> 1 < check_moves(bars, "1h").largest < check_moves(bars, "1h").limit
    True
    >>> bars.loc[50, ["open", "high", "low", "close"]] *= 100
    >>> check_moves(bars, "1h")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    ...
    topoquant.lib.errors.InputError: prices must be within ..., got ... a decimal point or a unit is off ...
    """
    if max_move is not None and not max_move > 1:
        raise bad_input("max_move", "a factor above 1", max_move, "give 3 to allow three times or a third")
    opens, highs, lows, closes = (np.log(bars[name].to_numpy(np.float64)) for name in PRICE_COLUMNS)
    n_steps = np.append(1, np.diff(stamps_ns(bars)) // interval_timedelta(interval).value)
    limit = math.log(move_limit(interval) if max_move is None else max_move)
    moves = {
        ("open", "close"): np.abs(closes - opens),
        ("close before", "close"): np.append(0.0, np.abs(np.diff(closes))),
        ("close before", "open"): np.append(0.0, np.abs(opens[1:] - closes[:-1])),
    }
    _refuse_moves(bars, interval, moves, n_steps, (limit, math.log(_BASE) if max_move is None else limit))
    wicks = np.maximum(highs - np.maximum(opens, closes), np.minimum(opens, closes) - lows)
    _refuse_wicks(bars, wicks, _TEN if max_move is None else limit)
    body, step, _ = moves.values()
    largest = np.maximum(body, np.where(n_steps == 1, step, 0.0))
    top = int(np.argmax(largest))
    return Moves(
        largest=float(np.exp(largest[top])),
        largest_at=bars["open_time"].iloc[top].isoformat(),
        limit=math.exp(limit),
        far_wicks=_far_wicks(bars, wicks, limit),
    )


def _refuse_moves(
    bars: pd.DataFrame,
    interval: str,
    moves: dict[tuple[str, str], Floats],
    n_steps: NDArray[np.int64],
    limits: tuple[float, float],
) -> None:
    """Refuse moves within a bar, from close to close, and from a close to the next open."""
    if max(float(size.max()) for size in moves.values()) <= min(limits):
        return
    allowed = _allowed(n_steps, limits)
    excess = {kind: size - allowed[kind] for kind, size in moves.items()}
    beyond = np.maximum.reduce(list(excess.values()))
    rows = np.flatnonzero(beyond > _ROUNDING)
    if len(rows) == 0:
        return
    # Of rows whose neighbour is at hand, the one furthest beyond its limit says most.
    shown = rows[n_steps[rows] == 1] if (n_steps[rows] == 1).any() else rows
    worst = int(shown[np.argmax(beyond[shown])])
    kind = max(excess, key=lambda one: float(excess[one][worst]))
    first, second = kind
    span = interval if n_steps[worst] == 1 else f"{n_steps[worst]:,} steps of {interval}"
    rule = f"within a factor of {math.exp(allowed[kind][worst]):.3g} from {first} to {second} over {span}"
    before = bars["open"].iloc[worst] if first == "open" else bars["close"].iloc[worst - 1]
    pair = f"{before:.10g} to {bars[second].iloc[worst]:.10g} at {bars['open_time'].iloc[worst]}"
    raise _refusal(bars, rows, ("prices", rule, pair), float(moves[kind][worst]))


def _allowed(n_steps: NDArray[np.int64], limits: tuple[float, float]) -> dict[tuple[str, str], Floats]:
    """Return what each move may be, row by row; across a gap it is the limit of the time it spans."""
    limit, at_once = limits
    longer = limit * n_steps**_EXPONENT
    return {
        ("open", "close"): np.full(len(n_steps), limit),
        ("close before", "close"): longer,
        ("close before", "open"): np.where(n_steps == 1, at_once, longer),
    }


def _refuse_wicks(bars: pd.DataFrame, wicks: Floats, least: float) -> None:
    """Refuse highs and lows whose decimal point is misplaced."""
    powers = np.floor(wicks / _TEN + _ROUNDING)
    bad = (powers >= 1) & (wicks - powers * _TEN <= _TRUE_WICK) & (wicks > least - _ROUNDING)
    if not bad.any():
        return
    rows = np.flatnonzero(bad)
    worst = int(rows[np.argmax(wicks[rows])])
    bar = ", ".join(f"{name} {bars[name].iloc[worst]:.10g}" for name in PRICE_COLUMNS)
    rule = "other than 10, 100, ... times off the rest of their bar"
    got = f"{bar} at {bars['open_time'].iloc[worst]}"
    raise _refusal(bars, rows, ("high and low", rule, got), float(wicks[worst]))


def _refusal(
    bars: pd.DataFrame, rows: NDArray[np.intp], said: tuple[str, str, str], size: float
) -> InputError:
    """Build the refusal from name, rule and worst row: with factor, first rows and likely cause."""
    powers = round(size / _TEN)
    if powers >= 1 and abs(size - powers * _TEN) < 2 * _TRUE_WICK:
        cause = f"a decimal point or a unit is off by about {10**powers:,}"
    elif len(rows) >= _MANY:
        cause = "these are prices of a test network, or of two markets in one file"
    else:
        cause = "a bad print, or a listing or collapse"
    times = ", ".join(f"{time:%Y-%m-%d %H:%M}" for time in bars["open_time"].iloc[rows[:_N_SHOWN]])
    more = ", ..." if len(rows) > _N_SHOWN else ""
    name, rule, got = said
    got = f"{got}, a factor of {math.exp(size):.3g} ({len(rows):,} of {len(bars):,} rows: {times}{more})"
    remedy = f"{cause}; mend or drop these rows, or pass a larger max_move if this market did move so"
    return bad_input(name, rule, got, remedy)


def _far_wicks(bars: pd.DataFrame, wicks: Floats, limit: float) -> tuple[dict[str, object], ...]:
    """Describe every wick beyond the limit."""
    far = bars.iloc[np.flatnonzero(wicks > limit)]
    upper = far["high"] / np.maximum(far["open"], far["close"])
    lower = np.minimum(far["open"], far["close"]) / far["low"]
    return tuple(
        {"open_time": time.isoformat(), "price": high if up >= down else low, "factor": max(up, down)}
        for time, high, low, up, down in zip(
            far["open_time"], far["high"].tolist(), far["low"].tolist(), upper.tolist(), lower.tolist(),
            strict=True,
        )
    )  # fmt: skip
