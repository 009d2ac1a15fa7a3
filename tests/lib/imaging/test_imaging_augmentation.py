"""Augmentation: worked by hand, seeded, and one row never takes anything from another."""

import numpy as np
import pytest

from topoquant.lib.errors import InputError
from topoquant.lib.imaging import add_noise, rotate_and_scale, scale_sequences


def images(n: int = 4, size: int = 9) -> np.ndarray:
    return np.random.default_rng(2).normal(size=(n, 2, size, size)).astype(np.float32)


def test_a_quarter_turn_moves_every_pixel_to_its_place():
    turned = rotate_and_scale(images(), angles=np.full(4, 90.0), scales=np.ones(4))
    np.testing.assert_allclose(turned, np.rot90(images(), axes=(2, 3)), atol=1e-6)


def test_no_turn_and_no_scale_change_nothing():
    np.testing.assert_array_equal(rotate_and_scale(images(), angles=np.zeros(4), scales=np.ones(4)), images())


def test_twice_the_size_shows_the_middle():
    ramp = np.broadcast_to(np.arange(9.0, dtype=np.float32), (1, 1, 9, 9))
    shown = rotate_and_scale(ramp, angles=np.zeros(1), scales=np.full(1, 2.0))
    np.testing.assert_allclose(shown[0, 0, 0], np.linspace(2, 6, 9), atol=1e-6)


def test_no_value_appears_that_was_not_there():
    changed = rotate_and_scale(
        images(), angles=np.array([3.0, -8.0, 45.0, 180.0]), scales=np.array([0.5, 1.2, 1, 3])
    )
    assert changed.min() >= images().min()
    assert changed.max() <= images().max()


def test_a_row_takes_nothing_from_another():
    angles, scales = np.array([3.0, -8.0, 20.0, 1.0]), np.array([0.9, 1.1, 1.0, 0.8])
    whole = rotate_and_scale(images(), angles=angles, scales=scales)
    for k in range(4):
        own = slice(k, k + 1)
        np.testing.assert_array_equal(
            rotate_and_scale(images()[own], angles=angles[own], scales=scales[own])[0], whole[k]
        )


def test_draws_follow_the_seed():
    sequences = np.random.default_rng(0).normal(size=(5, 20, 3)).astype(np.float32)
    for function in (add_noise, scale_sequences):
        first, again, other = (
            function(sequences, deviation=0.05, generator=np.random.default_rng(seed)) for seed in (7, 7, 8)
        )
        np.testing.assert_array_equal(first, again)
        assert (first != other).any()
        assert first.dtype == np.float32
        still = function(sequences, deviation=0.0, generator=np.random.default_rng(7))
        np.testing.assert_array_equal(still, sequences)


def test_noise_and_factors_are_as_large_as_asked():
    noise = add_noise(np.zeros((100, 100), np.float32), deviation=0.5, generator=np.random.default_rng(1))
    assert abs(noise.std() - 0.5) < 0.02
    ones = np.ones((4000, 3, 2), np.float32)
    factors = scale_sequences(ones, deviation=0.2, generator=np.random.default_rng(1))
    np.testing.assert_array_equal(factors, np.broadcast_to(factors[:, :1], ones.shape))
    assert abs(np.log(factors[:, 0]).std() - 0.2) < 0.01


def test_what_is_no_augmentation_is_refused():
    with pytest.raises(InputError, match="angles and scales must be one per image of 4"):
        rotate_and_scale(images(), angles=np.zeros(3), scales=np.ones(4))
    with pytest.raises(InputError, match="scales above 0"):
        rotate_and_scale(images(), angles=np.zeros(4), scales=np.zeros(4))
    for function in (add_noise, scale_sequences):
        with pytest.raises(InputError, match="deviation must be at least 0, got -1"):
            function(np.zeros((1, 2, 3), np.float32), deviation=-1, generator=np.random.default_rng(1))
