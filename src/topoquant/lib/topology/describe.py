"""The shapes of single windows, as records that can be drawn."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from topoquant.lib.bars import check_one_symbol, contiguous_length, row_keys
from topoquant.lib.errors import bad_input
from topoquant.lib.topology.backends import one_by_one
from topoquant.lib.topology.features import TdaFeatures, window_deviations
from topoquant.lib.topology.options import TdaOptions
from topoquant.lib.topology.series import take_series
from topoquant.lib.topology.vectorise import vectorise_diagrams


def choose_times(made: TdaFeatures, options: TdaOptions) -> dict[str, pd.Timestamp]:
    """Choose three windows to look at: those with the shortest, the middle and the longest loop.

    Parameters
    ----------
    made : TdaFeatures
        Of one symbol, at least one row.
    options : TdaOptions
        Its first series and first window are looked at.

    Returns
    -------
    dict of str to Timestamp
        Decision times, by what is long or short about them; of equal loops the first in time.

    Examples
    --------
    >>> options = TdaOptions(windows=[4], dimension=2, delay=1, series=["log_price"], n_bins=3,
    ...                      n_layers=1, grid_max=2.0, sublevel=False, sublevel_max=4.0,
    ...                      backend="sliding", n_jobs=1)
    >>> times = pd.Series(pd.date_range("2024-01-01", periods=3, freq="h", tz="UTC"))
    >>> made = TdaFeatures(np.array([[0.2], [0.0], [0.1]], np.float32), pd.DataFrame({"time": times}),
    ...                    ["log_price_4_longest_h1"])
    >>> [time.hour for time in choose_times(made, options).values()]
    [1, 2, 0]
    """
    longest = made.values[:, made.columns.index(f"{options.series[0]}_{options.windows[0]}_longest_h1")]
    order = np.argsort(longest, kind="stable")
    rows = {"shortest loop": order[0], "middle loop": order[len(order) // 2], "longest loop": order[-1]}
    return {name: made.index["time"].iloc[row] for name, row in rows.items()}


def describe_windows(
    bars: pd.DataFrame, times: dict[str, pd.Timestamp], options: TdaOptions, *, interval: str
) -> list[dict[str, Any]]:
    """Describe the windows that end at some times: their diagrams and Betti curves.

    Parameters
    ----------
    bars : DataFrame
        Of one symbol.
    times : dict of str to Timestamp
        Decision times of whole windows, by what to call them.
    options : TdaOptions
        Its first series and first window are taken.
    interval : str
        Length of a bar.

    Returns
    -------
    list of dict
        name, h0 (deaths), h1 (births and deaths), levels, betti_h0, betti_h1; all in standard deviations
        of the window.

    Raises
    ------
    InputError
        If no bar has one of the times, or there are too few bars before it, or a gap among them.

    Examples
    --------
    >>> open_time = pd.date_range("2024-01-01", periods=4, freq="h", tz="UTC")
    >>> bars = pd.DataFrame({"symbol": "SYN", "open_time": open_time, "close": [1.0, 2.0, 1.0, 2.0]})
    >>> options = TdaOptions(windows=[4], dimension=2, delay=1, series=["log_price"], n_bins=3,
    ...                      n_layers=1, grid_max=2.0, sublevel=False, sublevel_max=4.0,
    ...                      backend="sliding", n_jobs=1)
    >>> at = {"last": pd.Timestamp("2024-01-01 04:00", tz="UTC")}
    >>> describe_windows(bars, at, options, interval="1h")[0]["betti_h0"]
    [1, 1, 1]
    """
    check_one_symbol(bars)
    window = options.windows[0]
    known = pd.Index(row_keys(bars, interval)["time"])
    ends = known.get_indexer(pd.DatetimeIndex(list(times.values())))
    needed = window + (options.series[0] == "returns")
    if (ends < 0).any() or (np.asarray(contiguous_length(bars, interval))[ends] < needed).any():
        raise bad_input(
            "times", f"of bars with {needed - 1} before them, without a gap",
            [str(time) for time in times.values()], "take times of the features",
        )  # fmt: skip
    records = []
    for name, end in zip(times, ends, strict=True):
        own = bars.iloc[end - needed + 1 : end + 1]
        values = take_series(own, options.series[:1], used=np.ones(needed, np.bool_))[-window:, 0]
        records.append({"name": f"{name}, {times[name]:%Y-%m-%d %H:%M}", **_shape(values, options)})
    return records


def _shape(values: NDArray[np.float64], options: TdaOptions) -> dict[str, Sequence[Any]]:
    """Diagram and Betti curves of one window."""
    start = np.zeros(1, np.int64)
    diagrams = one_by_one(values, start, window=len(values), dimension=options.dimension, delay=options.delay)
    scale = window_deviations(values, start, len(values))
    row = vectorise_diagrams(diagrams, options, scale=scale)[0]
    h0, h1 = diagrams[0]
    n = options.n_bins
    return {
        "h0": (h0 / scale[0]).tolist(),
        "h1": (h1 / scale[0]).tolist(),
        "levels": np.linspace(0.0, options.grid_max, n).tolist(),
        "betti_h0": row[:n].astype(int).tolist(),
        "betti_h1": row[n : 2 * n].astype(int).tolist(),
    }
