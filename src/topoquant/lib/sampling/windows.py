"""Windows gathered per batch from one array of bars."""

from typing import Any

import numpy as np
from numpy.lib.stride_tricks import as_strided
from numpy.typing import NDArray

from topoquant.lib.errors import bad_input


def gather_windows(sequence: NDArray[Any], end: NDArray[np.integer[Any]], window: int) -> NDArray[Any]:
    """Copy the windows that end at `end`, and nothing else, out of a sequence.

    Parameters
    ----------
    sequence : ndarray, shape (n_bars, n_channels)
        Bars in time order, oldest first.
    end : ndarray of int, shape (n,)
        Position of each window's last bar, inclusive, in [window - 1, n_bars).
    window : int
        Bars per window.

    Returns
    -------
    ndarray, shape (n, window, n_channels)
        Contiguous, of the dtype of `sequence`; oldest bar first. Depends on the bars
        (end - window, end] alone. NaN passes through.

    Raises
    ------
    InputError
        If a window would begin before the first bar or end after the last.

    Examples
    --------
    >>> gather_windows(np.arange(5.0)[:, None], np.array([1, 4]), 2)[..., 0]
    array([[0., 1.],
           [3., 4.]])
    """
    n_bars, n_channels = sequence.shape
    if window < 1:
        raise bad_input("window", "at least 1 bar", window, "set the member's window")
    if len(end) == 0:
        return np.empty((0, window, n_channels), dtype=sequence.dtype)
    first, last = int(end.min()), int(end.max())
    if first < window - 1 or last >= n_bars:
        raise bad_input(
            "ends of the windows", f"in [{window - 1}, {n_bars})", f"{first} to {last}",
            "drop the rows whose window does not fit",
        )  # fmt: skip
    # A window of a C-contiguous array is one stretch of memory: copying it whole beats bar by bar.
    flat = np.ascontiguousarray(sequence)
    # Strides from the item size: numpy is free to give an axis of length one any stride.
    strides = (n_channels * flat.itemsize, flat.itemsize)
    view = as_strided(flat, (n_bars - window + 1, window * n_channels), strides, writeable=False)
    return view[np.asarray(end) - (window - 1)].reshape(len(end), window, n_channels)
