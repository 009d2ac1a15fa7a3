"""Raw windows of the rows a study uses: all that is stored of images."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from topoquant.lib.bars import check_one_symbol, contiguous_length, infer_interval, row_keys
from topoquant.lib.errors import bad_input
from topoquant.lib.imaging.options import ImageSeries


@dataclass(frozen=True)
class ImageWindows:
    """Windows and the keys of their rows.

    Attributes
    ----------
    values : ndarray of float64, shape (n, window)
        The raw series, oldest value first, the deciding bar's last.
    index : DataFrame, shape (n, 2)
        `symbol` (where the bars have it) and `time` of each row, in the same order.
    dropped : dict of str to int
        Rows without a window: `warm_up` (too few bars before), `gap` (one among them), `unknown`
        (no bar of that time).
    """

    values: NDArray[np.float64]
    index: pd.DataFrame
    dropped: dict[str, int]


def image_windows(
    bars: pd.DataFrame,
    *,
    window: int,
    series: ImageSeries,
    interval: str | None = None,
    times: pd.Series | pd.DatetimeIndex | None = None,
) -> ImageWindows:
    """Take the window that ends at each bar of one symbol.

    Parameters
    ----------
    bars : DataFrame
        Bars of one symbol in time order; `open_time`, the series and, where it is there, `symbol`
        are read.
    window : int
        Bars per window, the deciding bar included; shorter windows of the same row are its last values.
    series : {"open", "high", "low", "close", "volume"}
        The column.
    interval : str, optional
        Length of a bar ("1m"); what the stamps show when absent.
    times : Series or DatetimeIndex, optional
        Decision times to take; all when absent.

    Returns
    -------
    ImageWindows
        One row per bar (of `times`) that ends `window` bars without a gap, by time. A row holds the
        values of its own `window` bars and nothing else, unrounded: float32 prices would cost two
        digits of the image.

    Raises
    ------
    InputError
        For several symbols, or a value in a window that is NaN or infinite: the first such bar is named.

    Examples
    --------
    >>> bars = pd.DataFrame({
    ...     "open_time": pd.date_range("2024", periods=4, freq="h", tz="UTC"), "close": [1.0, 2.0, 4.0, 3.0],
    ... })
    >>> made = image_windows(bars, window=3, series="close", interval="1h")
    >>> made.values.tolist(), made.index["time"].dt.hour.tolist(), made.dropped["warm_up"]
    ([[1.0, 2.0, 4.0], [2.0, 4.0, 3.0]], [3, 4], 2)
    """
    check_one_symbol(bars)
    name = interval or infer_interval(bars)
    index = row_keys(bars, name)
    wanted = np.ones(len(bars), np.bool_) if times is None else index["time"].isin(times).to_numpy()
    run = contiguous_length(bars, name)
    whole = wanted & (run >= window)
    ends = np.flatnonzero(whole)
    short = np.flatnonzero(wanted & ~whole)
    dropped = {
        "warm_up": int((short < window - 1).sum()),
        "gap": int((short >= window - 1).sum()),
        "unknown": 0 if times is None else len(times) - int(wanted.sum()),
    }
    values = bars[series].to_numpy(np.float64)
    if len(ends) == 0:
        return ImageWindows(np.empty((0, window)), index.iloc[:0].reset_index(drop=True), dropped)
    taken = sliding_window_view(values, window)[ends - (window - 1)]
    _refuse_missing(bars, series, taken, ends)
    return ImageWindows(taken, index.iloc[ends].reset_index(drop=True), dropped)


def image_windows_of_rows(
    bars: pd.DataFrame, rows: pd.DataFrame, *, window: int, series: ImageSeries, interval: str
) -> ImageWindows:
    """Take the windows of the rows a study uses, symbol by symbol.

    Parameters
    ----------
    bars : DataFrame
        Of one or several symbols, sorted by (symbol, open_time).
    rows : DataFrame
        `symbol`, `time`.
    window, series, interval
        As `image_windows`.

    Returns
    -------
    ImageWindows
        Ordered by (symbol, time); rows without a whole window are counted.

    Raises
    ------
    InputError
        If no row has a whole window, and as `image_windows`.

    Examples
    --------
    >>> time = pd.date_range("2024-01-01", periods=3, freq="h", tz="UTC")
    >>> bars = pd.DataFrame({"symbol": "SYN", "open_time": time, "close": [1.0, 2.0, 4.0]})
    >>> rows = pd.DataFrame({"symbol": "SYN", "time": time + pd.Timedelta("1h")})
    >>> made = image_windows_of_rows(bars, rows, window=2, series="close", interval="1h")
    >>> made.values.tolist()
    [[1.0, 2.0], [2.0, 4.0]]
    """
    parts = [
        image_windows(
            own, window=window, series=series, interval=interval,
            times=rows.loc[rows["symbol"] == symbol, "time"],
        )
        for symbol, own in bars.groupby("symbol", sort=True)
    ]  # fmt: skip
    made = ImageWindows(
        np.concatenate([part.values for part in parts]),
        pd.concat([part.index for part in parts], ignore_index=True),
        {name: sum(part.dropped[name] for part in parts) for name in parts[0].dropped},
    )
    if not len(made.values):
        raise bad_input(
            "features_gaf.windows", f"short enough for one of {len(rows)} rows", window,
            "shorten it or load more bars",
        )  # fmt: skip
    return made


def _refuse_missing(
    bars: pd.DataFrame, series: str, taken: NDArray[np.float64], ends: NDArray[np.int64]
) -> None:
    """Name the first bar in a window whose value is missing."""
    finite = np.isfinite(taken)
    if finite.all():
        return
    row, place = (int(one) for one in np.argwhere(~finite)[0])
    bar = bars.iloc[int(ends[row]) - taken.shape[1] + 1 + place]
    raise bad_input(
        f"{series} in a window", "finite", f"{bar[series]} at open_time {bar['open_time']}",
        "drop that bar: a gap is allowed, a bad value is not",
    )  # fmt: skip
