"""The triple-barrier label: which comes first, a gain, a loss or the end of the horizon."""

from numbers import Integral

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from topoquant.lib.bars import PRICE_COLUMNS, infer_interval, row_keys
from topoquant.lib.errors import bad_input
from topoquant.lib.labeling.barriers_kernel import BOTH, LOWER, TIME, TOLERANCE, UPPER, first_touch
from topoquant.lib.labeling.horizons import horizon_fits

# In the order of the codes LOWER, TIME, UPPER, BOTH.
TOUCHED = pd.CategoricalDtype(["lower", "time", "upper", "both"])
LABELS_WITHOUT_SIDE = np.array([-1.0, 0.0, 1.0, -1.0])
LABELS_WITH_SIDE = np.array([0.0, 0.0, 1.0, 0.0])

Floats = NDArray[np.float64]


def label_triple_barrier(
    bars: pd.DataFrame,
    *,
    width: ArrayLike,
    upper: float,
    lower: float,
    horizon: int,
    side: ArrayLike | None = None,
    interval: str | None = None,
) -> pd.DataFrame:
    """Label each decision bar by the barrier that the price touches first.

    A position is filled at the next open, open[t+1]. From there a barrier lies `upper * width[t]`
    away on the profit side and one `lower * width[t]` on the other, both as fractions of the entry
    price; the bars t+1 .. t+horizon are looked at, their highs and lows included. A price exactly
    at a barrier touches it (within 1e-12 of the price).

    - A bar after the entry bar that opens at or beyond a barrier exits at its open.
    - A bar that touches both barriers counts as the stop, since nobody knows which came first.
    - With no barrier touched the exit is at close[t+horizon].

    Parameters
    ----------
    bars : DataFrame, shape (n_bars, ...)
        One symbol's bars, ascending in `open_time`, with or without a `symbol` column.
    width : array-like, shape (n_bars,)
        The unit of the barriers, a fraction of the entry price, known at bar t. NaN (warm-up):
        the row is absent. A width has to grow with the horizon, about as its square root
        (`average_true_range_width(bars, period=14) * np.sqrt(horizon)`): with barriers at 1.5 ATR
        of one-minute BTCUSDT bars and a horizon of 60, 3 rows in 10,000 reach the time limit;
        scaled so, 7 in 10 do.
    upper, lower : float
        Distance of the profit and of the stop barrier in widths; infinite for none. A stop at or
        below a price of zero is never touched.
    horizon : int
        Bars looked at, the entry bar included.
    side : {1, -1} or array-like of -1, 0, 1, shape (n_bars,), optional
        Long or short, decided at bar t; 0 or NaN: no position, the row is absent. A short takes
        its profit below the entry. Absent: no side, barriers as for a long.
    interval : str, optional
        Length of a bar; what the stamps show when absent.

    Returns
    -------
    DataFrame, in the order of `bars`
        `symbol` (where `bars` has it), `time`; `t1`, the time at which the exit is known: that of
        the bar in which a barrier was touched, else of bar t+horizon; `label`, float64: without a
        side 1 for upper, -1 for lower or both, 0 for the time limit; with one 1 for upper, else 0;
        `touched`, categorical: "lower", "time", "upper" or "both", upper being the profit barrier;
        `ret`, side * (exit / entry - 1): the return of the position before costs, of a long where
        there is no side; exactly upper * width at the profit barrier.
        A row whose full horizon passes the data or a gap is absent, even if a barrier was touched
        before. A row depends on bars t+1 up to t1, and on the stamps of the rest of its horizon.

    Raises
    ------
    InputError
        For several symbols, bars out of order or closer than the interval, a price that is not
        finite and positive, a width that is not positive, a barrier that is not above 0, a horizon
        below 1 or a side other than -1, 0, 1.

    References
    ----------
    Lopez de Prado, M. (2018), Advances in Financial Machine Learning, sections 3.3-3.5.

    Examples
    --------
    >>> bars = pd.DataFrame({"open_time": pd.date_range("2024-01-01", periods=4, freq="h", tz="UTC"),
    ...     "open": [100.0, 100.0, 101.0, 99.0], "high": [100.0, 101.0, 102.5, 99.0],
    ...     "low": [100.0, 99.5, 100.5, 97.0], "close": [100.0, 101.0, 102.0, 98.0]})
    >>> rows = label_triple_barrier(bars, width=np.full(4, 0.01), upper=2, lower=1, horizon=2)
    >>> rows[["label", "touched", "ret"]].round(4)
       label touched     ret
    0    1.0   upper  0.0200
    1   -1.0   lower -0.0198
    """
    interval = interval or infer_interval(bars)
    prices = _prices(bars)
    widths, sides = _widths(width, len(bars)), _sides(side, len(bars))
    _check_barriers(upper, lower, horizon)
    usable = horizon_fits(bars, interval, horizon) & (widths > 0) & (np.abs(sides) > 0)
    rows = np.flatnonzero(usable)
    exits, touched, returns = first_touch(
        *prices, rows, widths, sides, float(upper), float(lower), int(horizon)
    )
    keys, kept = row_keys(bars, interval), _as_slice(rows)
    labels = LABELS_WITHOUT_SIDE if side is None else LABELS_WITH_SIDE
    return pd.DataFrame(
        {name: keys[name].array[kept] for name in keys}
        | {
            "t1": keys["time"].array.take(exits),
            "label": labels[touched],
            "touched": pd.Categorical.from_codes(touched, dtype=TOUCHED),
            "ret": returns,
        },
        copy=False,
    )


def plain_exit(
    opens: Floats, highs: Floats, lows: Floats, closes: Floats, profit: float, stop: float
) -> tuple[int, int, float]:
    """Return what `first_touch` does for one row, bar by bar.

    Parameters
    ----------
    opens, highs, lows, closes : ndarray of float64, shape (horizon,)
        The bars t+1 .. t+horizon; the entry is opens[0].
    profit, stop : float
        Prices of the barriers, on either side of the entry; infinite for none.

    Returns
    -------
    bar : int
        Of the exit, 0 for the entry bar.
    touched : int
        LOWER, TIME, UPPER or BOTH of the kernel; upper is the profit barrier.
    price : float
        Of the exit.

    Examples
    --------
    >>> one = np.array([100.0, 101.0])
    >>> plain_exit(one, one + 0.5, one - 0.5, one, profit=101.5, stop=98.0)
    (1, 2, 101.5)
    """
    sign = 1.0 if profit > opens[0] or stop < opens[0] else -1.0
    slack = TOLERANCE * opens[0]
    for bar in range(len(opens)):
        best, worst = (highs[bar], lows[bar]) if sign > 0 else (lows[bar], highs[bar])
        if bar > 0 and sign * (opens[bar] - profit) >= -slack:
            return bar, UPPER, float(opens[bar])
        if bar > 0 and sign * (opens[bar] - stop) <= slack:
            return bar, LOWER, float(opens[bar])
        gains, loses = sign * (best - profit) >= -slack, sign * (worst - stop) <= slack
        if gains or loses:
            touched = BOTH if gains and loses else UPPER if gains else LOWER
            return bar, touched, profit if touched == UPPER else stop
    return len(opens) - 1, TIME, float(closes[-1])


def _prices(bars: pd.DataFrame) -> tuple[Floats, Floats, Floats, Floats]:
    """Return open, high, low and close, high and low widened to contain the open."""
    opens, highs, lows, closes = (bars[name].to_numpy(dtype=np.float64) for name in PRICE_COLUMNS)
    for name, prices in zip(PRICE_COLUMNS, (opens, highs, lows, closes), strict=True):
        if len(prices) and not (prices.min() > 0 and prices.max() < np.inf):
            first = int(np.argmin(np.isfinite(prices) & (prices > 0)))
            raise bad_input(
                f"bars.{name}", "finite and > 0", f"{prices[first]} at {bars['open_time'].iloc[first]}",
                "drop that bar: a gap is allowed, a bad bar is not",
            )  # fmt: skip
    # A source that rounds may print a high below the open; at the open it was traded all the same.
    return opens, np.maximum(highs, opens), np.minimum(lows, opens), closes


def _widths(width: ArrayLike, n_bars: int) -> Floats:
    """Return the widths as numbers, NaN where a row has none."""
    widths = np.asarray(width, dtype=np.float64)
    if widths.shape != (n_bars,):
        raise bad_input(
            "width", f"one per bar, shape ({n_bars},)", f"shape {widths.shape}", "np.full(len(bars), 0.004)"
        )
    bad = (widths <= 0) | np.isinf(widths)
    if bad.any():
        first = int(np.argmax(bad))
        raise bad_input(
            "width", "finite and above 0, or NaN for no row", f"{widths[first]} at bar {first}",
            "set a width of 0 to NaN",
        )  # fmt: skip
    return np.ascontiguousarray(widths)


def _sides(side: ArrayLike | None, n_bars: int) -> Floats:
    """Return the side of every bar; 1 where there is none to decide."""
    if side is None:
        return np.ones(n_bars)
    sides = np.asarray(side, dtype=np.float64)
    if sides.ndim == 0 and sides in (-1, 1):
        return np.full(n_bars, float(sides))
    if sides.shape != (n_bars,):
        raise bad_input("side", f"1, -1 or one per bar, {n_bars}", f"shape {sides.shape}", "0 is no position")
    bad = ~(np.isin(sides, (-1, 0, 1)) | np.isnan(sides))
    if bad.any():
        first = int(np.argmax(bad))
        raise bad_input(
            "side", "-1, 0 or 1", f"{sides[first]} at bar {first}", "take the sign of the decision"
        )
    return np.ascontiguousarray(sides)


def _check_barriers(upper: float, lower: float, horizon: int) -> None:
    """Refuse barriers that no price can stay between and horizons without a bar."""
    for name, distance in (("upper", upper), ("lower", lower)):
        if not distance > 0:
            raise bad_input(name, "above 0, in widths", distance, "set 1.5, or np.inf for no barrier")
    if not isinstance(horizon, Integral) or horizon < 1:
        raise bad_input("horizon", "a whole number of at least 1 bar", horizon, "set the label's horizon")


def _as_slice(rows: NDArray[np.int64]) -> slice | NDArray[np.int64]:
    """Return rows without a hole as a slice, which takes no copy."""
    is_whole = len(rows) > 0 and rows[-1] - rows[0] + 1 == len(rows)
    return slice(int(rows[0]), int(rows[-1]) + 1) if is_whole else rows
