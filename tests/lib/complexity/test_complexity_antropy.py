"""Equality with antropy, whose import compiles for longer than all the other tests of complexity take."""

import numpy as np
import pytest
from numpy.lib.stride_tricks import sliding_window_view

from topoquant.lib.complexity import (
    detrended_fluctuation,
    higuchi_dimension,
    lempel_ziv,
    permutation_entropy,
    rolling_complexity,
    sample_entropy,
    spectral_entropy,
)

pytestmark = pytest.mark.system


@pytest.fixture(scope="module")
def antropy():
    return pytest.importorskip("antropy", reason="antropy, the peer, is not installed")


@pytest.mark.parametrize("seed", range(3))
def test_antropy_says_the_same(seed, antropy):
    x = np.random.default_rng(seed).standard_t(3, size=150 + seed)
    for order, delay in ((2, 1), (3, 1), (4, 2), (5, 1)):
        ours = permutation_entropy(x, order=order, delay=delay)
        assert ours == pytest.approx(antropy.perm_entropy(x, order=order, delay=delay), abs=1e-9)
    for order in (1, 2, 3):
        ours = sample_entropy(x, order=order, tolerance=0.3)
        theirs = antropy.sample_entropy(x, order=order, tolerance=0.3 * float(np.std(x)))
        assert ours == pytest.approx(theirs, abs=1e-9)
    for normalize in (False, True):
        theirs = antropy.spectral_entropy(x, 1.0, normalize=normalize)
        assert spectral_entropy(x, normalize=normalize) == pytest.approx(theirs, abs=1e-9)
        theirs = antropy.lziv_complexity((x >= np.median(x)).astype(int), normalize=normalize)
        assert lempel_ziv(x, normalize=normalize) == pytest.approx(theirs, abs=1e-9)
    assert higuchi_dimension(x) == pytest.approx(antropy.higuchi_fd(x), abs=1e-9)
    # antropy adds 1e-9 to the denominator of its slope, which is near 1 here.
    assert detrended_fluctuation(x) == pytest.approx(antropy.detrended_fluctuation(x), abs=5e-9)


def test_antropy_says_the_same_of_real_sized_windows(small, antropy):
    x = np.random.default_rng(0).standard_t(4, size=135)
    found = rolling_complexity(x, small(windows=[96], higuchi_lags=10, box_sizes=None)).to_numpy()[95:]
    windows = np.ascontiguousarray(sliding_window_view(x, 96))
    bits = (windows >= np.median(windows, axis=1, keepdims=True)).astype(int)
    theirs = [
        antropy.perm_entropy(windows, order=3),
        [antropy.sample_entropy(one) for one in windows],
        antropy.spectral_entropy(windows, 1.0),
        [antropy.lziv_complexity(one) for one in bits],
        [antropy.higuchi_fd(one) for one in windows],
    ]
    np.testing.assert_allclose(found[:, :5], np.transpose(theirs), rtol=0, atol=1e-9)
    # Its slopes have 1e-9 in a denominator that is near 1 for four box sizes.
    exponents = [antropy.detrended_fluctuation(one) for one in windows]
    np.testing.assert_allclose(found[:, 5], exponents, rtol=0, atol=5e-9)
