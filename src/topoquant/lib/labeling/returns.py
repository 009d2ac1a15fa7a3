"""Targets of one return: up or down after a horizon, and log-returns over several."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from topoquant.lib.bars import infer_interval
from topoquant.lib.errors import bad_input
from topoquant.lib.labeling.horizons import price_after, target_rows
from topoquant.lib.labeling.options import Reference


def label_direction(bars: pd.DataFrame, *, horizon: int, interval: str | None = None) -> pd.DataFrame:
    """Label the rows after which the price stands above the fill when the horizon ends.

    One label per decision bar, whatever windows a model looks back over: it reads no bar
    before the fill.

    Parameters
    ----------
    bars : DataFrame
        One symbol's bars, sorted by `open_time`.
    horizon : int
        Bars from the entry bar to the bar of the exit, inclusive.
    interval : str, optional
        Length of a bar; what the stamps show when absent.

    Returns
    -------
    DataFrame, in the order of `bars`
        `symbol` if `bars` has it, `time`, `t1` (`time` + horizon), `label` (1.0 iff
        close[t+horizon] > open[t+1], so a tie is 0.0) and `ret`
        (close[t+horizon] / open[t+1] - 1). A row whose horizon passes the data or a gap, or
        whose fill or exit is NaN, is absent. A row depends on the bars t+1 .. t+horizon alone.

    Raises
    ------
    InputError
        If the horizon is below 1, or the bars are of several symbols, out of order or closer
        to each other than the interval.

    Examples
    --------
    >>> bars = pd.DataFrame({"open_time": pd.date_range("2024-01-01", periods=4, freq="h", tz="UTC"),
    ...     "open": [99.0, 100.0, 101.0, 102.0], "close": [99.0, 101.0, 102.0, 101.0]})
    >>> label_direction(bars, horizon=2)[["label", "ret"]].round(4).to_numpy().tolist()
    [[1.0, 0.02], [0.0, 0.0]]
    """
    # Prices are compared as they are: a quotient of equal prices is exactly 1.
    up = price_after(bars["close"], horizon) > price_after(bars["open"], 1)
    return target_rows(
        bars,
        interval=interval or infer_interval(bars),
        horizon=horizon,
        targets={"label": up.astype(np.float64)},
    )


def label_log_return(
    bars: pd.DataFrame,
    *,
    horizons: Sequence[int],
    reference: Reference = "open",
    interval: str | None = None,
) -> pd.DataFrame:
    """Give each row its log-returns over several horizons.

    Parameters
    ----------
    bars : DataFrame
        One symbol's bars, sorted by `open_time`.
    horizons : sequence of int
        Distinct numbers of bars, shortest first.
    reference : {"open", "close"}
        "open" measures from the fill: log(close[t+h] / open[t+1]). "close" measures from the
        decision bar: log(close[t+h] / close[t]); published tables do so, but nobody is filled
        at a close that has just been seen, so it is never traded.
    interval : str, optional
        Length of a bar; what the stamps show when absent.

    Returns
    -------
    DataFrame, in the order of `bars`
        `symbol` if `bars` has it, `time`, `t1` (`time` + the longest horizon), `logret_<h>`
        per horizon and `ret` (close[t+longest] / open[t+1] - 1, from the fill whatever the
        reference). A row whose longest horizon passes the data or a gap, or in which a price
        is NaN, is absent. A row depends on the bars t+1 .. t+longest, and on the close of bar
        t if that is the reference.

    Raises
    ------
    InputError
        If the horizons are none, below 1, repeated or out of order, the reference is unknown,
        or the bars are as `label_direction` refuses.

    Examples
    --------
    >>> bars = pd.DataFrame({"open_time": pd.date_range("2024-01-01", periods=3, freq="h", tz="UTC"),
    ...     "open": [99.0, 100.0, 101.0], "close": [98.0, 101.0, 102.0]})
    >>> rows = label_log_return(bars, horizons=[1, 2])
    >>> rows[["logret_1", "logret_2", "ret"]].round(4).to_numpy().tolist()
    [[0.01, 0.0198, 0.02]]
    """
    given = list(horizons)
    if not given or given != sorted(set(given)) or given[0] < 1:
        raise bad_input(
            "horizons",
            "distinct numbers of bars from 1 on, shortest first",
            given,
            "set the label's horizons",
        )
    returns = {f"logret_{horizon}": _log_return(bars, horizon, reference) for horizon in given}
    return target_rows(
        bars, interval=interval or infer_interval(bars), horizon=given[-1], targets=returns
    )  # fmt: skip


def _log_return(bars: pd.DataFrame, horizon: int, reference: Reference) -> NDArray[np.float64]:
    """Return log(close[t+horizon] / reference), across gaps too."""
    if reference not in ("open", "close"):
        raise bad_input("reference", "open or close", repr(reference), "measure from the fill with open")
    start = price_after(bars["open"], 1) if reference == "open" else price_after(bars["close"], 0)
    returns: NDArray[np.float64] = np.log(price_after(bars["close"], horizon) / start)
    return returns
