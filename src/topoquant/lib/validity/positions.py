"""From scores to positions: entries beyond val quantiles, held for the horizon, and what they can earn."""

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from topoquant.lib.bars import interval_timedelta
from topoquant.lib.errors import bad_input

OUTER = 0.30
SIDES = ("direction", "up", "down", "both")


def position_quantiles(
    val_score: ArrayLike, side: str, *, outer: float = OUTER
) -> tuple[float | None, float | None]:
    """Give the scores beyond which a position is taken: the outer 30 % of the val distribution.

    Parameters
    ----------
    val_score : array-like, shape (n_val,)
        Scores on val rows alone; NaN is left out.
    side : {"direction", "up", "down", "both"}
        "direction" trades both ends; one-sided triggers trade the top; "both" (either
        barrier counts) has no side and so no position.
    outer : float
        Share of the distribution that is traded at an end; the verdict's rule is 0.30.

    Returns
    -------
    tuple of (float or None, float or None)
        `lower` and `upper`; None where that end is not traded. Where more than 30 % of the scores tie at
        an end, as those of a few trees do, the level is the next score inside: all of them are traded.

    Raises
    ------
    InputError
        For another side, or when no val score is left.

    Examples
    --------
    >>> position_quantiles(np.arange(11.0), "direction")
    (3.0, 7.0)
    >>> position_quantiles(np.arange(11.0), "up")
    (None, 7.0)
    """
    if side not in SIDES:
        raise bad_input("side", f"one of {SIDES}", side, "name the side of the target")
    scores = np.asarray(val_score, float)
    scores = scores[~np.isnan(scores)]
    if not scores.size:
        raise bad_input("val_score", "at least one number", "none", "score the val rows first")
    if side == "both":
        return None, None
    upper = _level_below(scores, float(np.quantile(scores, 1 - outer)))
    return (
        -_level_below(-scores, -float(np.quantile(scores, outer))) if side == "direction" else None
    ), upper


def _level_below(scores: NDArray[np.float64], level: float) -> float:
    """Lower a level that no score exceeds to the next score below the largest, if there is one."""
    inside = scores[scores < scores.max()]
    return float(inside.max()) if (scores <= level).all() and inside.size else level


def entry_signs(score: ArrayLike, lower: float | None, upper: float | None, side: str) -> NDArray[np.float64]:
    """Decide each row: +1, -1 or 0.

    Parameters
    ----------
    score : array-like, shape (n,)
        NaN decides 0.
    lower, upper : float or None
        From `position_quantiles`; a score must lie strictly beyond, so a constant score trades nothing.
    side : {"direction", "up", "down", "both"}
        A score above `upper` is a short for "down", a long otherwise; below `lower` a short.

    Returns
    -------
    ndarray, shape (n,)
        Of -1, 0, 1.

    Examples
    --------
    >>> entry_signs([1.0, 5.0, 9.0], 3.0, 7.0, "direction").tolist()
    [-1.0, 0.0, 1.0]
    >>> entry_signs([1.0, 5.0, 9.0], None, 7.0, "down").tolist()
    [0.0, 0.0, -1.0]
    """
    scores = np.asarray(score, float)
    top = np.zeros(len(scores)) if upper is None else (scores > upper).astype(float)
    bottom = np.zeros(len(scores)) if lower is None else (scores < lower).astype(float)
    return (0.0 - top if side == "down" else top) - bottom


def trading_position(
    table: pd.DataFrame, lower: float | None, upper: float | None, side: str, horizon: int, *, interval: str
) -> pd.DataFrame:
    """Hold every decision for the horizon and average the overlapping ones.

    A decision at `time` (close of bar t) is filled at the next open and held through the bars
    t+1 to t+horizon, so it is part of the position at `time`, ..., `time` + (horizon - 1) bars;
    a row's return is that from the next open to the one after (`next_open_returns`). Rows are
    placed by their time: a missing row decides nothing, and what was decided before is still held.

    Parameters
    ----------
    table : DataFrame
        `symbol`, `time`, `score`; several symbols, any order, unique keys.
    lower, upper, side
        As in `entry_signs`.
    horizon : int
        Bars a decision is held.
    interval : str
        Length of a bar.

    Returns
    -------
    DataFrame
        `symbol`, `time`, `position` in [-1, 1], `turnover` (absolute change of the position at the
        next open, the final closing included), sorted by key; a row per time at which some
        decision, flat ones included, is held.

    Raises
    ------
    InputError
        If a key occurs twice or a time is off the grid of bars.

    Examples
    --------
    >>> time = pd.date_range("2024", periods=3, freq="15min", tz="UTC")
    >>> table = pd.DataFrame({"symbol": "SYN", "time": time, "score": [9.0, 0.0, 0.0]})
    >>> trading_position(table, None, 5.0, "up", 2, interval="15m")["position"].tolist()
    [0.5, 0.5, 0.0, 0.0]
    """
    if table.duplicated(["symbol", "time"]).any():
        n_bad = int(table.duplicated(["symbol", "time"]).sum())
        raise bad_input("table", "unique in (symbol, time)", f"{n_bad} repeated keys", "score each row once")
    step = interval_timedelta(interval)
    parts = [_held(rows, entry_signs(rows["score"], lower, upper, side), horizon, step)
             for _, rows in table.groupby("symbol", sort=True)]  # fmt: skip
    if not parts:
        return pd.DataFrame(columns=["symbol", "time", "position", "turnover"])
    return pd.concat(parts, ignore_index=True)


def _held(rows: pd.DataFrame, entry: NDArray[np.float64], horizon: int, step: pd.Timedelta) -> pd.DataFrame:
    """Position of one symbol on the grid of its times, kept where a decision is held."""
    time = pd.DatetimeIndex(rows["time"])
    first = time.min()
    slot = ((time - first) // step).to_numpy()
    if (first + slot * step != time).any():
        raise bad_input("time", f"{first} plus whole bars of {step}", "times between", "check `interval`")
    change = np.zeros(int(slot.max()) + horizon + 1)
    held = np.zeros(len(change), np.int64)
    np.add.at(change, slot, entry)
    np.add.at(change, slot + horizon, -entry)
    np.add.at(held, slot, 1)
    np.add.at(held, slot + horizon, -1)
    position = np.cumsum(change) / horizon
    is_held = np.cumsum(held) > 0
    turnover = np.abs(np.diff(position, prepend=0.0))
    # A position that runs out into a hole is closed there: charged to the last bar that held it.
    closing = np.flatnonzero(~is_held & np.append(False, is_held[:-1]))
    turnover[closing - 1] += turnover[closing]
    kept = np.flatnonzero(is_held)
    return pd.DataFrame(
        {
            "symbol": rows["symbol"].iloc[0],
            "time": first + kept * step,
            "position": position[kept],
            "turnover": turnover[kept],
        }
    )


def count_entries(table: pd.DataFrame, entry: ArrayLike, *, horizon: int, interval: str) -> int:
    """Count decisions to trade that do not overlap: after one, the next counts a horizon later.

    Parameters
    ----------
    table : DataFrame
        `symbol`, `time`.
    entry : array-like, shape (n,)
        From `entry_signs`; 0 is no decision.
    horizon : int
        Bars a decision is held.
    interval : str
        Length of a bar.

    Returns
    -------
    int
        Summed over symbols.

    Examples
    --------
    >>> time = pd.date_range("2024", periods=6, freq="15min", tz="UTC")
    >>> table = pd.DataFrame({"symbol": "SYN", "time": time})
    >>> count_entries(table, [1, 1, 1, 0, 1, 1], horizon=2, interval="15m")
    3
    """
    taken = table.loc[np.asarray(entry, float) != 0]
    hold = horizon * interval_timedelta(interval)
    n_entries = 0
    for _, rows in taken.groupby("symbol"):
        free_at = None
        for time in rows["time"].sort_values():
            if free_at is None or time >= free_at:
                n_entries += 1
                free_at = time + hold
    return n_entries


def next_open_returns(bars: pd.DataFrame, interval: str) -> pd.DataFrame:
    """Return earned by who is in the market from the next open to the one after.

    Parameters
    ----------
    bars : DataFrame
        Bars of one or several symbols, sorted by (symbol, open_time).
    interval : str
        Length of a bar.

    Returns
    -------
    DataFrame
        `symbol`, `time` (close of bar t) and `next_return` = log(open[t+2] / open[t+1]), a row
        per bar. NaN across gaps and in the last two bars. It looks two bars ahead: a result, never
        a feature.

    Examples
    --------
    >>> bars = pd.DataFrame({"symbol": "SYN", "open": [1.0, 2.0, 4.0, 4.0]})
    >>> bars["open_time"] = pd.date_range("2024", periods=4, freq="15min", tz="UTC")
    >>> next_open_returns(bars, "15m")["next_return"].round(4).tolist()
    [0.6931, 0.0, nan, nan]
    """
    step = interval_timedelta(interval)
    by_symbol = bars.groupby("symbol", sort=False)
    log_open = pd.Series(np.log(bars["open"].to_numpy(float)), index=bars.index)
    ahead = log_open.groupby(bars["symbol"], sort=False)
    whole = (by_symbol["open_time"].shift(-2) - bars["open_time"]) == 2 * step
    value = (ahead.shift(-2) - ahead.shift(-1)).where(whole)
    return pd.DataFrame(
        {"symbol": bars["symbol"], "time": bars["open_time"] + step, "next_return": value}
    ).reset_index(drop=True)
