"""The meta-label: whether it was right to take this side."""

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from topoquant.lib.errors import bad_input
from topoquant.lib.labeling.barriers import label_triple_barrier
from topoquant.lib.labeling.horizons import DECIMALS


def meta_label(
    bars: pd.DataFrame,
    *,
    side: ArrayLike,
    width: ArrayLike,
    upper: float,
    lower: float,
    horizon: int,
    cost: float = 0.0,
    interval: str | None = None,
) -> pd.DataFrame:
    """Label each position of a primary model 1 if it earned more than it cost, else 0.

    The primary model decides the side; a second one, trained on this label, decides whether to
    take the position and how large. Positions are filled, stopped and closed as in
    `label_triple_barrier`. Unlike its label with a side, which asks for the profit barrier, this
    one counts whatever is earned by the time limit; with `upper` and `lower` infinite it is the
    sign of the return over the horizon.

    Parameters
    ----------
    bars : DataFrame, shape (n_bars, ...)
        One symbol's bars, ascending in `open_time`.
    side : {1, -1} or array-like of -1, 0, 1, shape (n_bars,)
        The primary model's decision at each bar, out of sample; 0 or NaN: no position, the row is
        absent.
    width, upper, lower, horizon, interval
        As in `label_triple_barrier`.
    cost : float
        Of the round trip, a fraction of the entry price. A return of exactly the cost is a 0.

    Returns
    -------
    DataFrame, in the order of `bars`
        The columns of `label_triple_barrier`, `label` being 1.0 iff `ret` > `cost` (to 12 decimals)
        and `ret` the return of the position before costs. A row depends on the bars that
        `label_triple_barrier` names.

    Raises
    ------
    InputError
        If the side is absent, the cost negative, or `label_triple_barrier` refuses.

    References
    ----------
    Lopez de Prado, M. (2018), Advances in Financial Machine Learning, section 3.6, snippet 3.7.

    Examples
    --------
    >>> bars = pd.DataFrame({"open_time": pd.date_range("2024-01-01", periods=4, freq="h", tz="UTC"),
    ...     "open": [100.0, 100.0, 101.0, 100.0], "high": [100.0, 101.0, 101.0, 101.0],
    ...     "low": [100.0, 100.0, 100.0, 100.0], "close": [100.0, 101.0, 100.0, 101.0]})
    >>> rows = meta_label(bars, side=[1, -1, 1, 0], width=np.full(4, 0.05), upper=1, lower=1, horizon=1)
    >>> rows[["label", "ret"]].round(4)
       label     ret
    0    1.0  0.0100
    1    1.0  0.0099
    2    1.0  0.0100
    """
    if side is None:
        raise bad_input("side", "decided for every bar", side, "give the primary model's -1, 0 or 1")
    if not 0 <= cost < np.inf:
        raise bad_input("cost", "a fraction of the entry price, at least 0", cost, "set 0.002, or 0 for none")
    rows = label_triple_barrier(
        bars, width=width, upper=upper, lower=lower, horizon=horizon, side=side, interval=interval
    )
    is_right = np.round(rows["ret"].to_numpy() - cost, DECIMALS) > 0
    return rows.assign(label=is_right.astype(np.float64))
