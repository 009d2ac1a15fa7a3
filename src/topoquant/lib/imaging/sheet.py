"""A look at the images before any model sees them: samples of each class, and the range of every channel."""

from base64 import b64encode
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from topoquant.lib.imaging.channels import channel_names, image_channels
from topoquant.lib.imaging.options import ImageOptions
from topoquant.lib.imaging.scaling import scaled_shares

# Samples whose images are held at once.
N_AT_ONCE = 256
N_LEVELS = 255
# Values a pixel of each method can have.
RANGES = {
    "summation": (-1.0, 1.0),
    "difference": (-1.0, 1.0),
    "markov": (0.0, 1.0),
    "recurrence": (0.0, 1.0),
    "spectrogram": (0.0, 1.0),
}

Record = dict[str, Any]


def image_ranges(windows: NDArray[np.float64], options: ImageOptions) -> list[Record]:
    """Say of every channel what its pixels are over all samples, made and dropped batch by batch.

    Parameters
    ----------
    windows : ndarray of float64, shape (n, longest)
        Of `image_windows`, at least one row; a memory map is read batch by batch.
    options : ImageOptions
        How images are made.

    Returns
    -------
    list of dict
        window, method, n_images, n_nan (pixels), n_flat (windows without a move), min, max, mean and std
        of the pixels.

    Raises
    ------
    InputError
        As `image_channels`.

    Examples
    --------
    >>> options = ImageOptions(series="close", windows=[3], size=4, methods=["summation"], resize="series",
    ...                        scaling="window", limit=2.0, n_states=2, segment=2, n_per_class=1)
    >>> ranges = image_ranges(np.array([[1.0, 2.0, 3.0], [2.0, 2.0, 2.0]]), options)
    >>> ranges[0]["n_images"], ranges[0]["n_flat"], ranges[0]["n_nan"], ranges[0]["max"]
    (2, 1, 0, 1.0)
    """
    names = channel_names(options)
    low, high = np.full(len(names), np.inf), np.full(len(names), -np.inf)
    total, squares, n_nan = np.zeros(len(names)), np.zeros(len(names)), np.zeros(len(names), np.int64)
    n_flat = np.zeros(len(names), np.int64)
    for first in range(0, len(windows), N_AT_ONCE):
        some = np.asarray(windows[first : first + N_AT_ONCE])
        images = image_channels(some, options)
        axes = (0, 2, 3)
        low, high = np.fmin(low, images.min(axis=axes)), np.fmax(high, images.max(axis=axes))
        total += images.sum(axis=axes, dtype=np.float64)
        squares += np.square(images, dtype=np.float64).sum(axis=axes)
        n_nan += np.isnan(images).sum(axis=axes)
        n_flat += [int((np.ptp(some[:, -window:], axis=1) == 0).sum()) for window, _ in names]
    n_pixels = len(windows) * options.size**2
    mean = total / n_pixels
    std = np.sqrt(np.maximum(squares / n_pixels - mean**2, 0.0))
    numbers = {"n_nan": n_nan, "n_flat": n_flat, "min": low, "max": high, "mean": mean, "std": std}
    return [
        {"window": window, "method": method, "n_images": len(windows)}
        | {name: of_all[k].item() for name, of_all in numbers.items()}
        for k, (window, method) in enumerate(names)
    ]


def image_sheet(
    windows: NDArray[np.float64], index: pd.DataFrame, targets: pd.DataFrame, options: ImageOptions
) -> Record:
    """Choose samples of every class, evenly over time, and make their images.

    Parameters
    ----------
    windows : ndarray of float64, shape (n, longest)
        Of `image_windows`.
    index : DataFrame, shape (n, 2)
        `symbol` and `time` of each, in the same order.
    targets : DataFrame
        `symbol`, `time` and `label`; without labels the sign of `ret` is the class. Pass development
        rows only: a sheet of test rows would be a look at the answer.
    options : ImageOptions
        How images are made, and how many per class.

    Returns
    -------
    dict
        size, longest, channels (window, method, low, high: the ends of the colour scale) and samples:
        class, symbol, time, line (the longest window between 0 and 1) and images, one per channel, as
        base64 of size x size bytes from 0 (low) to 254 (high), the oldest row first.

    Raises
    ------
    InputError
        As `image_channels`.

    Examples
    --------
    >>> options = ImageOptions(series="close", windows=[3], size=2, methods=["summation"], resize="series",
    ...                        scaling="window", limit=2.0, n_states=2, segment=2, n_per_class=1)
    >>> index = pd.DataFrame({"symbol": "SYN", "time": pd.date_range("2024", periods=2, freq="h", tz="UTC")})
    >>> sheet = image_sheet(np.array([[1.0, 2.0, 3.0], [3.0, 2.0, 1.0]]), index,
    ...                     index.assign(label=[0.0, 1.0]), options)
    >>> [(one["class"], one["line"]) for one in sheet["samples"]]
    [('label 0', [0.0, 0.5, 1.0]), ('label 1', [1.0, 0.5, 0.0])]
    """
    known = index.assign(row=np.arange(len(index))).merge(targets, on=["symbol", "time"])
    classes = _classes(known)
    samples = []
    for name in sorted(set(classes)):
        own = known.loc[classes == name]
        chosen = np.unique(np.linspace(0, len(own) - 1, options.n_per_class).round().astype(np.int64))
        samples += [_sample(name, row, windows, options) for _, row in own.iloc[chosen].iterrows()]
    channels = [
        {"window": window, "method": method, "low": RANGES[method][0], "high": RANGES[method][1]}
        for window, method in channel_names(options)
    ]
    return {"size": options.size, "longest": windows.shape[1], "channels": channels, "samples": samples}


def _classes(known: pd.DataFrame) -> pd.Series:
    """Name the class of each row."""
    if "label" in known:
        return "label " + known["label"].map("{:g}".format)
    return (known["ret"] > 0).map({True: "ret above 0", False: "ret at or below 0"})


def _sample(name: str, row: "pd.Series[Any]", windows: NDArray[np.float64], options: ImageOptions) -> Record:
    """Describe one sample."""
    values = np.asarray(windows[int(row["row"])])[None]
    images = image_channels(values, options)[0]
    return {
        "class": name,
        "symbol": row["symbol"],
        "time": row["time"].isoformat(),
        "line": scaled_shares(values)[0][0].round(4).tolist(),
        "images": [
            _levels(image, *RANGES[method])
            for image, (_, method) in zip(images, channel_names(options), strict=True)
        ],
    }


def _levels(image: NDArray[np.float32], low: float, high: float) -> str:
    """Write pixels as levels between two ends."""
    share = np.clip((image - low) / (high - low), 0.0, 1.0)
    return b64encode((share * (N_LEVELS - 1)).round().astype(np.uint8).tobytes()).decode()
