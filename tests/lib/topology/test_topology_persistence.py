import math
import subprocess
import sys

import numpy as np
import pytest
from gph import ripser_parallel
from hypothesis import given, settings
from hypothesis import strategies as st

from topoquant.lib.errors import InputError
from topoquant.lib.topology import Diagrams, embed_takens, rips_persistence, sliding_rips_persistence
from topoquant.lib.topology.pairs_kernel import distance_matrix


def as_multiset(h0, h1):
    return sorted(h0.tolist()), sorted(map(tuple, h1.tolist()))


def giotto_bars(distances):
    """Positive bars of giotto-ph on the whole matrix."""
    h0, h1 = ripser_parallel(distances, maxdim=1, metric="precomputed", n_threads=1)["dgms"]
    deaths = h0[:, 1]
    return as_multiset(deaths[(deaths > 0) & np.isfinite(deaths)], h1[h1[:, 1] > h1[:, 0]])


def polygon(n, radius=1.0):
    angle = 2 * np.pi * np.arange(n) / n
    return radius * np.column_stack([np.cos(angle), np.sin(angle)])


def test_unit_square():
    h0, h1 = rips_persistence(np.array([[0, 0], [0, 1], [1, 1], [1, 0]]))
    assert h0.tolist() == [1, 1, 1]
    np.testing.assert_allclose(h1, [[1, math.sqrt(2)]], rtol=1e-7)


def test_rectangle():
    h0, h1 = rips_persistence(np.array([[0, 0], [0, 1], [2, 1], [2, 0]]))
    assert sorted(h0.tolist()) == [1, 1, 2]
    np.testing.assert_allclose(h1, [[2, 2.23606798]], rtol=1e-7)


@pytest.mark.parametrize("n", [4, 5, 6, 7, 12, 40, 63, 64, 65, 130])
def test_regular_polygon(n):
    h1 = rips_persistence(polygon(n, radius=3.0))[1]
    born, dies = 6 * math.sin(math.pi / n), 6 * math.sin(math.pi * math.ceil(n / 3) / n)
    longest = h1[np.argmax(h1[:, 1] - h1[:, 0])]
    np.testing.assert_allclose(longest, [born, dies], rtol=1e-6)
    # Sides that differ in the last bit are born one after the other; no second loop is real.
    assert np.sum(h1[:, 1] - h1[:, 0] > 1e-5) == 1


def test_sine():
    series = np.sin(2 * np.pi * np.arange(48 + 32) / 48)
    h1 = rips_persistence(embed_takens(series, dimension=3, delay=16))[1]
    longest = h1[np.argmax(h1[:, 1] - h1[:, 0])]
    np.testing.assert_allclose(longest, [0.1602040, 2.1213203], atol=1e-6)


@pytest.mark.parametrize("points", [np.ones((5, 3)), np.ones((1, 2))])
def test_equal_points_have_no_bars(points):
    h0, h1 = rips_persistence(points)
    assert h0.shape == (0,)
    assert h1.shape == (0, 2)


@settings(max_examples=60, deadline=None)
@given(
    # Points on a coarse grid: ties, repeated points and empty lunes.
    st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=2, max_size=40),
)
def test_bars_equal_those_of_the_whole_matrix_with_ties(points):
    distances = distance_matrix(np.array(points, dtype=np.float64))
    assert as_multiset(*rips_persistence(distances, metric="precomputed")) == giotto_bars(distances)


@pytest.mark.parametrize(("n", "dimension"), [(30, 2), (64, 3), (129, 3), (200, 6)])
@pytest.mark.parametrize("kind", ["cloud", "walk", "returns", "matrix"])
def test_bars_equal_those_of_the_whole_matrix(n, dimension, kind):
    rng = np.random.default_rng(n)
    if kind == "cloud":
        points = rng.normal(size=(n, dimension))
    elif kind == "matrix":
        # No metric at all: distances are integers without a triangle inequality, and bars are many.
        n = min(n, 60)
        upper = np.triu(rng.integers(1, 50, size=(n, n)), 1)
        points = (upper + upper.T).astype(np.float64)
    else:
        series = rng.choice([-0.01, 0.0, 0.01], size=n) if kind == "walk" else rng.standard_t(3, size=n)
        series = np.cumsum(series) if kind == "walk" else series
        points = embed_takens(series, dimension=dimension, delay=2)
    distances = points.astype(np.float32) if kind == "matrix" else distance_matrix(points)
    assert as_multiset(*rips_persistence(distances, metric="precomputed")) == giotto_bars(distances)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**32 - 1), st.sampled_from([0.25, 2.0, 1024.0]))
def test_scaling_translation_permutation_and_reversal(seed, scale):
    rng = np.random.default_rng(seed)
    # Steps of 1/64: moving and scaling by powers of two is then without rounding.
    points = rng.integers(-64, 64, size=(25, 2)) / 64
    h0, h1 = rips_persistence(points)
    expected = as_multiset(h0, h1)
    assert as_multiset(*rips_persistence(points + 8.0)) == expected
    assert as_multiset(*rips_persistence(rng.permutation(points))) == expected
    assert as_multiset(*rips_persistence(points[::-1, ::-1])) == expected
    assert as_multiset(*rips_persistence(points * scale)) == as_multiset(h0 * scale, h1 * scale)


@pytest.mark.parametrize(
    ("points", "metric", "message"),
    [
        (np.array([[0.0, np.nan]]), "euclidean", "finite"),
        (np.zeros(3), "euclidean", "shape"),
        (np.zeros((3, 2)), "precomputed", "symmetric"),
        (np.array([[0.0, 1.0], [2.0, 0.0]]), "precomputed", "symmetric"),
        (np.zeros((3, 3)), "cosine", "metric"),
    ],
)
def test_bad_points_are_refused(points, metric, message):
    with pytest.raises(InputError, match=message):
        rips_persistence(points, metric=metric)


def test_takens_embedding_by_hand():
    points = embed_takens(np.arange(7.0), dimension=3, delay=2)
    assert points.tolist() == [[0, 2, 4], [1, 3, 5], [2, 4, 6]]


def test_window_too_short_to_embed_is_refused():
    with pytest.raises(InputError, match=r"window must be >= \(dimension - 1\) \* delay \+ 2 = 18, got 17"):
        embed_takens(np.zeros(17), dimension=3, delay=8)
    assert len(embed_takens(np.zeros(18), dimension=3, delay=8)) == 2


def test_diagrams_pack_and_give_back():
    bars = [(np.ones(2), np.array([[1, 2]])), (np.empty(0), np.empty((0, 2))), (np.ones(1), np.ones((3, 2)))]
    diagrams = Diagrams.pack(bars)
    assert len(diagrams) == 3
    for (h0, h1), (h0_in, h1_in) in zip(diagrams, bars, strict=True):
        assert h0.tolist() == h0_in.tolist()
        assert h1.tolist() == h1_in.tolist()
    assert diagrams[-1][1].shape == (3, 2)
    assert len(Diagrams.pack([])) == 0
    with pytest.raises(IndexError):
        diagrams[3]


@pytest.mark.parametrize("stride", [1, 7])
def test_sliding_windows_are_the_single_windows(stride):
    series = np.cumsum(np.random.default_rng(1).normal(size=60))
    diagrams = sliding_rips_persistence(series, window=30, dimension=3, delay=2, stride=stride)
    assert len(diagrams) == len(range(0, 31, stride))
    for k, (h0, h1) in enumerate(diagrams):
        window = series[k * stride : k * stride + 30]
        alone = rips_persistence(embed_takens(window, dimension=3, delay=2))
        assert as_multiset(h0, h1) == as_multiset(*alone)


def test_sliding_refuses_a_short_or_broken_series():
    with pytest.raises(InputError, match="window"):
        sliding_rips_persistence(np.zeros(5), window=6, dimension=2, delay=1)
    with pytest.raises(InputError, match="position 3"):
        sliding_rips_persistence(np.array([0, 1, 2, np.nan, 4]), window=3, dimension=2, delay=1)


def test_importing_the_package_loads_no_engine():
    code = (
        "import sys, topoquant.lib.topology; "
        "sys.exit(any(name in sys.modules for name in ('gtda', 'gph', 'sklearn', 'torch')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
