"""When something happened: bars at which the price has moved by a threshold since the last such bar."""

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from topoquant.lib.bars import check_one_symbol, gap_positions, infer_interval
from topoquant.lib.errors import bad_input
from topoquant.lib.labeling.events_kernel import TOLERANCE, cusum_mask

Floats = NDArray[np.float64]


def cusum_events(
    bars: pd.DataFrame, *, threshold: ArrayLike, interval: str | None = None
) -> NDArray[np.bool_]:
    """Mark the bars at which the symmetric CUSUM filter of log-closes fires.

    A study that labels these bars alone looks where the price has moved, and not again and again
    while it hovers: after an event the price has to move by the whole threshold once more.

    Parameters
    ----------
    bars : DataFrame, shape (n_bars, ...)
        One symbol's bars in time order, closes finite and positive.
    threshold : float or array-like of shape (n_bars,)
        Log-return that makes an event, above 0; per bar, such as a multiple of `volatility_width`,
        it must be known at that bar. NaN (warm-up): no event, and the sums start anew.
    interval : str, optional
        Length of a bar; what the stamps show when absent.

    Returns
    -------
    ndarray of bool, shape (n_bars,)
        True at events. Entry t is known at the close of bar t: it depends on the bars up to t, back
        to the last gap. The return across a gap is not used, and the sums start anew after it.

    Raises
    ------
    InputError
        For several symbols, or a threshold that is not above 0 or of another length.

    Examples
    --------
    >>> bars = pd.DataFrame({"open_time": pd.date_range("2024-01-01", periods=5, freq="h", tz="UTC"),
    ...     "close": 100 * np.exp([0.0, 0.01, 0.02, 0.01, 0.0])})
    >>> cusum_events(bars, threshold=0.02).tolist()
    [False, False, True, False, True]
    """
    check_one_symbol(bars)
    log_close = np.log(bars["close"].to_numpy(dtype=np.float64))
    increments = np.diff(log_close, prepend=np.nan)
    increments[gap_positions(bars, interval or infer_interval(bars))] = np.nan
    return cusum_filter(increments, threshold)


def cusum_filter(increments: ArrayLike, threshold: ArrayLike) -> NDArray[np.bool_]:
    """Mark where increments add up to a threshold, on either side.

    Two sums run side by side, S+ = max(0, S+ + x) and S- = min(0, S- + x). Where S- <= -threshold
    it returns to 0 and the step is an event; else where S+ >= threshold likewise. A sum exactly at
    the threshold counts (within 1e-12 of it); the book's text has it so, its snippet has not.

    Parameters
    ----------
    increments : array-like of float, shape (n,)
        In time order: log-returns, differences of any series. NaN: no event, and both sums start
        anew.
    threshold : float or array-like of shape (n,)
        In the unit of the increments, above 0; NaN as for increments.

    Returns
    -------
    ndarray of bool, shape (n,)
        Entry t depends on the increments up to t.

    Raises
    ------
    InputError
        For a threshold that is not above 0 or of another length.

    References
    ----------
    Lopez de Prado, M. (2018), Advances in Financial Machine Learning, section 2.5.2.1, snippet 2.4.

    Examples
    --------
    >>> cusum_filter([1, 1, 1, -1, -2, 5], 3).tolist()
    [False, False, True, False, True, True]
    """
    steps = np.array(increments, dtype=np.float64)
    limits = np.asarray(threshold, dtype=np.float64)
    if steps.ndim != 1 or limits.shape not in ((), steps.shape):
        raise bad_input(
            "threshold", "a number or one per increment", f"shape {limits.shape} for {steps.shape}",
            "give one per bar",
        )  # fmt: skip
    if (limits <= 0).any():
        raise bad_input(
            "threshold", "above 0, or NaN for no event", limits.min(), "set a log-return such as 0.01"
        )
    return cusum_mask(steps, np.array(np.broadcast_to(limits, steps.shape)))


def plain_cusum(increments: ArrayLike, threshold: ArrayLike) -> NDArray[np.bool_]:
    """Return what `cusum_filter` does, from the definition of the sums as excursions.

    S+ is how far the path lies above its lowest point since the last rise that was an event, S-
    how far below its highest since the last fall.

    Parameters
    ----------
    increments, threshold : array-like
        As in `cusum_filter`.

    Returns
    -------
    ndarray of bool, shape (n,)

    Examples
    --------
    >>> plain_cusum([1, 1, 1, -1, -2, 5], 3).tolist()
    [False, False, True, False, True, True]
    """
    steps = np.asarray(increments, dtype=np.float64)
    limits = np.broadcast_to(np.asarray(threshold, dtype=np.float64), steps.shape)
    path, since_rise, since_fall = 0.0, [0.0], [0.0]
    events = []
    for step, limit in zip(steps, limits, strict=True):
        if np.isnan(step) or np.isnan(limit):
            since_rise, since_fall = [path], [path]
            events.append(False)
            continue
        path += step
        since_rise.append(path)
        since_fall.append(path)
        fell = max(since_fall) - path >= limit * (1 - TOLERANCE)
        rose = not fell and path - min(since_rise) >= limit * (1 - TOLERANCE)
        since_fall = [path] if fell else since_fall
        since_rise = [path] if rose else since_rise
        events.append(fell or rose)
    return np.array(events, dtype=bool)
