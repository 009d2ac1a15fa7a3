"""A label of the user's own: what their function gives, checked, and its rows made like all others."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from topoquant.lib.bars import (
    TIME_DTYPE,
    check_one_symbol,
    contiguous_ahead,
    decision_time,
    infer_interval,
    interval_timedelta,
    row_keys,
)
from topoquant.lib.errors import bad_input
from topoquant.lib.own_functions import bind_own_function, rows_of_bars

NEEDED = ("time", "t1", "label")
ALLOWED = (*NEEDED, "max_pct", "ret", "symbol")


def label_own(
    bars: pd.DataFrame,
    *,
    function: str,
    horizon: int,
    options: Mapping[str, Any] | None = None,
    interval: str | None = None,
) -> pd.DataFrame:
    """Label the rows that a function of the user's own labels.

    Parameters
    ----------
    bars : DataFrame
        One symbol's bars, sorted by `open_time`; the function gets a copy.
    function : str
        `package.module:name` of a function (bars) or (bars, options) that returns a table with
        `time` (decision time of a bar), `t1`, `label` (0 or 1) and, if it likes, `max_pct` in
        [0, 1] and `ret`. Rows it leaves out have no target.
    horizon : int
        No t1 may lie more bars than this after its `time`.
    options : mapping, optional
        Of the function, checked against the annotation of its `options`.
    interval : str, optional
        Length of a bar; what the stamps show when absent.

    Returns
    -------
    DataFrame, in the order of `bars`
        `symbol` if `bars` has it, `time`, `t1` (one within a bar becomes the close of that bar,
        when it is known), `label` (float64), `max_pct` if the function gives it, and `ret`: the
        function's, else that from the fill, open[t+1], to the close of the bar that is known at
        t1, as a fraction of the fill. Rows whose full horizon passes the data or a gap are
        absent, whatever the function says of them.

    Raises
    ------
    InputError
        If the function cannot be loaded, its options do not fit, or what it returns is not as
        above: not a table, a column missing or unknown, a `time` that is no decision time or
        comes twice, a t1 outside (time, time + horizon], a label other than 0 and 1, a number
        that is missing.

    Examples
    --------
    >>> bars = pd.DataFrame({"open_time": pd.date_range("2024-01-01", periods=3, freq="h", tz="UTC")})
    >>> label_own(bars, function="builtins:len", horizon=1)
    Traceback (most recent call last):
    ...
    topoquant.lib.errors.InputError: what builtins:len returns must be a table (pandas DataFrame), got int:
    return one row per labelled bar
    """
    interval = interval or infer_interval(bars)
    check_one_symbol(bars)
    made = bind_own_function(function, options or {})(bars.copy())
    rows = _checked_columns(made, function)
    position = rows_of_bars(rows["time"], pd.DatetimeIndex(decision_time(bars, interval)), function)
    n_ahead = _checked_ends(rows, function, horizon, interval)
    _check_values(rows, function)
    order = np.argsort(position)
    rows, position, n_ahead = rows.iloc[order], position[order], n_ahead[order]
    fits = contiguous_ahead(bars, interval)[position] >= horizon
    rows, position, n_ahead = rows[fits], position[fits], n_ahead[fits]
    keys = row_keys(bars, interval).iloc[position].reset_index(drop=True)
    targets = {name: rows[name].to_numpy(np.float64) for name in ("label", "max_pct", "ret") if name in rows}
    if "ret" not in targets:
        opens, closes = (bars[name].to_numpy(np.float64) for name in ("open", "close"))
        targets["ret"] = closes[position + n_ahead] / opens[position + 1] - 1
    return keys.assign(t1=keys["time"] + n_ahead * interval_timedelta(interval), **targets)


def _checked_columns(made: object, function: str) -> pd.DataFrame:
    """Refuse what is no table of these columns; return it with stamps of one dtype."""
    source = f"what {function} returns"
    if not isinstance(made, pd.DataFrame):
        raise bad_input(
            source, "a table (pandas DataFrame)", type(made).__name__, "return one row per labelled bar"
        )
    missing = [name for name in NEEDED if name not in made.columns]
    unknown = [str(name) for name in made.columns if name not in ALLOWED]
    if missing or unknown:
        got = f"no {', '.join(missing)}" if missing else ", ".join(unknown)
        raise bad_input(
            f"columns of {source}", "time, t1, label and optionally max_pct and ret", got,
            "return these columns",
        )  # fmt: skip
    rows = made.reset_index(drop=True)
    for name in ("time", "t1"):
        if not isinstance(rows[name].dtype, pd.DatetimeTZDtype):
            raise bad_input(
                f"{name} of {source}", "a UTC time", rows[name].dtype, "keep the stamps of the bars"
            )
    return rows.assign(time=rows["time"].astype(TIME_DTYPE), t1=rows["t1"].astype(TIME_DTYPE))


def _checked_ends(rows: pd.DataFrame, function: str, horizon: int, interval: str) -> NDArray[np.int64]:
    """Return how many bars each row looks ahead; refuse a t1 outside its horizon."""
    ahead = (rows["t1"] - rows["time"]) / interval_timedelta(interval)
    wrong = ~((ahead > 0) & (ahead <= horizon))
    if wrong.any():
        first = rows[wrong].iloc[0]
        raise bad_input(
            f"t1 of what {function} returns", f"in (time, time + horizon], {horizon} bars",
            f"{first['t1']} for {first['time']} ({int(wrong.sum())} rows)",
            "raise label.horizon, or look no further",
        )  # fmt: skip
    return np.ceil(ahead.to_numpy(np.float64)).astype(np.int64)


def _check_values(rows: pd.DataFrame, function: str) -> None:
    """Refuse targets that are missing or out of range."""
    allowed = {"label": ("0 or 1", lambda values: values.isin([0, 1])),
               "max_pct": ("in [0, 1]", lambda values: values.between(0, 1)),
               "ret": ("finite", lambda values: np.isfinite(values.astype(np.float64)))}  # fmt: skip
    for name, (range_, is_allowed) in allowed.items():
        if name not in rows:
            continue
        wrong = ~is_allowed(rows[name]).to_numpy(bool)
        if wrong.any():
            first = rows[wrong].iloc[0]
            raise bad_input(
                f"{name} of what {function} returns", range_,
                f"{first[name]} for {first['time']} ({int(wrong.sum())} rows)",
                "leave out rows without a target",
            )  # fmt: skip
