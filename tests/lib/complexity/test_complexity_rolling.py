"""The kernels against the functions of one series, on ties, constants, outliers and tiny windows."""

import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.lib.stride_tricks import sliding_window_view

from topoquant.lib.complexity import MEASURES, measure_names, rolling_complexity
from topoquant.lib.complexity import rolling as module
from topoquant.lib.complexity.arithmetic_kernel import SMALLEST, logs, strided_sums
from topoquant.lib.errors import InputError

# Values that tie, and outliers that a sum that subtracts would not forget.
VALUES = st.one_of(st.integers(-3, 3).map(float), st.sampled_from([1e-3, -2e-3, 0.1, 7e5, -3e6]))
REAL = {
    "windows": [96], "permutation_order": 3, "higuchi_lags": 10, "box_sizes": None,
}  # fmt: skip


def by_hand(x, options, plain):
    """All rows of the table by the functions of one series."""
    (window,) = options.windows
    rows = np.full((len(x), len(MEASURES)), np.nan)
    rows[window - 1 :] = [plain(one, options) for one in sliding_window_view(np.asarray(x, float), window)]
    return rows


@given(x=st.lists(VALUES, min_size=12, max_size=40), window=st.integers(8, 13), order=st.integers(2, 4))
@settings(max_examples=60, deadline=None)
def test_every_column_equals_its_plain_definition(x, window, order, small, plain):
    options = small(windows=[window], permutation_order=order, sample_order=order - 1)
    if len(x) < window:
        x = x * 2
    found = rolling_complexity(x, options)
    assert found.columns.tolist() == measure_names(options)
    np.testing.assert_allclose(found.to_numpy(), by_hand(x, options, plain), rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("window", [58, 64, 96, 128, 129, 200, 301])
def test_windows_of_all_lengths_in_words(window, small, plain):
    """Sets of places need one, two or more words; frequencies one or more tables."""
    x = np.random.default_rng(window).standard_t(3, size=window + 12)
    x[5] = 1e4
    options = small(**(REAL | {"windows": [window], "permutation_delay": 2, "normalize": True}))
    found = rolling_complexity(x, options).to_numpy()
    np.testing.assert_allclose(found, by_hand(x, options, plain), rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize(
    "x",
    [
        np.full(40, 0.1),
        np.repeat([1.0, 2.0, 1.0, 5.0], 10),
        np.tile([1.0, 2.0], 20),
        np.arange(40.0),
        np.r_[np.full(20, 11.0), 11.0 + 1e-3 * np.random.default_rng(0).normal(size=20)],
        np.r_[1e9, np.random.default_rng(1).normal(size=39)],
    ],
    ids=["constant", "steps", "period 2", "line", "a flat half", "a large value gone by"],
)
def test_windows_without_a_value_and_after_outliers(x, small, plain):
    options = small()
    found = rolling_complexity(x, options).to_numpy()
    np.testing.assert_allclose(found, by_hand(x, options, plain), rtol=1e-9, atol=1e-9)


def test_rows_do_not_change_by_a_bit_when_the_future_is_cut_off(small, monkeypatch):
    monkeypatch.setattr(module, "CHUNK", 100)
    x = np.random.default_rng(0).normal(size=400)
    options = small(windows=[12, 13])
    whole = rolling_complexity(x, options)
    for n in range(11, 400, 7):
        part = rolling_complexity(x[:n], options)
        for name in measure_names(options):
            np.testing.assert_array_equal(part[name].to_numpy(), whole[name].to_numpy()[:n], err_msg=name)


def test_where_a_series_begins_hardly_matters(small):
    x = np.r_[1e6 * np.random.default_rng(0).normal(size=300), np.random.default_rng(1).normal(size=300)]
    options = small(windows=[24])
    whole, late = rolling_complexity(x, options).to_numpy(), rolling_complexity(x[317:], options).to_numpy()
    np.testing.assert_allclose(late[23:], whole[317 + 23 :], rtol=1e-9, atol=1e-9)


def test_memory_is_that_of_the_result(small):
    options = small(**REAL)
    x = np.random.default_rng(0).normal(size=60_000)
    rolling_complexity(x[:200], options)  # compiles
    tracemalloc.start()
    try:
        found = rolling_complexity(x, options)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    # All windows as one array would be 16 times the result.
    assert peak < 4 * found.to_numpy().nbytes


def test_no_window_no_value(small):
    assert rolling_complexity([1.0, 2.0], small()).isna().all(axis=None)
    assert len(rolling_complexity([], small())) == 0


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"windows": [7]}, r"windows must be >= 8 for higuchi_lags, got 7"),
        ({"windows": [9], "permutation_delay": 4}, r"windows must be >= 10 for permutation_order, got 9"),
        ({"windows": [57], "box_sizes": None}, r"windows must be >= 58 for box_sizes, got 57"),
        ({"box_sizes": [4, 4]}, r"box sizes must be two or more"),
    ],
)
def test_windows_too_short_are_refused(changes, message, small):
    with pytest.raises(InputError, match=message):
        rolling_complexity(np.arange(60.0), small(**changes))


@pytest.mark.parametrize("bad", [np.nan, -np.inf])
def test_what_is_not_finite_is_refused(bad, small):
    with pytest.raises(InputError, match=f"x must be finite, got {bad} at position 3"):
        rolling_complexity([0.0, 1.0, 2.0, bad, 4.0], small())


def test_logarithms_are_right_to_the_last_place():
    values = np.r_[np.geomspace(1e-299, 1e300, 5_001), 1.0, np.nextafter(1, 0), np.sqrt(0.5), SMALLEST]
    found = np.empty_like(values)
    logs(values, found)
    np.testing.assert_array_max_ulp(found, np.log(values), maxulp=2)
    logs(np.zeros(1), found[:1])
    assert found[0] == np.log(SMALLEST)


@given(st.lists(VALUES, max_size=30), st.integers(1, 4), st.integers(1, 5))
@settings(max_examples=60, deadline=None)
def test_strided_sums_add_up_what_lies_a_stride_apart(values, stride, n_terms):
    x = np.abs(np.array(values, float))
    n_sums = max(len(x) - stride * (n_terms - 1), 0)
    found = np.zeros(n_sums)
    strided_sums(x, stride, n_terms, found)
    wanted = [x[i : i + stride * (n_terms - 1) + 1 : stride].sum() for i in range(n_sums)]
    np.testing.assert_allclose(found, np.array(wanted), rtol=1e-14)
