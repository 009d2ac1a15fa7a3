"""Closes in the scale of their images: all that images are made of, and nothing of another row."""

from dataclasses import replace

import numpy as np
import pytest

from topoquant.lib.errors import InputError
from topoquant.lib.imaging import ImageOptions, image_channels, scaled_windows

OPTIONS = ImageOptions(
    series="close", windows=(15, 30, 60), size=16, methods=("summation", "difference", "recurrence"),
    resize="series", scaling="window", limit=2.0, n_states=4, segment=8, n_per_class=1,
)  # fmt: skip


@pytest.fixture(scope="module")
def windows():
    return 60_000 * np.exp(0.001 * np.random.default_rng(0).normal(size=(20, 60)).cumsum(axis=1))


def split(values):
    return np.split(values.astype(np.float64), np.cumsum(OPTIONS.windows)[:-1], axis=1)


@pytest.mark.parametrize("size", [8, 15, 64])
def test_images_of_the_columns_are_those_of_the_prices(windows, size):
    """The property that lets a booster stand in: nothing is in an image that is not in the columns."""
    values, _ = scaled_windows(windows, OPTIONS)
    for window, own in zip(OPTIONS.windows, split(values), strict=True):
        one = replace(OPTIONS, windows=(window,), size=size)
        # Their fields have an infinite slope at the ends of the scale, where float32 shows.
        np.testing.assert_allclose(image_channels(own, one), image_channels(windows, one), atol=2e-3)


def test_a_scale_of_volatility_is_shared_by_the_windows_of_a_row(windows):
    options = replace(OPTIONS, scaling="volatility")
    short, _, longest = split(scaled_windows(windows, options)[0])
    np.testing.assert_array_equal(short, longest[:, -15:])
    assert (short[:, -1] == 0.5).all()
    half = 2.0 * np.sqrt((np.diff(windows) ** 2).sum(axis=1))
    expected = 0.5 + 0.5 * (windows[:, 0] - windows[:, -1]) / half
    np.testing.assert_allclose(longest[:, 0], expected, rtol=1e-5)


def test_each_row_and_each_window_is_scaled_by_itself(windows):
    values, names = scaled_windows(windows, OPTIONS)
    assert values.shape == (20, 105) == (20, len(names))
    assert len(set(names)) == 105
    for own in split(values):
        assert (own.min(axis=1) == 0).all()
        assert (own.max(axis=1) == 1).all()
    np.testing.assert_array_equal(scaled_windows(windows[3:4], OPTIONS)[0], values[3:4])
    earlier = windows.copy()
    earlier[:, :45] *= 2.0  # before the shortest window
    np.testing.assert_array_equal(split(scaled_windows(earlier, OPTIONS)[0])[0], split(values)[0])
    assert (scaled_windows(np.full((1, 60), 7.0), OPTIONS)[0] == 0).all()
    flat = scaled_windows(np.full((1, 60), 7.0), replace(OPTIONS, scaling="volatility"))[0]
    assert (flat == 0.5).all()


def test_short_and_broken_windows_are_refused(windows):
    with pytest.raises(InputError, match="windows must be of 60 values or more, got 59"):
        scaled_windows(windows[:, 1:], OPTIONS)
    with pytest.raises(InputError, match="windows must be finite"):
        scaled_windows(np.where(windows > 0, np.nan, windows), OPTIONS)
