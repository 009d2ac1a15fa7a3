"""Samples from plain arrays: for notebooks, tests and anyone without a catalog."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from topoquant.lib.sampling.samples import Samples


def samples_from_arrays(
    *,
    time: ArrayLike,
    t1: ArrayLike,
    targets: Mapping[str, ArrayLike],
    sequence: NDArray[np.floating] | None = None,
    end: ArrayLike | None = None,
    window: int = 0,
    static: NDArray[np.floating] | None = None,
    raw_windows: NDArray[np.floating] | None = None,
    set_name: ArrayLike = "train",
    fold: ArrayLike = 0,
    weights: ArrayLike = 1.0,
    target_id: str = "arrays",
) -> Samples:
    """Describe rows of one symbol by arrays alone.

    Parameters
    ----------
    time, t1 : array-like of datetime, shape (n,)
        Decision time of each row, ascending, and when its target is known at the latest. UTC.
    targets : mapping of str to array-like, shape (n,)
        One column per target; NaN where it is not to be known by a model (test rows).
    sequence : ndarray, shape (n_bars, n_channels), optional
        Bars in time order.
    end : array-like of int, shape (n,), optional
        Position in `sequence` of each row's decision bar; needed with a sequence.
    window : int, optional
        Bars per window; needed with a sequence.
    static : ndarray, shape (n, n_static), optional
        Features without a time axis.
    raw_windows : ndarray, shape (n, n_raw), optional
        Windows that images are made of, oldest bar first; of their own dtype.
    set_name, fold, weights : scalar or array-like, shape (n,), optional
        "train", "val" or "test"; block a train row is held out in; average uniqueness.
    target_id : str, optional
        Name of this set of targets.

    Returns
    -------
    Samples
        With channels named c0, c1, ... and static features s0, s1, ...

    Raises
    ------
    InputError
        When the parts differ in length.

    Examples
    --------
    >>> time = np.array(["2024-01-01", "2024-01-02"], "datetime64[ns]")
    >>> samples = samples_from_arrays(
    ...     time=time, t1=time + np.timedelta64(1, "D"), targets={"label": [0, 1]},
    ...     sequence=np.zeros((10, 3)), end=[8, 9], window=4,
    ... )
    >>> len(samples), samples.n_channels, samples.n_static
    (2, 3, 0)
    """
    times = pd.to_datetime(np.asarray(time), utc=True)
    n = len(times)
    rows = pd.DataFrame(
        {
            "symbol": "ARRAY",
            "time": times,
            "t1": pd.to_datetime(np.asarray(t1), utc=True),
            "set": np.broadcast_to(np.asarray(set_name, dtype=object), n),
            "fold": np.broadcast_to(np.asarray(fold, dtype=np.int64), n),
        }
    )
    if sequence is not None:
        sequence = np.ascontiguousarray(sequence, dtype=np.float32)
    if static is not None:
        static = np.ascontiguousarray(static, dtype=np.float32)
    return Samples(
        rows=rows,
        target_id=target_id,
        targets=pd.DataFrame({name: np.asarray(y, dtype=np.float64) for name, y in targets.items()}),
        weights=np.broadcast_to(np.asarray(weights, dtype=np.float64), n),
        sequence=sequence,
        end=np.full(n, -1) if end is None else np.asarray(end, dtype=np.int64),
        window=window,
        static=static,
        channel_names=() if sequence is None else tuple(f"c{c}" for c in range(sequence.shape[1])),
        raw_windows=raw_windows,
        raw_rows=None if raw_windows is None else np.arange(len(raw_windows)),
        static_names=() if static is None else tuple(f"s{s}" for s in range(static.shape[1])),
    )
