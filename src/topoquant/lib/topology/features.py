"""Topological features of one symbol's bars."""

from collections.abc import Collection
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from topoquant.lib.bars import check_one_symbol, contiguous_length, infer_interval, row_keys
from topoquant.lib.errors import bad_input
from topoquant.lib.progress import Progress, silent
from topoquant.lib.topology.backends import BACKENDS
from topoquant.lib.topology.blocks import Block, Executor, joblib_map, split_blocks
from topoquant.lib.topology.embedding import check_window
from topoquant.lib.topology.options import TdaOptions
from topoquant.lib.topology.vectorise import feature_names, vectorise_diagrams

# Large enough that windows share their work, small enough to see progress.
BLOCK_SIZE = 1024


@dataclass(frozen=True)
class TdaFeatures:
    """Features and the keys of their rows.

    Attributes
    ----------
    values : ndarray of float32, shape (n, n_features)
        One row per window.
    index : DataFrame, shape (n, 2)
        `symbol` (where the bars have it) and `time` of each row, in the same order, by time.
    columns : list of str
        Names of the columns of `values`.
    """

    values: NDArray[np.float32]
    index: pd.DataFrame
    columns: list[str]


def tda_features(
    bars: pd.DataFrame,
    options: TdaOptions,
    *,
    interval: str | None = None,
    times: Collection[pd.Timestamp] | pd.Series | pd.DatetimeIndex | None = None,
    map: Executor | None = None,  # noqa: A002  (it is one)
    progress: Progress = silent,
) -> TdaFeatures:
    """Compute topological features of the window that ends at each bar.

    Parameters
    ----------
    bars : DataFrame
        Bars of one symbol in time order; `open_time`, `close` and, where it is there, `symbol` are read.
    options : TdaOptions
        Window, embedding and vectorisation.
    interval : str, optional
        Length of a bar ("15m"); what the stamps show when absent.
    times : collection of Timestamp, optional
        Decision times to compute; all when absent. Times without a whole window give no row.
    map : callable, optional
        As the built-in `map`; `options.n_jobs` processes of this machine when absent.
    progress : Progress
        Told about windows.

    Returns
    -------
    TdaFeatures
        One row per bar (of `times`) whose whole window exists without a gap. Every row is in units
        of its window's own standard deviation; a constant window has no bars and entropy -1.

    Raises
    ------
    InputError
        For several symbols, a window too short to embed, or a close in a window that is NaN,
        infinite or not positive: the first such bar is named.

    Notes
    -----
    A row depends on the `window` closes up to and including its own (one more for returns), and its
    bits on nothing else: neither on other rows nor on blocks, executor or `n_jobs`.

    Examples
    --------
    >>> options = TdaOptions(window=4, dimension=2, delay=1, series="log_price", n_bins=10,
    ...                      n_layers=1, grid_max=3.0, backend="sliding", n_jobs=1)
    >>> bars = pd.DataFrame({
    ...     "symbol": "SYN", "open_time": pd.date_range("2024", periods=6, freq="15min", tz="UTC"),
    ...     "close": [1.0, 2.0, 1.0, 2.0, 4.0, 1.0],
    ... })
    >>> features = tda_features(bars, options, interval="15m")
    >>> features.values.shape, features.index["time"].iloc[0].isoformat()
    ((3, 30), '2024-01-01T01:00:00+00:00')
    """
    check_window(options.window, dimension=options.dimension, delay=options.delay)
    interval = interval or infer_interval(bars)
    index = row_keys(bars, interval)
    ends = _ends(bars, index, options, interval=interval, times=times)
    series = _series(bars, ends, options)
    starts = ends - options.window + 1
    blocks = split_blocks(series, starts, window=options.window, size=BLOCK_SIZE)
    run = map if map is not None else _executor(options.n_jobs)
    columns = feature_names(options)
    values = np.empty((len(ends), len(columns)), np.float32)
    filled = 0
    with progress(len(ends), "windows") as advance:
        for rows in run(partial(features_of_block, options=options), blocks):
            values[filled : filled + len(rows)] = rows
            filled += len(rows)
            advance(len(rows))
    return TdaFeatures(values=values, index=index.iloc[ends].reset_index(drop=True), columns=columns)


def features_of_block(block: Block, *, options: TdaOptions) -> NDArray[np.float32]:
    """Rows of one block's windows."""
    window = options.window
    diagrams = BACKENDS[options.backend](
        block.series, block.starts, window=window, dimension=options.dimension, delay=options.delay
    )
    scale = np.array([_deviation(block.series[start : start + window]) for start in block.starts])
    return vectorise_diagrams(diagrams, options, scale=scale).astype(np.float32)


def _deviation(window: NDArray[np.float64]) -> float:
    """Return the standard deviation of a window by itself; 1 for a constant one, which has no bars."""
    return float(np.std(window)) if window.max() > window.min() else 1.0


def _executor(n_jobs: int) -> Executor:
    """Choose the builtin map for one process, joblib on several."""
    return _serial_map if n_jobs == 1 else joblib_map(n_jobs)


_serial_map: Executor = map


def _ends(
    bars: pd.DataFrame,
    index: pd.DataFrame,
    options: TdaOptions,
    *,
    interval: str,
    times: Collection[pd.Timestamp] | pd.Series | pd.DatetimeIndex | None,
) -> NDArray[np.int64]:
    """Positions of the bars that end a whole window and are asked for."""
    check_one_symbol(bars)
    needed = options.window + (options.series == "returns")
    wanted = np.asarray(contiguous_length(bars, interval)) >= needed
    if times is not None:
        wanted &= index["time"].isin(pd.DatetimeIndex(list(times))).to_numpy()
    return np.flatnonzero(wanted)


def _series(bars: pd.DataFrame, ends: NDArray[np.int64], options: TdaOptions) -> NDArray[np.float64]:
    """Return the series that is embedded, one value per bar; refuses a bad close inside any window."""
    close = bars["close"].to_numpy(np.float64)
    needed = options.window + (options.series == "returns")
    steps = np.zeros(len(close) + 1, np.int64)
    np.add.at(steps, ends - needed + 1, 1)
    np.add.at(steps, ends + 1, -1)
    used = np.cumsum(steps)[:-1] > 0
    bad = used & ~(np.isfinite(close) & (close > 0))
    if bad.any():
        first = int(np.argmax(bad))
        raise bad_input(
            "close in a window",
            "finite and > 0",
            f"{close[first]} at open_time {bars['open_time'].iloc[first]}",
            "drop that bar: a gap is allowed, a bad price is not",
        )
    log_price = np.log(np.where(used, close, 1.0))
    return log_price if options.series == "log_price" else np.diff(log_price, prepend=log_price[:1])
