"""The move label: does the price stand a threshold away from the fill when the horizon ends."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from topoquant.lib.bars import contiguous_length, infer_interval
from topoquant.lib.errors import bad_input
from topoquant.lib.labeling.horizons import DECIMALS, fill_return, target_rows
from topoquant.lib.labeling.options import Side

# A volume of exactly the ratio times the mean passes, in spite of the rounding of a division.
TOLERANCE = 1e-12


def label_move(
    bars: pd.DataFrame,
    *,
    threshold: float,
    horizon: int,
    side: Side = "both",
    volume_window: int | None = None,
    min_volume_ratio: float | None = None,
    interval: str | None = None,
) -> pd.DataFrame:
    """Label the rows whose price stands at least `threshold` away from the fill when the horizon ends.

    Unlike a trigger, which asks how far the price goes on the way, a move is read off the
    close of the last bar alone.

    Parameters
    ----------
    bars : DataFrame
        One symbol's bars, sorted by `open_time`.
    threshold : float
        Fraction of the entry price, open[t+1]; a move of exactly the threshold counts.
    horizon : int
        Bars from the entry bar to the bar of the exit, inclusive.
    side : {"up", "down", "both"}
        Which moves count; "both" is the absolute move.
    volume_window, min_volume_ratio : int and float, optional
        Of `passes_volume`: rows it does not pass have no target. Absent: all rows have one.
    interval : str, optional
        Length of a bar; what the stamps show when absent.

    Returns
    -------
    DataFrame, in the order of `bars`
        `symbol` if `bars` has it, `time`, `t1` (`time` + horizon), `label` (1.0 or 0.0) and
        `ret` (close[t+horizon] / open[t+1] - 1, whatever the side). A row whose horizon passes
        the data or a gap, whose fill or exit is NaN or whose volume does not pass is absent. A
        row depends on the bars t+1 .. t+horizon, and on the volume of the bars
        t-volume_window+1 .. t.

    Raises
    ------
    InputError
        If the threshold is not positive, the horizon below 1, the side unknown, only one of
        `volume_window` and `min_volume_ratio` is given, or the bars are of several symbols,
        out of order or closer to each other than the interval.

    Examples
    --------
    >>> bars = pd.DataFrame({"open_time": pd.date_range("2024-01-01", periods=4, freq="h", tz="UTC"),
    ...     "open": 100.0, "close": [100.0, 99.0, 101.0, 100.5], "volume": [5.0, 1.0, 5.0, 5.0]})
    >>> label_move(bars, threshold=0.01, horizon=1)["label"].tolist()
    [1.0, 1.0, 0.0]
    >>> label_move(bars, threshold=0.01, horizon=1, side="up")["label"].tolist()
    [0.0, 1.0, 0.0]
    >>> label_move(bars, threshold=0.01, horizon=1, volume_window=2, min_volume_ratio=1.0)["label"].tolist()
    [0.0]
    """
    if not threshold > 0:
        raise bad_input("threshold", "above 0", threshold, "set a fraction of the entry price such as 0.004")
    if side not in ("up", "down", "both"):
        raise bad_input("side", "up, down or both", repr(side), "set the label's side")
    if (volume_window is None) != (min_volume_ratio is None):
        raise bad_input(
            "volume_window and min_volume_ratio", "both given or both absent",
            f"{volume_window} and {min_volume_ratio}", "give the other too",
        )  # fmt: skip
    interval = interval or infer_interval(bars)
    move = np.round(fill_return(bars, horizon), DECIMALS)
    reach = {"up": move, "down": -move, "both": np.abs(move)}[side]
    label = (reach >= threshold).astype(np.float64)
    if volume_window is not None and min_volume_ratio is not None:
        passes = passes_volume(bars, window=volume_window, min_ratio=min_volume_ratio, interval=interval)
        label[~passes] = np.nan
    return target_rows(bars, interval=interval, horizon=horizon, targets={"label": label})


def passes_volume(
    bars: pd.DataFrame, *, window: int, min_ratio: float, interval: str | None = None
) -> NDArray[np.bool_]:
    """Mark the bars whose volume is at least a multiple of the recent mean.

    Parameters
    ----------
    bars : DataFrame, shape (n, ...)
        `open_time` and `volume` of one symbol, sorted by `open_time`.
    window : int
        Bars of the mean, bar t included.
    min_ratio : float
        Multiple of the mean; a volume of exactly that multiple passes.
    interval : str, optional
        Length of a bar; what the stamps show when absent.

    Returns
    -------
    ndarray of bool, shape (n,)
        volume[t] >= min_ratio * mean(volume[t-window+1 .. t]). False where the window reaches
        back past the start or a gap, or holds a NaN. At t from the bars up to t alone.

    Raises
    ------
    InputError
        If the window is below 1 or the ratio not positive.

    Examples
    --------
    >>> bars = pd.DataFrame({"open_time": pd.date_range("2024-01-01", periods=4, freq="h", tz="UTC"),
    ...     "volume": [1.0, 3.0, 1.0, 1.0]})
    >>> passes_volume(bars, window=2, min_ratio=1.0).tolist()
    [False, True, False, True]
    """
    if window < 1:
        raise bad_input("volume_window", "at least 1 bar", window, "set the window of the mean volume")
    if not min_ratio > 0:
        raise bad_input("min_volume_ratio", "above 0", min_ratio, "set a multiple of the mean such as 0.5")
    volume = bars["volume"].to_numpy(dtype=np.float64)
    needed = min_ratio * _rolling_mean(volume, window)
    warm = contiguous_length(bars, interval or infer_interval(bars)) >= window
    passes: NDArray[np.bool_] = warm & (volume >= needed * (1 - TOLERANCE))
    return passes


def _rolling_mean(values: NDArray[np.float64], window: int) -> NDArray[np.float64]:
    """Return the mean of the last `window` values; NaN before there are as many.

    The values are cut into blocks of `window`. A window is the end of one block and the start
    of the next, whose running sums are added: no window carries rounding, or a NaN, of values
    that have left it, and the cost does not grow with the window.
    """
    blocks = np.pad(values, (0, -len(values) % window)).reshape(-1, window)
    from_start = blocks.cumsum(axis=1).ravel()[: len(values)]
    to_end = blocks[:, ::-1].cumsum(axis=1)[:, ::-1].ravel()[: len(values)]
    sums = np.full(len(values), np.nan)
    sums[window - 1 :] = from_start[window - 1 :]
    starts = np.arange(max(len(values) - window + 1, 0))
    across = starts[starts % window != 0]
    sums[across + window - 1] += to_end[across]
    return sums / window
