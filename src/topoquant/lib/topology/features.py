"""Topological features of one symbol's bars."""

from collections.abc import Collection
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from topoquant.lib.bars import check_one_symbol, contiguous_length, infer_interval, row_keys
from topoquant.lib.executors import Executor, joblib_map
from topoquant.lib.progress import Progress, silent
from topoquant.lib.topology.backends import BACKENDS
from topoquant.lib.topology.blocks import Block, rows_of_blocks, split_blocks
from topoquant.lib.topology.embedding import check_window
from topoquant.lib.topology.options import TdaOptions
from topoquant.lib.topology.series import bars_needed, take_series
from topoquant.lib.topology.store import BlockStore, NoStore, options_name
from topoquant.lib.topology.sublevel import sublevel_columns, vectorise_sublevel
from topoquant.lib.topology.vectorise import diagram_columns, vectorise_diagrams

# Large enough that windows share their work, small enough to see progress.
BLOCK_SIZE = 1024
# Windows that are copied out together for their deviations.
N_AT_ONCE = 64


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


def feature_names(options: TdaOptions) -> list[str]:
    """Names of the columns of `tda_features`.

    Parameters
    ----------
    options : TdaOptions
        Series, windows, `n_bins`, `n_layers` and `sublevel` are read.

    Returns
    -------
    list of str
        `<series>_<window>_<feature>`: for every series, for every window, `diagram_columns` and,
        where they are asked for, `sublevel_columns`.

    Examples
    --------
    >>> options = TdaOptions(windows=[96, 672], dimension=3, delay=1, series=["log_price", "volume"],
    ...                      n_bins=100, n_layers=5, grid_max=1.0, sublevel=True, sublevel_max=4.0,
    ...                      backend="sliding", n_jobs=1)
    >>> len(feature_names(options)), feature_names(options)[0], feature_names(options)[-1]
    (1272, 'log_price_96_betti_h0_00', 'volume_672_count_sublevel')
    """
    own = diagram_columns(options) + (sublevel_columns(options) if options.sublevel else [])
    pairs = ((series, window) for series in options.series for window in options.windows)
    return [f"{series}_{window}_{name}" for series, window in pairs for name in own]


def tda_features(
    bars: pd.DataFrame,
    options: TdaOptions,
    *,
    interval: str | None = None,
    times: Collection[pd.Timestamp] | pd.Series | pd.DatetimeIndex | None = None,
    store: BlockStore | None = None,
    map: Executor | None = None,  # noqa: A002  (it is one)
    progress: Progress = silent,
) -> TdaFeatures:
    """Compute topological features of the window that ends at each bar.

    Parameters
    ----------
    bars : DataFrame
        Bars of one symbol in time order; `open_time`, what `options.series` needs of `close` and
        `volume` and, where it is there, `symbol` are read.
    options : TdaOptions
        Series, windows, embedding and vectorisation.
    interval : str, optional
        Length of a bar ("15m"); what the stamps show when absent.
    times : collection of Timestamp, optional
        Decision times to compute; all when absent. Times without a whole window give no row.
    store : BlockStore, optional
        Has what an earlier call computed, and is given the rest block by block. Nothing is kept when
        absent.
    map : callable, optional
        As the built-in `map`; up to `options.n_jobs` processes of this machine when absent.
    progress : Progress
        Told about windows.

    Returns
    -------
    TdaFeatures
        One row per bar (of `times`) whose longest window exists without a gap; columns as
        `feature_names`. Every diagram is in units of its window's own standard deviation; a constant
        window has no bars and entropy -1.

    Raises
    ------
    InputError
        For several symbols, a window too short to embed, or a close or volume in a window that is
        NaN, infinite or negative (a close also where it is 0): the first such bar is named.

    Notes
    -----
    A row depends on as many bars up to and including its own as its longest window has (one more for
    returns), and its bits on nothing else: neither on other rows nor on blocks, executor or `n_jobs`.

    Examples
    --------
    >>> options = TdaOptions(windows=[4], dimension=2, delay=1, series=["log_price"], n_bins=10,
    ...                      n_layers=1, grid_max=3.0, sublevel=False, sublevel_max=4.0,
    ...                      backend="sliding", n_jobs=1)
    >>> bars = pd.DataFrame({
    ...     "symbol": "SYN", "open_time": pd.date_range("2024", periods=6, freq="15min", tz="UTC"),
    ...     "close": [1.0, 2.0, 1.0, 2.0, 4.0, 1.0],
    ... })
    >>> features = tda_features(bars, options, interval="15m")
    >>> features.values.shape, features.index["time"].iloc[0].isoformat()
    ((3, 30), '2024-01-01T01:00:00+00:00')
    """
    index, blocks = plan_blocks(bars, options, interval=interval or infer_interval(bars), times=times)
    values = compute_blocks(blocks, options, store=store, map=map, progress=progress)
    return TdaFeatures(values=values, index=index, columns=feature_names(options))


def plan_blocks(
    bars: pd.DataFrame,
    options: TdaOptions,
    *,
    interval: str,
    times: Collection[pd.Timestamp] | pd.Series | pd.DatetimeIndex | None,
) -> tuple[pd.DataFrame, list[Block]]:
    """Choose the rows of one symbol's bars: their keys, and the values they depend on in blocks."""
    for window in options.windows:
        check_window(window, dimension=options.dimension, delay=options.delay)
    index = row_keys(bars, interval)
    ends = _ends(bars, index, options, interval=interval, times=times)
    series = take_series(bars, options.series, used=_used(len(bars), ends, options))
    longest = max(options.windows)
    blocks = split_blocks(series, ends - longest + 1, window=longest, size=BLOCK_SIZE)
    return index.iloc[ends].reset_index(drop=True), blocks


def compute_blocks(
    blocks: list[Block],
    options: TdaOptions,
    *,
    store: BlockStore | None,
    map: Executor | None,  # noqa: A002  (it is one)
    progress: Progress,
) -> NDArray[np.float32]:
    """Rows of blocks, one below the other, with the arguments of `tda_features`."""
    return rows_of_blocks(
        partial(features_of_block, options=options),
        blocks,
        n_columns=len(feature_names(options)),
        options=options_name(options),
        store=store if store is not None else NoStore(),
        map=map if map is not None else joblib_map(options.n_jobs),
        progress=progress,
    )


def features_of_block(block: Block, *, options: TdaOptions) -> NDArray[np.float32]:
    """Rows of one block's windows; it holds one column per series and where longest windows begin."""
    longest = max(options.windows)
    parts = []
    for values in np.ascontiguousarray(block.series.T):
        for window in options.windows:
            skipped = int(block.starts[0]) + longest - window
            parts += _families(values[skipped:], block.starts - block.starts[0], window, options)
    return np.hstack(parts).astype(np.float32)


def _families(
    values: NDArray[np.float64], starts: NDArray[np.int64], window: int, options: TdaOptions
) -> list[NDArray[np.float64]]:
    """Features of one series in one window, family by family."""
    diagrams = BACKENDS[options.backend](
        values, starts, window=window, dimension=options.dimension, delay=options.delay
    )
    scale = window_deviations(values, starts, window)
    rows = [vectorise_diagrams(diagrams, options, scale=scale)]
    if options.sublevel:
        rows.append(vectorise_sublevel(values, starts, options, window=window, scale=scale))
    return rows


def window_deviations(
    values: NDArray[np.float64], starts: NDArray[np.int64], window: int
) -> NDArray[np.float64]:
    """Return the standard deviation of each window by itself; 1 for a constant one, which has no bars.

    A running sum would let the values before a window leak into its last digits.
    """
    deviations = np.empty(len(starts))
    for first in range(0, len(starts), N_AT_ONCE):
        rows = values[starts[first : first + N_AT_ONCE, None] + np.arange(window)]
        own = np.where(rows.max(axis=1) > rows.min(axis=1), rows.std(axis=1), 1.0)
        deviations[first : first + N_AT_ONCE] = own
    return deviations


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
    needed = bars_needed(options.windows, options.series)
    wanted = np.asarray(contiguous_length(bars, interval)) >= needed
    if times is not None:
        wanted &= index["time"].isin(pd.DatetimeIndex(list(times))).to_numpy()
    return np.flatnonzero(wanted)


def _used(n_bars: int, ends: NDArray[np.int64], options: TdaOptions) -> NDArray[np.bool_]:
    """Bars on which some row depends."""
    steps = np.zeros(n_bars + 1, np.int64)
    np.add.at(steps, ends - bars_needed(options.windows, options.series) + 1, 1)
    np.add.at(steps, ends + 1, -1)
    return np.cumsum(steps)[:-1] > 0
