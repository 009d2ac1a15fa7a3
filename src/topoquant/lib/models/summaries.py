"""Five numbers per channel and window: what models without a time axis see of a sequence."""

import numpy as np
from numpy.typing import NDArray

from topoquant.lib.errors import bad_input
from topoquant.lib.models.summaries_kernel import summarise_windows
from topoquant.lib.sampling.samples import Samples

SUMMARIES = ("last", "mean", "std", "trend", "momentum")


def define_summaries(window_LC: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return the summaries of one window, written as they are defined.

    Parameters
    ----------
    window_LC : ndarray, shape (L, C)
        Bars in time order, oldest first.

    Returns
    -------
    ndarray of float64, shape (5 * C,)
        Per channel: `last` value, `mean`, `std` (population), `trend` (least-squares slope per
        bar) and `momentum` (last - first). NaN in a channel gives NaN in that channel.

    Examples
    --------
    >>> define_summaries(np.array([[1.0], [2.0], [6.0]], np.float32)).round(3).tolist()
    [6.0, 3.0, 2.16, 2.5, 5.0]
    """
    x = window_LC.astype(np.float64)
    t = np.arange(len(x)) - 0.5 * (len(x) - 1)
    slope = t @ x / (t @ t) if len(x) > 1 else np.zeros(x.shape[1])
    columns = [x[-1], x.mean(axis=0), x.std(axis=0), slope, x[-1] - x[0]]
    return np.stack(columns, axis=1).ravel()


def window_summaries(
    sequence: NDArray[np.float32], end: NDArray[np.int64], window: int
) -> NDArray[np.float64]:
    """Summarise the window that ends at each position, without building the windows.

    Parameters
    ----------
    sequence : ndarray of float32, shape (n_bars, C)
        Bars in time order.
    end : ndarray of int64, shape (n,)
        Position of the last bar of each window, in [window - 1, n_bars).
    window : int
        Bars per window, at least 1.

    Returns
    -------
    ndarray of float64, shape (n, 5 * C)
        Column 5 * c + s is summary s (see `SUMMARIES` and `define_summaries`) of channel c. A row
        depends on bars end - window + 1 to end alone; NaN there gives NaN in that channel.

    Raises
    ------
    InputError
        When a window would start before the first bar or end after the last.

    Notes
    -----
    Equal to `define_summaries` but for rounding. A row has the same bits whichever other rows are asked
    for; they follow from the window and its place in `sequence`.

    Examples
    --------
    >>> bars = np.array([[9.0], [1.0], [2.0], [6.0]], np.float32)
    >>> window_summaries(bars, np.array([3]), 3).round(3).tolist()
    [[6.0, 3.0, 2.16, 2.5, 5.0]]
    """
    if window < 1 or (end.size and (end.min() < window - 1 or end.max() >= len(sequence))):
        got = f"{end.min()} to {end.max()}" if end.size else "none"
        raise bad_input(
            "end", f"in [window - 1, n_bars) with window {window} >= 1 and {len(sequence)} bars", got,
            "drop rows whose window does not fit",
        )  # fmt: skip
    return summarise_windows(np.ascontiguousarray(sequence), end.astype(np.int64), window)


def design_matrix(samples: Samples) -> NDArray[np.float64]:
    """Return one flat row per sample: window summaries, then static features.

    Parameters
    ----------
    samples : Samples
        Any rows; `sequence`, `static` or both.

    Returns
    -------
    ndarray of float64, shape (n, 5 * n_channels + n_static)
        In the order of `design_names`.

    Raises
    ------
    InputError
        When the samples carry neither a sequence nor static features.

    Examples
    --------
    >>> from topoquant.lib.sampling.arrays import samples_from_arrays
    >>> time = np.array(["2024-01-01", "2024-01-02"], "datetime64[ns]")
    >>> samples = samples_from_arrays(
    ...     time=time, t1=time, targets={"label": [0.0, 1.0]}, static=np.ones((2, 3))
    ... )
    >>> design_matrix(samples).shape
    (2, 3)
    """
    parts = []
    if samples.sequence is not None:
        parts.append(window_summaries(samples.sequence, samples.end, samples.window))
    if samples.static is not None:
        parts.append(samples.static.astype(np.float64))
    if not parts:
        raise bad_input("samples", "with a sequence or static features", "neither", "feed the member one")
    return np.concatenate(parts, axis=1)


def design_names(samples: Samples) -> tuple[str, ...]:
    """Return the column names of `design_matrix`.

    Parameters
    ----------
    samples : Samples
        Any.

    Returns
    -------
    tuple of str
        `<channel>_<summary>` in the order of channels, then static names.

    Examples
    --------
    >>> from topoquant.lib.sampling.arrays import samples_from_arrays
    >>> time = np.arange("2024-01-01", "2024-01-03", dtype="datetime64[D]")
    >>> samples = samples_from_arrays(time=time, t1=time, targets={"label": [0, 1]}, static=np.zeros((2, 2)))
    >>> design_names(samples)
    ('s0', 's1')
    """
    channels = samples.channel_names if samples.sequence is not None else ()
    summaries = tuple(f"{channel}_{summary}" for channel in channels for summary in SUMMARIES)
    return summaries + (samples.static_names if samples.static is not None else ())
