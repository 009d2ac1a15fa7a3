"""Each measure of one series: published values, known limits, antropy, refusals."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from topoquant.lib.complexity import (
    default_box_sizes,
    detrended_fluctuation,
    higuchi_dimension,
    lempel_ziv,
    permutation_entropy,
    sample_entropy,
    spectral_entropy,
)
from topoquant.lib.errors import InputError

BANDT_POMPE = [4, 7, 9, 10, 6, 11, 3]
NOISE = np.random.default_rng(0).normal(size=4_000)
MEASURES = {
    "permutation": lambda x: permutation_entropy(x, order=3),
    "sample": sample_entropy,
    "spectral": spectral_entropy,
    "lempel_ziv": lempel_ziv,
    "higuchi": higuchi_dimension,
    "detrended": detrended_fluctuation,
}


def test_permutation_entropy_of_bandt_and_pompe():
    # Bits: 4 of 6 pairs rise; 2, 2 and 1 of 5 triples share an order.
    assert permutation_entropy(BANDT_POMPE, order=2) == pytest.approx(0.9183, abs=5e-5)
    assert permutation_entropy(BANDT_POMPE, order=3) == pytest.approx(1.5219, abs=5e-5)
    normalized = permutation_entropy(BANDT_POMPE, order=3, normalize=True)
    assert normalized == pytest.approx(1.5219 / math.log2(6), abs=5e-5)


def test_lempel_ziv_of_the_example_of_kaspar_and_schuster():
    # 0 . 001 . 10 . 100 . 1000 . 101, from their paper.
    assert lempel_ziv([int(bit) for bit in "0001101001000101"]) == 6
    assert lempel_ziv([0, 1] * 8) == 3
    assert lempel_ziv([1, 2, 3, 4] * 2) == lempel_ziv([0, 0, 1, 1] * 2)


def test_sample_entropy_by_hand():
    # Equal values alone match. Of the eight first values 3 + 3 + 1 pairs do; five are followed by equals.
    assert sample_entropy([1, 2, 3, 1, 2, 3, 1, 2, 4], order=1, tolerance=0.5) == pytest.approx(
        math.log(7 / 5)
    )


def test_spectral_entropy_by_hand():
    time = np.arange(16)
    two = np.sin(2 * np.pi * time / 8) + np.sin(2 * np.pi * time / 4)
    assert spectral_entropy(two) == pytest.approx(1.0)
    assert spectral_entropy(two, normalize=True) == pytest.approx(1 / math.log2(9))


def test_known_limits():
    walk = np.cumsum(NOISE)
    assert higuchi_dimension(NOISE) == pytest.approx(2, abs=0.03)
    assert higuchi_dimension(walk) == pytest.approx(1.5, abs=0.05)
    assert higuchi_dimension(np.sin(np.arange(1_000) / 50)) == pytest.approx(1, abs=0.02)
    assert detrended_fluctuation(NOISE) == pytest.approx(0.5, abs=0.05)
    assert detrended_fluctuation(walk) == pytest.approx(1.5, abs=0.05)
    assert permutation_entropy(NOISE, order=3, normalize=True) > 0.999
    assert spectral_entropy(NOISE, normalize=True) > 0.9
    assert spectral_entropy(np.sin(2 * np.pi * np.arange(400) / 40)) < 1e-9
    assert lempel_ziv(NOISE, normalize=True) == pytest.approx(1, abs=0.1)
    # Chance that two normal values 0.2 apart: -ln of it is what an endless series tends to.
    assert sample_entropy(NOISE[:1_000]) == pytest.approx(-math.log(math.erf(0.1)), abs=0.15)


@given(st.lists(st.integers(-3, 3), min_size=60, max_size=80), st.floats(0.5, 4), st.integers(-2, 2))
@settings(max_examples=25, deadline=None)
def test_neither_unit_nor_level_matters(values, unit, level):
    x = np.array(values, float)
    for name, measure in MEASURES.items():
        np.testing.assert_allclose(
            measure(2.0 ** round(unit) * x + level), measure(x), rtol=1e-9, atol=1e-9, err_msg=name
        )


def test_constant_series():
    found = {name: measure(np.full(60, 0.1)) for name, measure in MEASURES.items()}
    assert found["permutation"] == 0
    assert found["lempel_ziv"] == 2
    assert all(math.isnan(found[name]) for name in ("sample", "spectral", "higuchi", "detrended"))


def test_sample_entropy_without_matches():
    assert sample_entropy([0.0, 1.0, 0.0, 5.0, 0.0, 9.0], order=1, tolerance=0.01) == math.inf
    assert math.isnan(sample_entropy([0.0, 1.0, 2.0, 3.0, 4.0, 5.0], order=1, tolerance=0.01))


@pytest.mark.parametrize("name", MEASURES)
@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_what_is_not_finite_is_refused(name, bad):
    x = NOISE[:60].copy()
    x[7] = bad
    with pytest.raises(InputError, match=rf"x must be finite, got {bad} at position 7"):
        MEASURES[name](x)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: permutation_entropy([1, 2, 3], order=4), r"x must be 4 values or more .*got 3"),
        (lambda: permutation_entropy([1, 2, 3], order=1), r"order must be >= 2, got 1"),
        (lambda: permutation_entropy([1, 2, 3], order=2, delay=0), r"delay must be >= 1, got 0"),
        (lambda: permutation_entropy(np.ones((2, 2)), order=2), r"x must be one series.*got shape \(2, 2\)"),
        (lambda: sample_entropy([1, 2, 3]), r"x must be 4 values or more .*got 3"),
        (lambda: sample_entropy(NOISE[:9], tolerance=0.0), r"tolerance must be > 0, got 0.0"),
        (lambda: spectral_entropy([1]), r"x must be 2 values or more .*got 1"),
        (lambda: lempel_ziv([]), r"x must be 1 values or more .*got 0"),
        (lambda: higuchi_dimension(NOISE[:19]), r"x must be 20 values or more .*got 19"),
        (lambda: higuchi_dimension(NOISE, k_max=1), r"k_max must be >= 2, got 1"),
        (lambda: detrended_fluctuation(NOISE[:57]), r"x must be 58 values or more .*got 57"),
        (lambda: detrended_fluctuation(NOISE[:9], sizes=[4]), r"box sizes must be two or more"),
        (lambda: detrended_fluctuation(NOISE[:9], sizes=[4, 10]), r"all in \[3, 9\], got \[4, 10\]"),
    ],
)
def test_refusals(call, message):
    with pytest.raises(InputError, match=message):
        call()


def test_box_sizes_are_those_of_nolds():
    assert default_box_sizes(96) == (4, 5, 6, 8)
    assert default_box_sizes(1_000)[-1] <= 100
