"""Markov fields, recurrence plots and spectrograms: equal to pyts, scipy and plain definitions."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyts.image import MarkovTransitionField, RecurrencePlot
from scipy import signal

from topoquant.lib.errors import InputError
from topoquant.lib.imaging import markov_transition_field, recurrence_plot, resampling_matrix, spectrogram
from topoquant.lib.imaging.spectrogram import DYNAMIC_RANGE

windows_of_ticks = st.integers(3, 20).flatmap(
    lambda n: st.lists(st.integers(-9, 9), min_size=n, max_size=n).filter(lambda one: len(set(one)) > 1)
)


def prices(n: int, window: int) -> np.ndarray:
    steps = np.random.default_rng(3).normal(0, 1.0, (n, window))
    return (100 + np.cumsum(steps, axis=1)).round(1)


def plain_field(window: np.ndarray, n_states: int) -> np.ndarray:
    """Pixel by pixel, from the definition."""
    edges = np.percentile(window, np.linspace(0, 100, n_states + 1)[1:-1])
    states = np.searchsorted(edges, window, side="left")
    counts = np.zeros((n_states, n_states))
    for here, there in pairwise(states):
        counts[here, there] += 1
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    return np.array([[shares[i, j] for j in states] for i in states])


@pytest.mark.filterwarnings("ignore:Some quantiles are equal")
@pytest.mark.parametrize("n_states", [2, 3, 5, 8])
@pytest.mark.parametrize(("window", "size"), [(15, 15), (60, 60), (60, 20), (30, 7), (64, 63)])
def test_markov_fields_equal_those_of_pyts(window, size, n_states):
    windows = prices(15, window)
    expected = MarkovTransitionField(size, n_bins=n_states).fit_transform(windows)
    field = markov_transition_field(windows, size=size, n_states=n_states)
    np.testing.assert_allclose(field, expected, atol=1e-6)


@given(windows_of_ticks, st.integers(2, 6))
@settings(max_examples=60, deadline=None)
def test_markov_fields_equal_the_definition_pixel_by_pixel(values, n_states):
    window = np.array(values, np.float64)
    field = markov_transition_field([window], size=len(window), n_states=n_states)[0]
    np.testing.assert_allclose(field, plain_field(window, n_states), atol=1e-7)
    # Any increasing function that moves quantiles with their values: a change of unit and level.
    moved = markov_transition_field([4.0 * window - 64.0], size=len(window), n_states=n_states)[0]
    np.testing.assert_array_equal(field, moved)


def test_a_larger_markov_field_is_that_of_the_interpolated_series():
    window = prices(1, 15)[0]
    series = (window - window[-1]) @ resampling_matrix(15, 40).T
    field = markov_transition_field([window], size=40, n_states=5)[0]
    np.testing.assert_allclose(field, plain_field(series, 5), atol=1e-7)


def test_a_flat_window_has_one_state_that_follows_itself():
    np.testing.assert_array_equal(markov_transition_field([[5.0] * 6], size=6, n_states=4), 1.0)
    np.testing.assert_array_equal(markov_transition_field([[5.0] * 6], size=3, n_states=4), 1.0)


@pytest.mark.parametrize("threshold", [None, "point", "distance", 0.7])
@pytest.mark.parametrize(("dimension", "delay"), [(1, 1), (3, 2)])
def test_recurrence_plots_equal_those_of_pyts(threshold, dimension, delay):
    windows = prices(300, 24)
    expected = RecurrencePlot(dimension, delay, threshold, percentage=15).fit_transform(windows)
    plot = recurrence_plot(windows, dimension=dimension, delay=delay, threshold=threshold, percentage=15)
    np.testing.assert_allclose(plot, expected, rtol=1e-6, atol=1e-6)


@given(windows_of_ticks, st.integers(2, 30))
@settings(max_examples=40, deadline=None)
def test_a_recurrence_plot_is_a_distance(values, size):
    plot = recurrence_plot([values], size=size)[0]
    np.testing.assert_array_equal(plot, plot.T)
    np.testing.assert_array_equal(np.diag(plot), 0)
    through = plot[:, None, :] + plot[None, :, :]
    assert (plot <= through.min(axis=2) + 1e-5).all()


def test_a_recurrence_plot_has_the_size_asked_for():
    assert recurrence_plot(prices(2, 15), size=64, dimension=3, delay=2).shape == (2, 64, 64)
    assert recurrence_plot(prices(4, 15).reshape(2, 2, 15), size=8).shape == (2, 2, 8, 8)
    np.testing.assert_array_equal(recurrence_plot([[5.0] * 6]), 0)
    np.testing.assert_array_equal(recurrence_plot([[5.0] * 6], threshold="distance"), 0)


def test_spectrograms_are_the_power_of_scipy_in_decibels():
    window = prices(1, 64)
    power = signal.spectrogram(window, window="hann", nperseg=16, noverlap=15)[2][0]
    decibels = np.maximum(10 * np.log10(power / power.max()), -DYNAMIC_RANGE)
    rows, columns = (resampling_matrix(n, 32) for n in power.shape)
    expected = rows @ (1 + decibels / DYNAMIC_RANGE) @ columns.T
    np.testing.assert_allclose(spectrogram(window, size=32, segment=16)[0], expected, atol=1e-6)


@given(windows_of_ticks, st.sampled_from([0.25, 8.0, 1024.0]))
@settings(max_examples=30, deadline=None)
def test_spectrograms_know_no_unit(values, unit):
    image = spectrogram([values], size=8, segment=2)
    assert image.min() >= 0
    assert image.max() <= 1
    np.testing.assert_array_equal(image, spectrogram([np.array(values) * unit], size=8, segment=2))


def test_spectrograms_of_flat_windows_are_black():
    np.testing.assert_array_equal(spectrogram([[5.0] * 9, [0.0] * 9], size=4, segment=3), 0)


@pytest.mark.parametrize(
    ("function", "more", "said"),
    [
        (markov_transition_field, {"size": 4, "n_states": 1}, "n_states must be at least 2, got 1"),
        (markov_transition_field, {"size": 1, "n_states": 2}, "size must be at least 2"),
        (recurrence_plot, {"size": 1}, "points of a recurrence plot must be at least 2"),
        (recurrence_plot, {"dimension": 5}, "points of a recurrence plot must be at least 2"),
        (recurrence_plot, {"delay": 0}, "dimension and delay must be at least 1"),
        (recurrence_plot, {"threshold": "near"}, "threshold must be a distance, point or distance"),
        (recurrence_plot, {"threshold": 0.0}, "threshold must be above 0"),
        (recurrence_plot, {"threshold": "point", "percentage": 101}, r"percentage must be in \[0, 100\]"),
        (spectrogram, {"size": 4, "segment": 4}, r"segment must be in \[2, 4\), got 4"),
        (spectrogram, {"size": 1, "segment": 2}, "size must be at least 2"),
    ],
)
def test_what_makes_no_image_is_refused(function, more, said):
    with pytest.raises(InputError, match=said):
        function([[1.0, 2.0, 4.0, 3.0]], **more)
    nothing = {"size": 4} | {name: 2 for name in more if name in ("n_states", "segment")}
    with pytest.raises(InputError, match="windows must be finite, got nan"):
        function([[1.0, 2.0, np.nan, 3.0]], **nothing)
