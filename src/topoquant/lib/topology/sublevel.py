"""Persistence of the sub-level sets of a window: its valleys, and how deep they are."""

import numpy as np
from numpy.typing import NDArray

from topoquant.lib.errors import bad_input
from topoquant.lib.topology.options import TdaOptions
from topoquant.lib.topology.sublevel_kernel import sublevel_bars, sublevel_rows
from topoquant.lib.topology.vectorise import SCALARS


def sublevel_persistence(values: NDArray[np.floating]) -> NDArray[np.float64]:
    """Compute the persistence of the sub-level sets of a path of values, in dimension 0.

    Parameters
    ----------
    values : ndarray, shape (n,)
        Values in time order, n > 0, joined to their neighbours in time.

    Returns
    -------
    ndarray of float64, shape (m, 2)
        Births and deaths of the components of {i : values[i] <= level} while the level rises; bars of
        positive length, in no particular order.

    Raises
    ------
    InputError
        When there is no value, or one is NaN or infinite.

    Notes
    -----
    A component is born at a local minimum. Where two meet, at a local maximum between them, the one
    born later (at the higher minimum) dies: the elder rule. A maximum at an end of the path joins
    nothing. The component of the lowest value never dies; its bar ends at the highest value, as in
    extended persistence, so that the longest bar is the range of the values. Values that are all
    equal have no bar. Exact, in one pass, in time that grows with n. For the components of
    super-level sets give the negative values.

    References
    ----------
    Edelsbrunner, H. and Harer, J. (2010). Computational Topology, chapter VII.

    Examples
    --------
    Two valleys, at 0 and 1, meet at the peak of 3 between them; the path ends on 2.

    >>> sublevel_persistence(np.array([4.0, 0.0, 3.0, 1.0, 2.0])).tolist()
    [[1.0, 3.0], [0.0, 4.0]]
    """
    path = np.ascontiguousarray(values, dtype=np.float64)
    if path.ndim != 1 or len(path) == 0 or not np.isfinite(path).all():
        raise bad_input(
            "values", "a finite array of shape (n,), n > 0", f"shape {path.shape}", "check for NaN"
        )
    bars = np.empty((len(path) // 2 + 1, 2))
    return bars[: sublevel_bars(path, bars)].copy()


def sublevel_columns(options: TdaOptions) -> list[str]:
    """Names of the columns that `vectorise_sublevel` gives.

    Parameters
    ----------
    options : TdaOptions
        `n_bins` is read.

    Returns
    -------
    list of str, length n_bins + 4
        In the order of the columns.

    Examples
    --------
    >>> options = TdaOptions(windows=[4], dimension=2, delay=1, series=["log_price"], n_bins=3,
    ...                      n_layers=1, grid_max=2.0, sublevel=True, sublevel_max=4.0,
    ...                      backend="sliding", n_jobs=1)
    >>> sublevel_columns(options)[-5:]
    ['betti_sublevel_2', 'entropy_sublevel', 'bottleneck_sublevel', 'wasserstein_sublevel', 'count_sublevel']
    """
    width = len(str(options.n_bins - 1))
    betti = [f"betti_sublevel_{k:0{width}d}" for k in range(options.n_bins)]
    return [*betti, *(f"{name}_sublevel" for name in SCALARS)]


def vectorise_sublevel(
    series: NDArray[np.float64], starts: NDArray[np.int64], options: TdaOptions, *, window: int,
    scale: NDArray[np.float64],
) -> NDArray[np.float64]:  # fmt: skip
    """Turn the valleys of windows into rows of features.

    Parameters
    ----------
    series : ndarray, shape (n,)
        Values in time order, finite in every window.
    starts : ndarray of int64, shape (n_windows,)
        First positions of the windows.
    options : TdaOptions
        `n_bins` and `sublevel_max` are read.
    window : int
        Values per window.
    scale : ndarray, shape (n_windows,)
        What the bars of each window are divided by, after its minimum is taken off.

    Returns
    -------
    ndarray of float64, shape (n_windows, n_bins + 4)
        Columns as `sublevel_columns`. The number of valleys apart from each other, birth <= s < death,
        with s on `n_bins` points from 0 to `sublevel_max`; then, of all bars, entropy of the lengths
        in bits (-1 without bars), half the longest, L2 norm of half the lengths, and count.

    Raises
    ------
    InputError
        When a window does not lie within the series.

    Examples
    --------
    >>> options = TdaOptions(windows=[5], dimension=2, delay=1, series=["log_price"], n_bins=5,
    ...                      n_layers=1, grid_max=2.0, sublevel=True, sublevel_max=4.0,
    ...                      backend="sliding", n_jobs=1)
    >>> series, start, scale = np.array([4.0, 0.0, 3.0, 1.0, 2.0]), np.array([0]), np.array([1.0])
    >>> vectorise_sublevel(series, start, options, window=5, scale=scale)[0, :5].tolist()
    [1.0, 2.0, 2.0, 1.0, 0.0]
    """
    if len(starts) and (starts.min() < 0 or starts.max() + window > len(series)):
        raise bad_input("starts", f"in [0, {len(series) - window}]", starts.tolist(), "give whole windows")
    rows = np.empty((len(starts), options.n_bins + len(SCALARS)))
    grid = np.linspace(0.0, options.sublevel_max, options.n_bins)
    sublevel_rows(rows, np.ascontiguousarray(series, np.float64), starts, window, scale, grid)
    return rows
