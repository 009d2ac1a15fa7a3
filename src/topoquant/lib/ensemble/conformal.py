"""Split-conformal intervals of predicted values."""

from bisect import insort
from math import ceil, inf

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from topoquant.lib.errors import bad_input
from topoquant.lib.sampling import instants

# Guards ceil() against (n + 1)(1 - alpha) that is a whole number but for its last digit.
WHOLE = 1e-9


def conformal_rank(n: int, *, miscoverage: float) -> int:
    """Say which of n calibration scores, counted from the smallest, bounds the next one.

    Parameters
    ----------
    n : int
        Calibration scores.
    miscoverage : float
        In (0, 1).

    Returns
    -------
    int
        ceil((n + 1)(1 - miscoverage)); above n there are too few scores and nothing bounds the next.

    References
    ----------
    Lei, G'Sell, Rinaldo, Tibshirani and Wasserman (2018), "Distribution-free predictive inference for
    regression", section 2.2.

    Examples
    --------
    >>> [conformal_rank(n, miscoverage=0.1) for n in (8, 9, 19, 100)]
    [9, 9, 18, 91]
    """
    if not 0 < miscoverage < 1:
        raise bad_input("miscoverage", "in (0, 1)", miscoverage, "take 0.1")
    return ceil((n + 1) * (1 - miscoverage) - WHOLE)


def conformal_scores(value: ArrayLike, truth: ArrayLike, scale: ArrayLike) -> NDArray[np.float64]:
    """Measure how far predictions were off, in units of what was expected at the time.

    Parameters
    ----------
    value, truth : array-like, shape (n,)
        Predicted, and what happened; NaN where that is not known.
    scale : array-like, shape (n,)
        A volatility known at the decision, positive.

    Returns
    -------
    ndarray of float64, shape (n,)
        abs(truth - value) / scale.

    Raises
    ------
    InputError
        If the three differ in length, or a scale is not positive and finite.

    Examples
    --------
    >>> conformal_scores([0.0, 0.0], [0.02, -0.01], [0.01, 0.02]).tolist()
    [2.0, 0.5]
    """
    values, known, scales = (np.asarray(one, np.float64) for one in (value, truth, scale))
    if not values.shape == known.shape == scales.shape:
        raise bad_input(
            "value, truth and scale", "equally long", [len(values), len(known), len(scales)],
            "join them on the key",
        )  # fmt: skip
    wrong = ~((scales > 0) & np.isfinite(scales))
    if wrong.any():
        raise bad_input(
            "scale of the scores", "positive and finite",
            f"{scales[wrong.argmax()]:g} in {int(wrong.sum())} rows", "leave rows without a volatility out",
        )  # fmt: skip
    return np.abs(known - values) / scales


def conformal_intervals(
    rows: pd.DataFrame, *, is_calibration: ArrayLike, miscoverage: float, online: bool
) -> pd.DataFrame:
    """Bound predicted values by the errors that were known when each was made.

    Parameters
    ----------
    rows : DataFrame, shape (n, ...)
        `time`, `t1`, `value`, `truth` (NaN where not known) and `scale`, of any symbols in any order.
    is_calibration : array-like of bool, shape (n,)
        Rows whose scores the intervals start from; nothing else may have been chosen on them.
    miscoverage : float
        In (0, 1).
    online : bool
        Whether the score of every other row joins them once its t1 has passed.

    Returns
    -------
    DataFrame, shape (n, 3), in the order and with the index of `rows`
        `low`, `high`: value minus and plus scale times the score of rank `conformal_rank` among those whose
        t1 is no later than `time`; infinite where they are too few. `n_scores`: how many there were. So a
        row's interval depends on no outcome later than its time, its own least of all.

    Raises
    ------
    InputError
        As `conformal_scores`.

    Notes
    -----
    Coverage is at least 1 - miscoverage on average over exchangeable rows. Rows in time are not
    exchangeable: dividing by volatility and updating are what brings them nearer. Overlapping targets
    make the effective number of scores smaller than it looks.

    Examples
    --------
    >>> time = pd.date_range("2024-01-01", periods=4, freq="h", tz="UTC")
    >>> rows = pd.DataFrame({"time": time, "t1": time + pd.Timedelta("1h"), "value": 0.0,
    ...                      "truth": [1.0, -2.0, 5.0, 0.0], "scale": 1.0})
    >>> first = [True, True, False, False]
    >>> conformal_intervals(rows, is_calibration=first, miscoverage=0.5, online=False)["high"].tolist()
    [inf, 1.0, 2.0, 2.0]
    >>> conformal_intervals(rows, is_calibration=first, miscoverage=0.5, online=True)["n_scores"].tolist()
    [0, 1, 2, 3]
    """
    scores = conformal_scores(rows["value"], rows["truth"], rows["scale"])
    used = ~np.isnan(scores) & (np.ones(len(rows), bool) if online else np.asarray(is_calibration, bool))
    time, known_at = instants(rows["time"]), instants(rows["t1"])
    arriving = np.flatnonzero(used)
    arriving = arriving[np.argsort(known_at[arriving], kind="stable")]
    width, n_scores = np.full(len(rows), inf), np.zeros(len(rows), np.int64)
    ranked: list[float] = []
    upcoming = 0
    for row in np.argsort(time, kind="stable"):
        while upcoming < len(arriving) and known_at[arriving[upcoming]] <= time[row]:
            insort(ranked, float(scores[arriving[upcoming]]))
            upcoming += 1
        n_scores[row] = len(ranked)
        rank = conformal_rank(len(ranked), miscoverage=miscoverage)
        if rank <= len(ranked):
            width[row] = ranked[rank - 1]
    half = width * rows["scale"].to_numpy(np.float64)
    value = rows["value"].to_numpy(np.float64)
    bounds = {"low": value - half, "high": value + half, "n_scores": n_scores}
    return pd.DataFrame(bounds, index=rows.index)
