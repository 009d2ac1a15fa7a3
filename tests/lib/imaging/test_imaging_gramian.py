"""Gramian fields: worked by hand, equal to pyts, and what is true of every one of them."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyts.image import GramianAngularField

from topoquant.lib.errors import InputError
from topoquant.lib.imaging import gramian_angular_field, resampling_matrix, volatility_half_range
from topoquant.lib.imaging.gramian import angles
from topoquant.lib.imaging.scaling import scaled_shares

METHODS = ("summation", "difference")


def prices(n: int, window: int, seed: int = 0) -> np.ndarray:
    """Random walks around 100, with ties as on a grid of ticks."""
    steps = np.random.default_rng(seed).normal(0, 1.0, (n, window))
    return (100 + np.cumsum(steps, axis=1)).round(2)


# Windows of two or more ticks, some of them flat.
ticks = st.integers(2, 24).flatmap(lambda n: st.lists(st.integers(-50, 50), min_size=n, max_size=n))


def test_three_values_by_hand():
    # Scaled to -1, .6, 1: cosines so, sines 0, .8, 0.
    window = [[0.0, 1.6, 2.0]]
    summation = gramian_angular_field(window, size=3, method="summation")[0]
    np.testing.assert_allclose(summation, [[1, -0.6, -1], [-0.6, -0.28, 0.6], [-1, 0.6, 1]], atol=1e-7)
    difference = gramian_angular_field(window, size=3, method="difference")[0]
    np.testing.assert_allclose(difference, [[0, 0.8, 0], [-0.8, 0, 0.8], [0, -0.8, 0]], atol=1e-7)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(("window", "size"), [(15, 15), (30, 10), (60, 60), (60, 64 // 2), (17, 5)])
def test_equal_to_pyts_where_pyts_can(method, window, size):
    windows = prices(20, window)
    expected = GramianAngularField(size, method=method).fit_transform(windows)
    np.testing.assert_allclose(gramian_angular_field(windows, size=size, method=method), expected, atol=1e-6)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("window", [15, 30, 60])
def test_a_larger_image_is_that_of_the_interpolated_series(method, window):
    windows = prices(20, window)
    place = np.linspace(0, window - 1, 64)
    series = np.stack([np.interp(place, np.arange(window), one) for one in windows])
    expected = GramianAngularField(64, method=method).fit_transform(series)
    np.testing.assert_allclose(gramian_angular_field(windows, size=64, method=method), expected, atol=1e-6)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(("window", "size"), [(15, 64), (60, 64), (60, 20)])
def test_a_resized_image_is_the_image_resized(method, window, size):
    windows = prices(5, window)
    matrix = resampling_matrix(window, size)
    small = GramianAngularField(window, method=method).fit_transform(windows)
    resized = gramian_angular_field(windows, size=size, method=method, resize="image")
    np.testing.assert_allclose(resized, matrix @ small @ matrix.T, atol=1e-6)


def test_angles_keep_the_digits_that_a_difference_of_squares_loses():
    # One tick above the lowest of ten million: the sine is 2 sqrt(u v) to the last digit.
    window = np.array([[0.0, 1.0, 1e7]]) + 1e9
    _, sine = angles(window, size=3, resize="series")
    assert sine[0, 1] == np.float32(2 * np.sqrt(1e-7 * (1 - 1e-7)))


@pytest.mark.parametrize("method", METHODS)
def test_a_flat_window_is_what_pyts_makes_of_it(method):
    windows = np.full((2, 30), 123.45)
    image = gramian_angular_field(windows, size=12, method=method)
    np.testing.assert_array_equal(image, GramianAngularField(12, method=method).fit_transform(windows))
    np.testing.assert_array_equal(image, {"summation": 1, "difference": 0}[method])
    shared = gramian_angular_field(windows, size=12, method=method, half_range=[0.0, 0.0])
    np.testing.assert_array_equal(shared, {"summation": -1, "difference": 0}[method])


@given(ticks, st.integers(2, 30), st.sampled_from(["series", "image"]))
@settings(max_examples=60, deadline=None)
def test_symmetric_antisymmetric_and_within_one(values, size, resize):
    summation, difference = (
        gramian_angular_field([values], size=size, method=method, resize=resize)[0] for method in METHODS
    )
    np.testing.assert_array_equal(summation, summation.T)
    np.testing.assert_array_equal(difference, -difference.T)
    for image in (summation, difference):
        assert np.abs(image).max() <= 1


@given(ticks, st.floats(0.01, 1e4), st.floats(-1e6, 1e6), st.integers(2, 30))
@settings(max_examples=60, deadline=None)
def test_neither_unit_nor_level_matters(values, unit, level, size):
    values = np.array([values], np.float64)
    whole = {"size": size, "method": "summation"}
    same = gramian_angular_field(values * 4.0 - 1024.0, **whole)
    np.testing.assert_array_equal(gramian_angular_field(values, **whole), same)
    # Rounding of level + unit * value is what remains, magnified by the root near the ends.
    width = max(np.ptp(values), 1.0) * unit
    rounding = np.finfo(float).eps * (abs(level) + 50 * unit) / width
    moved = gramian_angular_field(values * unit + level, **whole)
    np.testing.assert_allclose(
        gramian_angular_field(values, **whole), moved, atol=1e-6 + 8 * np.sqrt(rounding)
    )


@given(ticks)
@settings(max_examples=40, deadline=None)
def test_the_diagonal_is_the_angle_doubled(values):
    above, below = scaled_shares(np.array([values], np.float64))
    image = gramian_angular_field([values], size=len(values), method="summation")[0]
    np.testing.assert_allclose(np.diag(image), 2 * (above - below)[0] ** 2 - 1, atol=3e-7)


def test_volatility_is_shared_by_the_windows_of_a_sample():
    longest = prices(4, 60)
    half = volatility_half_range(longest, 2.0)
    np.testing.assert_allclose(half, 2 * np.sqrt(np.sum(np.diff(longest, axis=1) ** 2, axis=1)))
    image = gramian_angular_field(longest[:, -15:], size=15, method="summation", half_range=half)
    place = np.clip((longest[:, -15:] - longest[:, -1:]) / half[:, None], -1, 1)
    sines = np.sqrt(1 - place**2)
    expected = place[:, :, None] * place[:, None, :] - sines[:, :, None] * sines[:, None, :]
    np.testing.assert_allclose(image, expected, atol=1e-6)
    # A window that moves little in a wild hour keeps close to pi / 2; by itself it fills the range.
    calm = np.concatenate([longest[:, :45], longest[:, 44:45] + 1e-3 * np.arange(15)], axis=1)
    near = angles(calm[:, -15:], size=15, resize="series", half_range=volatility_half_range(calm, 2.0))[0]
    assert np.abs(near).max() < 0.01
    assert np.abs(angles(calm[:, -15:], size=15, resize="series")[0]).max() == 1


def test_an_image_depends_on_its_own_window_alone():
    windows = prices(9, 30)
    whole = gramian_angular_field(windows, size=64, method="difference")
    for k in range(9):
        np.testing.assert_array_equal(
            gramian_angular_field(windows[k : k + 1], size=64, method="difference")[0], whole[k]
        )
    stacked = gramian_angular_field(windows.reshape(3, 3, 30), size=64, method="difference")
    np.testing.assert_array_equal(stacked.reshape(9, 64, 64), whole)


@pytest.mark.parametrize(
    ("windows", "more", "said"),
    [
        ([[1.0, np.nan, 2.0]], {}, r"windows must be finite, got nan at value 1 of window \(0,\)"),
        ([[1.0, 2.0], [np.inf, 1.0]], {}, r"windows must be finite, got inf at value 0 of window \(1,\)"),
        ([[1.0]], {}, "windows must be of at least 2 values"),
        (3.0, {}, "windows must be of at least 2 values"),
        ([[1.0, 2.0]], {"size": 1}, "size must be at least 2 pixels, got 1"),
        ([[1.0, 2.0]], {"method": "sum"}, "method must be one of summation, difference, got 'sum'"),
        ([[1.0, 2.0]], {"resize": "zoom"}, "resize must be series or image"),
        ([[1.0, 2.0]], {"half_range": [1.0, 2.0]}, r"half_range must be finite, .* got shape \(2,\)"),
        ([[1.0, 2.0]], {"half_range": [-1.0]}, "half_range must be finite, at least 0"),
    ],
)
def test_what_has_no_image_is_refused(windows, more, said):
    with pytest.raises(InputError, match=said):
        gramian_angular_field(windows, **{"size": 8, "method": "summation", **more})
