"""Small changes of train images and sequences, so that a fit sees none of them twice the same.

They are for rows that are fitted on, inside a batch: one row in, one row out, its key and its label
unchanged. Rows that are predicted are never touched, and no row takes anything from another, so nothing
crosses a split.
"""

import numpy as np
from numpy.typing import NDArray

from topoquant.lib.errors import bad_input


def rotate_and_scale(
    images: NDArray[np.float32], *, angles: NDArray[np.floating], scales: NDArray[np.floating]
) -> NDArray[np.float32]:
    """Turn and magnify images about their centre.

    Parameters
    ----------
    images : ndarray, shape (n, n_channels, size, size)
        Channels of a sample are turned together.
    angles : ndarray, shape (n,)
        Degrees.
    scales : ndarray, shape (n,)
        Above 0; 1.1 shows a tenth more in detail.

    Returns
    -------
    ndarray of float32, shape (n, n_channels, size, size)
        Read by straight lines between pixels; places outside take the nearest pixel of the edge, so
        that no value appears that was not there.

    Raises
    ------
    InputError
        Unless there is one angle and one positive scale per image.

    Examples
    --------
    >>> image = np.arange(4.0, dtype=np.float32).reshape(1, 1, 2, 2)
    >>> rotate_and_scale(image, angles=np.array([90.0]), scales=np.array([1.0]))[0, 0].round(6).tolist()
    [[1.0, 3.0], [0.0, 2.0]]
    """
    n, _, height, width = images.shape
    if angles.shape != (n,) or scales.shape != (n,) or not (scales > 0).all():
        raise bad_input("angles and scales", f"one per image of {n}, scales above 0",
                        f"{angles.shape} and {scales.shape}", "draw one of each per image")  # fmt: skip
    turn, shrink = np.deg2rad(angles)[:, None, None], 1.0 / scales[:, None, None]
    y, x = np.meshgrid(*(np.arange(side) - (side - 1) / 2 for side in (height, width)), indexing="ij")
    # Where each pixel comes from; rows count downwards, so a positive angle turns against the clock.
    column = shrink * (np.cos(turn) * x - np.sin(turn) * y) + (width - 1) / 2
    row = shrink * (np.sin(turn) * x + np.cos(turn) * y) + (height - 1) / 2
    top, down = _between(row, height)
    left, right = _between(column, width)
    sample = np.arange(n)[:, None, None]
    by_pixel = images.transpose(0, 2, 3, 1)
    upper = (
        by_pixel[sample, top, left] * (1 - right)[..., None]
        + by_pixel[sample, top, left + 1] * right[..., None]
    )
    lower = (
        by_pixel[sample, top + 1, left] * (1 - right)[..., None]
        + by_pixel[sample, top + 1, left + 1] * right[..., None]
    )
    mixed = upper * (1 - down)[..., None] + lower * down[..., None]
    return np.ascontiguousarray(mixed.transpose(0, 3, 1, 2), dtype=np.float32)


def _between(place: NDArray[np.float64], side: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Split places, held within the image, into the pixel before and the share of the one after."""
    held = np.clip(place, 0, side - 1)
    before = np.minimum(held.astype(np.int64), side - 2)
    return before, held - before


def add_noise(
    values: NDArray[np.float32], *, deviation: float, generator: np.random.Generator
) -> NDArray[np.float32]:
    """Add normal noise to every number: to images, or as jitter to sequences.

    Parameters
    ----------
    values : ndarray, any shape
        Images or scaled sequences.
    deviation : float
        Of the noise, at least 0.
    generator : numpy.random.Generator
        Draws; seeded by whoever calls.

    Returns
    -------
    ndarray of float32, same shape
        The values with their noise.

    Raises
    ------
    InputError
        For a negative deviation.

    Examples
    --------
    >>> values = np.zeros((2, 3), np.float32)
    >>> noisy = [add_noise(values, deviation=0.1, generator=np.random.default_rng(7)) for _ in range(2)]
    >>> bool((noisy[0] == noisy[1]).all()), bool((noisy[0] == values).any())
    (True, False)
    """
    if deviation < 0:
        raise bad_input("deviation", "at least 0", deviation, "give a standard deviation")
    return values + generator.normal(0.0, deviation, values.shape).astype(np.float32)


def scale_sequences(
    sequences: NDArray[np.float32], *, deviation: float, generator: np.random.Generator
) -> NDArray[np.float32]:
    """Multiply every channel of every sequence by a factor of its own near 1.

    Parameters
    ----------
    sequences : ndarray, shape (n, window, n_channels)
        Scaled windows.
    deviation : float
        Standard deviation of the logarithm of the factors, at least 0: no factor changes a sign.
    generator : numpy.random.Generator
        Draws; seeded by whoever calls.

    Returns
    -------
    ndarray of float32, same shape
        The same shapes over time, larger or smaller.

    Raises
    ------
    InputError
        For a negative deviation.

    Examples
    --------
    >>> scaled = scale_sequences(np.ones((1, 4, 1), np.float32), deviation=0.1,
    ...                          generator=np.random.default_rng(7))
    >>> len(set(scaled.ravel().tolist()))
    1
    """
    if deviation < 0:
        raise bad_input("deviation", "at least 0", deviation, "give a standard deviation")
    n, _, n_channels = sequences.shape
    factors = np.exp(generator.normal(0.0, deviation, (n, 1, n_channels)))
    return sequences * factors.astype(np.float32)
