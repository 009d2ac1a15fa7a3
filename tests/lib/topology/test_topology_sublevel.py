"""Valleys of a window against a union-find over all its levels, and by hand."""

import numpy as np
import pytest
from gph import ripser_parallel
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import coo_matrix

from topoquant.lib.errors import InputError
from topoquant.lib.topology import TdaOptions, sublevel_columns, sublevel_persistence, vectorise_sublevel

# Few levels: plateaus, valleys of one depth, peaks of one height.
PATHS = st.lists(st.integers(0, 5), min_size=1, max_size=40).map(lambda values: np.array(values, float))


def valleys_by_union_find(values: np.ndarray) -> list[tuple[float, float]]:
    """Add the values from the lowest up; where two components meet, the one with the higher bottom dies."""
    parent: dict[int, int] = {}

    def root(i: int) -> int:
        while parent[i] != i:
            i = parent[i]
        return i

    bars = []
    for i in np.argsort(values, kind="stable").tolist():
        parent[i] = i
        for j in (i - 1, i + 1):
            if j in parent:
                low, high = sorted((root(i), root(j)), key=lambda k: (values[k], k))
                if low != high:
                    parent[high] = low
                    bars.append((float(values[high]), float(values[i])))
    bars.append((float(values.min()), float(values.max())))
    return sorted(bar for bar in bars if bar[1] > bar[0])


def as_list(bars: np.ndarray) -> list[tuple[float, float]]:
    return sorted(map(tuple, bars.tolist()))


def make_options(**changes):
    values = {
        "windows": [30], "dimension": 2, "delay": 1, "series": ["log_price"], "n_bins": 9, "n_layers": 1,
        "grid_max": 1.0, "sublevel": True, "sublevel_max": 4.0, "backend": "sliding", "n_jobs": 1,
    }  # fmt: skip
    return TdaOptions(**(values | changes))


def test_two_valleys_by_hand():
    # Bottoms at 0 and 1 meet at the peak of 3; the ends at 4 and 2 join nothing.
    assert as_list(sublevel_persistence(np.array([4.0, 0, 3, 1, 2]))) == [(0, 4), (1, 3)]


@pytest.mark.parametrize("values", [[7.0], [7.0, 7, 7]])
def test_equal_values_have_no_bar(values):
    assert sublevel_persistence(np.array(values)).shape == (0, 2)


@pytest.mark.parametrize("values", [[1.0, 2, 3], [3.0, 2, 1], [3.0, 1, 1, 2]])
def test_one_valley_is_as_deep_as_the_range(values):
    assert as_list(sublevel_persistence(np.array(values))) == [(1, 3)]


@settings(deadline=None, max_examples=300)
@given(PATHS)
def test_bars_equal_those_of_a_union_find(values):
    assert as_list(sublevel_persistence(values)) == valleys_by_union_find(values)


def test_bars_of_many_walks_equal_those_of_a_union_find():
    rng = np.random.default_rng(0)
    for _ in range(200):
        values = np.cumsum(rng.integers(-2, 3, 60)).astype(float)
        assert as_list(sublevel_persistence(values)) == valleys_by_union_find(values)


def test_bars_equal_the_lower_star_filtration_of_giotto():
    values = np.cumsum(np.random.default_rng(1).normal(size=80)).astype(np.float32).astype(float)
    n = len(values)
    rows, columns = [*range(n), *range(n - 1)], [*range(n), *range(1, n)]
    weights = [*values, *np.maximum(values[1:], values[:-1])]
    matrix = coo_matrix((weights, (rows, columns)), shape=(n, n))
    h0 = ripser_parallel(matrix, maxdim=0, metric="precomputed")["dgms"][0]
    finite = sorted((float(b), float(d)) for b, d in h0 if np.isfinite(d) and d > b)
    ours = as_list(sublevel_persistence(values))
    assert sorted([*finite, (values.min(), values.max())]) == ours


def test_scaling_translation_and_reversal():
    values = np.random.default_rng(2).integers(-64, 64, 50) / 64
    bars = as_list(sublevel_persistence(values))
    assert as_list(sublevel_persistence(values[::-1])) == bars
    assert as_list(sublevel_persistence(values * 4 + 2)) == [(4 * b + 2, 4 * d + 2) for b, d in bars]


@pytest.mark.parametrize(
    "values", [np.array([]), np.zeros((2, 2)), np.array([0, np.nan]), np.array([np.inf])]
)
def test_bad_values_are_refused(values):
    with pytest.raises(InputError, match="values must be a finite array"):
        sublevel_persistence(values)


def test_rows_are_those_of_each_window_in_its_own_scale():
    rng = np.random.default_rng(3)
    series, options = np.cumsum(rng.normal(size=60)), make_options()
    starts = np.array([0, 7, 30])
    scale = np.array([0.5, 1.0, 2.0])
    rows = vectorise_sublevel(series, starts, options, window=30, scale=scale)
    assert rows.shape == (3, len(sublevel_columns(options))) == (3, 13)
    grid = np.linspace(0, 4, 9)
    for k, start in enumerate(starts):
        window = series[start : start + 30]
        bars = (sublevel_persistence(window) - window.min()) / scale[k]
        lengths = bars[:, 1] - bars[:, 0]
        share = lengths / lengths.sum()
        alive = [((bars[:, 0] <= s) & (s < bars[:, 1])).sum() for s in grid]
        np.testing.assert_array_equal(rows[k, :9], alive)
        expected = [-(share * np.log2(share)).sum(), lengths.max() / 2, np.sqrt((lengths**2).sum()) / 2]
        np.testing.assert_allclose(rows[k, 9:], [*expected, len(bars)], rtol=1e-12)


def test_a_constant_window_has_entropy_minus_one():
    row = vectorise_sublevel(np.ones(5), np.array([0]), make_options(), window=5, scale=np.ones(1))[0]
    assert row.tolist() == [0.0] * 9 + [-1.0, 0.0, 0.0, 0.0]


def test_windows_outside_the_series_are_refused():
    with pytest.raises(InputError, match=r"starts must be in \[0, 3\]"):
        vectorise_sublevel(np.zeros(8), np.array([4]), make_options(), window=5, scale=np.ones(1))
