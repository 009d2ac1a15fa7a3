"""Layers that make images on the device are the plain definitions, in every mode."""

import numpy as np
import pytest
import torch

from topoquant.lib.errors import InputError
from topoquant.lib.imaging import (
    gramian_angular_field,
    markov_transition_field,
    recurrence_plot,
    rotate_and_scale,
    volatility_half_range,
)
from topoquant.lib.imaging.scaling import resample_windows, scaled_shares
from topoquant.lib.models.augmenting import ImageAugmentation, SequenceAugmentation, turn_images
from topoquant.lib.models.field_layers import MarkovLayer, RecurrenceLayer
from topoquant.lib.models.gramian_layer import GramianLayer

WINDOWS = (15, 30, 60)
METHODS = ("summation", "difference")


def prices(n: int = 6) -> np.ndarray:
    """Prices in the tens of thousands, one row flat and one with a flat end."""
    walk = np.cumsum(np.random.default_rng(4).normal(0, 5.0, (n, 60)), axis=1)
    windows = (60_000 + walk).round(2)
    windows[1], windows[2, 40:] = 60_000.0, 60_010.0
    return windows


@pytest.mark.parametrize("scaling", ["window", "volatility"])
@pytest.mark.parametrize("resize", ["series", "image"])
@pytest.mark.parametrize("size", [64, 30, 12])
def test_gramian_layer_is_the_definition(size, resize, scaling):
    windows = prices()
    layer = GramianLayer(WINDOWS, size=size, resize=resize, scaling=scaling, limit=1.5)
    images = layer(torch.from_numpy(windows)).numpy()
    half = volatility_half_range(windows, 1.5) if scaling == "volatility" else None
    expected = [
        gramian_angular_field(windows[:, -window:], size=size, method=method, resize=resize, half_range=half)
        for window in WINDOWS
        for method in METHODS
    ]
    assert images.dtype == np.float32
    assert images.shape[1] == layer.n_channels == 6
    np.testing.assert_allclose(images, np.stack(expected, axis=1), atol=3e-7)


def test_layers_of_several_series_are_those_of_each():
    windows = torch.from_numpy(prices(6).reshape(3, 2, 60))
    for layer in (
        GramianLayer((15, 30), size=20),
        MarkovLayer((15, 30), size=20, n_states=4),
        RecurrenceLayer((15, 30), size=20),
    ):
        both = layer(windows)
        alone = [layer(windows[:, series]) for series in range(2)]
        assert torch.equal(both, torch.cat(alone, dim=1))


@pytest.mark.parametrize("n_states", [2, 3, 5])
@pytest.mark.parametrize("size", [64, 30, 12])
def test_markov_layer_is_the_definition(size, n_states):
    windows = prices()
    fields = MarkovLayer(WINDOWS, size=size, n_states=n_states)(torch.from_numpy(windows)).numpy()
    for k, window in enumerate(WINDOWS):
        expected = markov_transition_field(windows[:, -window:], size=size, n_states=n_states)
        np.testing.assert_allclose(fields[:, k], expected, atol=1e-6)


@pytest.mark.parametrize("size", [64, 30, 12])
def test_values_on_a_grid_have_the_states_of_the_definition(size):
    """Interpolated ticks, and volumes of any size, lie on an edge but for rounding: it must be the same."""
    rng = np.random.default_rng(0)
    ticks = (60_000 + np.cumsum(rng.normal(size=(1_500, 15)), axis=1)).round(2)
    volumes = np.exp(rng.normal(0, 8, (300, 15))) * (rng.random((300, 15)) > 0.3)
    for windows in (ticks, volumes):
        fields = MarkovLayer((15,), size=size, n_states=8)(torch.from_numpy(windows)).numpy()[:, 0]
        expected = markov_transition_field(windows, size=size, n_states=8)
        np.testing.assert_allclose(fields, expected, atol=1e-6)


@pytest.mark.parametrize("scaling", ["window", "volatility"])
@pytest.mark.parametrize("size", [64, 12])
def test_recurrence_layer_is_the_definition(size, scaling):
    windows = prices()
    plots = RecurrenceLayer(WINDOWS, size=size, scaling=scaling, limit=1.5)(torch.from_numpy(windows)).numpy()
    half = volatility_half_range(windows, 1.5) if scaling == "volatility" else None
    for k, window in enumerate(WINDOWS):
        above, _ = scaled_shares(resample_windows(windows[:, -window:], size), half)
        np.testing.assert_allclose(plots[:, k], recurrence_plot(above), atol=1e-6)
    near = RecurrenceLayer(WINDOWS, size=size, scaling=scaling, limit=1.5, threshold=0.2)
    marked = near(torch.from_numpy(windows)).numpy()
    assert set(np.unique(marked)) <= {0.0, 1.0}
    np.testing.assert_array_equal(marked[plots < 0.199], 1.0)


def test_autocast_takes_no_digits_and_nothing_is_learned_or_kept():
    layer = GramianLayer(WINDOWS, size=32)
    windows = torch.from_numpy(prices())
    plain = layer(windows)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        images = layer(windows)
    assert images.dtype == torch.float32
    assert torch.equal(images, plain)
    assert not images.requires_grad
    assert not list(layer.parameters())
    assert not layer.state_dict()


def test_prices_in_float32_would_cost_what_the_page_says():
    windows = torch.from_numpy(prices())
    layer = GramianLayer(WINDOWS, size=64)
    assert (layer(windows.float()) - layer(windows)).abs().max() > 1e-3


def test_a_row_depends_on_its_own_window_alone():
    layer = GramianLayer(WINDOWS, size=16)
    windows = torch.from_numpy(prices())
    for k in range(len(windows)):
        np.testing.assert_allclose(layer(windows[k : k + 1])[0], layer(windows)[k], atol=1e-7)


def test_turned_images_are_the_definition():
    images = np.random.default_rng(2).normal(size=(5, 2, 9, 9)).astype(np.float32)
    angles, scales = np.array([3.0, -8.0, 45.0, 0.0, 90.0]), np.array([0.9, 1.1, 1.0, 1.0, 2.0])
    ours = turn_images(
        torch.from_numpy(images), degrees=torch.from_numpy(angles), scales=torch.from_numpy(scales)
    )
    np.testing.assert_allclose(ours, rotate_and_scale(images, angles=angles, scales=scales), atol=2e-5)


def test_augmentation_is_for_train_mode_and_follows_the_seed():
    images, sequences = torch.rand(3, 2, 8, 8), torch.rand(3, 20, 4)
    for layer, batch in (
        (ImageAugmentation(degrees=5.0, scale=0.1, noise=0.02), images),
        (SequenceAugmentation(jitter=0.02, scaling=0.1), sequences),
    ):
        assert torch.equal(layer.eval()(batch), batch)
        layer.train()
        drawn = []
        for seed in (1, 1, 2):
            torch.manual_seed(seed)
            drawn.append(layer(batch))
        assert torch.equal(drawn[0], drawn[1])
        assert not torch.equal(drawn[0], drawn[2])
        assert (drawn[0] - batch).abs().max() < 1.5
    still = ImageAugmentation(degrees=0.0, scale=0.0, noise=0.0)(images)
    torch.testing.assert_close(still, images, atol=1e-5, rtol=0)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: GramianLayer((), size=8), "windows must be at least one"),
        (lambda: GramianLayer((15,), size=1), "size must be at least 2"),
        (
            lambda: GramianLayer((15,), size=8, methods=("markov",)),
            "methods must be of summation, difference",
        ),
        (lambda: GramianLayer((15,), size=8, resize="zoom"), "resize must be series or image"),
        (lambda: GramianLayer((15,), size=8, scaling="none"), "scaling must be window or volatility"),
        (lambda: GramianLayer((15,), size=8, scaling="volatility"), "limit must be above 0 with scaling"),
        (lambda: MarkovLayer((15,), size=8, n_states=1), "n_states must be at least 2"),
        (lambda: RecurrenceLayer((15,), size=8, threshold=2.0), r"threshold must be in \(0, 1\]"),
        (lambda: ImageAugmentation(degrees=-1.0, scale=0.0, noise=0.0), "degrees, scale, noise must be"),
        (lambda: SequenceAugmentation(jitter=-1.0, scaling=0.0), "jitter and scaling must be at least 0"),
        (
            lambda: GramianLayer((15,), size=8)(torch.zeros(2, 10)),
            "windows must be at most 10, the values of a row, got 15",
        ),
    ],
)
def test_what_makes_no_layer_is_refused(make, said):
    with pytest.raises(InputError, match=said):
        make()
