"""Weights of rows: by the return they account for, and by age (Lopez de Prado, 2018, ch. 4)."""

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from topoquant.lib.bars import (
    TIME_DTYPE,
    check_one_symbol,
    infer_interval,
    interval_timedelta,
    stamps_ns,
)
from topoquant.lib.errors import bad_input
from topoquant.lib.labeling.uniqueness import label_concurrency


def return_attribution_weights(
    bars: pd.DataFrame, time: pd.Series, t1: pd.Series, *, interval: str | None = None
) -> NDArray[np.float64]:
    """Weigh each label by the absolute log-return that is its own.

    The log-return of each bar a label spans is divided by the number of labels that span the
    bar; the weight is the absolute sum. The first bar counts from the fill, its open: what
    happened before is no part of the label. Labels across which the price moved far, and which
    few others share, weigh most.

    Parameters
    ----------
    bars : DataFrame
        One symbol's `open_time`, `open` and `close`, sorted by `open_time`.
    time, t1 : Series of datetime64[ns, UTC], shape (n,)
        Of the labels, in any order: a label spans the bars from the one that opens at `time`
        to the one that closes at `t1`.
    interval : str, optional
        Length of a bar; what the stamps show when absent.

    Returns
    -------
    ndarray of float64, shape (n,)
        At least 0, with mean 1. They look ahead as far as the labels do, so they may weigh
        rows that a model is fitted on and nothing else; each depends on the bars of its own
        label, on all labels that overlap it and, through the mean, on all others.

    Raises
    ------
    InputError
        If there is no label, a label's first or last bar is not in `bars`, a price of theirs
        is not positive, or no label holds any return.

    References
    ----------
    Lopez de Prado, M. (2018), Advances in Financial Machine Learning, snippet
    4.10, whose first return is from the close before.

    Examples
    --------
    >>> bars = pd.DataFrame({"open_time": pd.date_range("2024-01-01", periods=3, freq="h", tz="UTC"),
    ...     "open": np.exp([0.0, 1.0, 3.0]), "close": np.exp([1.0, 3.0, 6.0])})
    >>> hour = bars["open_time"]
    >>> weights = return_attribution_weights(bars, hour[:2], hour[:2] + pd.Timedelta("2h"))
    >>> (weights * 3).round(9).tolist()
    [2.0, 4.0]
    """
    first, last = _label_bars(bars, time, t1, interval or infer_interval(bars))
    used = label_concurrency(first, last)
    fill = bars["open"].to_numpy(dtype=np.float64)[first]
    close = bars["close"].to_numpy(dtype=np.float64)[: len(used)]
    is_used = used > 0
    if not ((fill > 0).all() and (close[is_used] > 0).all()):
        raise bad_input("open and close of labelled bars", "above 0", "NaN, 0 or less", "validate the bars")
    # Steps from or to unused bars belong to no label; left out, they add no rounding or NaN to the sums.
    log_close = np.log(close, where=is_used, out=np.zeros(len(used)))
    steps = np.where(is_used[1:] & is_used[:-1], np.diff(log_close), 0.0)
    share = 1.0 / np.maximum(used, 1)
    attributed = np.concatenate([[0.0], np.cumsum(steps * share[1:])])
    of_entry_bar = (log_close[first] - np.log(fill)) * share[first]
    own = np.abs(attributed[last] - attributed[first] + of_entry_bar)
    if not own.any():
        raise bad_input(
            "return of some label", "other than 0", "0 of all", "use labels across which price moves"
        )
    weights: NDArray[np.float64] = own / own.mean()
    return weights


def time_decay_weights(uniqueness: ArrayLike, *, oldest: float) -> NDArray[np.float64]:
    """Weigh rows by age, measured in the uniqueness that has come since.

    With x the uniqueness cumulated up to and including a row and X that of all rows, a row's
    weight is max(0, a + b x), a straight line that ends at 1 for the newest row.

    Parameters
    ----------
    uniqueness : array-like of float, shape (n,)
        Of `average_uniqueness`, of rows in order of time, oldest first.
    oldest : float
        In (-1, 1]. From 0 to 1: the weight the line starts from at x = 0, so 1 is no decay and
        0 a decline to nothing. Below 0: the oldest -oldest of X weighs 0, and the line rises
        from there.

    Returns
    -------
    ndarray of float64, shape (n,)
        In [0, 1], never falling; the newest is 1. To be multiplied into other weights. Depends
        on all rows, so it is computed on the rows a model is fitted on.

    Raises
    ------
    InputError
        If there is no row, a uniqueness is not positive or `oldest` lies outside (-1, 1].

    References
    ----------
    Lopez de Prado, M. (2018), Advances in Financial Machine Learning, section 4.7 and
    snippet 4.11.

    Examples
    --------
    >>> time_decay_weights([1.0, 1.0, 1.0, 1.0], oldest=0.5).tolist()
    [0.625, 0.75, 0.875, 1.0]
    >>> time_decay_weights([1.0, 1.0, 1.0, 1.0], oldest=-0.5).tolist()
    [0.0, 0.0, 0.5, 1.0]
    """
    values = np.asarray(uniqueness, dtype=np.float64)
    if not -1 < oldest <= 1:
        raise bad_input("oldest", "in (-1, 1]", oldest, "set 1 for no decay")
    if len(values) == 0 or not (values > 0).all():
        n_other = np.count_nonzero(~(values > 0))
        raise bad_input(
            "uniqueness", "above 0, of at least 1 row", f"{n_other} others of {len(values)}",
            "use average_uniqueness",
        )  # fmt: skip
    cumulated = np.cumsum(values)
    age = 1 - cumulated / cumulated[-1]
    slope = 1 - oldest if oldest >= 0 else 1 / (1 + oldest)
    weights: NDArray[np.float64] = np.maximum(0.0, 1 - slope * age)
    return weights


def _label_bars(
    bars: pd.DataFrame, time: pd.Series, t1: pd.Series, interval: str
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the rows of each label's first and last bar."""
    check_one_symbol(bars)
    stamps = stamps_ns(bars)
    if len(time) == 0 or (np.diff(stamps) <= 0).any():
        raise bad_input(
            "labels and bars", "at least 1 label, on bars in order of time",
            f"{len(time)} labels on {len(bars)} bars", "label some rows, and sort the bars",
        )  # fmt: skip
    opens = time.astype(TIME_DTYPE), t1.astype(TIME_DTYPE) - interval_timedelta(interval)
    first, last = (np.searchsorted(stamps, of.astype("int64").to_numpy()) for of in opens)
    for rows, of in zip((first, last), opens, strict=True):
        absent = stamps[np.minimum(rows, len(stamps) - 1)] != of.astype("int64").to_numpy()
        if absent.any():
            raise bad_input(
                "first and last bar of every label", f"among the bars, of {interval}",
                f"none that opens at {of[absent].iloc[0]}", "load the bars the labels were made from",
            )  # fmt: skip
    return first, last
