"""The kernel equals the definition, and a row sees its own window alone."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from topoquant.lib.errors import InputError
from topoquant.lib.models.summaries import (
    SUMMARIES,
    define_summaries,
    design_matrix,
    design_names,
    window_summaries,
)
from topoquant.lib.models.summaries_kernel import N_SUMMARIES
from topoquant.lib.sampling.arrays import samples_from_arrays


def draw_bars(seed: int, n_bars: int = 40, n_channels: int = 3) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(n_bars, n_channels)).astype(np.float32)


def test_the_window_1_2_6_by_hand():
    bars = np.array([[50.0, 7.0], [1.0, 7.0], [2.0, 7.0], [6.0, 7.0]], np.float32)
    row = window_summaries(bars, np.array([3]), 3)[0]
    assert row[:5] == pytest.approx([6, 3, np.sqrt(14 / 3), 2.5, 5])
    assert row[5:].tolist() == [7, 7, 0, 0, 0]
    assert len(SUMMARIES) == N_SUMMARIES


@settings(deadline=None, max_examples=30)
@given(seed=st.integers(0, 999), window=st.integers(1, 12), level=st.sampled_from([0.0, 60_000.0]))
def test_the_kernel_equals_the_definition(seed, window, level):
    bars = draw_bars(seed) + np.float32(level)
    end = np.array([window - 1, 20, 39])
    expected = np.stack([define_summaries(bars[e - window + 1 : e + 1]) for e in end])
    np.testing.assert_allclose(window_summaries(bars, end, window), expected, rtol=1e-9, atol=1e-9)


def test_bars_outside_the_window_change_nothing():
    bars = draw_bars(1)
    changed = bars.copy()
    changed[:10], changed[21:] = np.nan, np.nan
    assert np.array_equal(
        window_summaries(bars, np.array([20]), 11), window_summaries(changed, np.array([20]), 11)
    )


@pytest.mark.parametrize(("end", "window"), [([3], 5), ([40], 5), ([10], 0)])
def test_a_window_that_does_not_fit_is_refused(end, window):
    with pytest.raises(InputError, match="window"):
        window_summaries(draw_bars(1), np.array(end), window)


def test_the_design_has_a_name_per_column_and_needs_features():
    time = np.array(["2024-01-01", "2024-01-02"], "datetime64[ns]")
    rows = {"time": time, "t1": time, "targets": {"label": [0, 1]}}
    full = samples_from_arrays(**rows, sequence=draw_bars(1), end=[20, 30], window=4, static=np.ones((2, 2)))
    assert design_matrix(full).shape == (2, len(design_names(full))) == (2, 17)
    assert design_names(full)[:2] + design_names(full)[-1:] == ("c0_last", "c0_mean", "s1")
    with pytest.raises(InputError, match="neither"):
        design_matrix(samples_from_arrays(**rows))


@settings(deadline=None, max_examples=50)
@given(
    seed=st.integers(0, 999),
    window=st.integers(1, 12),
    ends=st.lists(st.integers(11, 39), min_size=1, max_size=60),
)
def test_a_row_has_the_same_bits_whatever_rows_are_asked_for_beside_it(seed, window, ends):
    bars = draw_bars(seed)
    every = window_summaries(bars, np.arange(11, 40), window)
    assert np.array_equal(window_summaries(bars, np.array(ends), window), every[np.array(ends) - 11])


@given(bar=st.integers(0, 39), window=st.integers(1, 12))
def test_a_missing_value_is_missing_in_the_windows_that_hold_it_alone(bar, window):
    bars = draw_bars(2)
    bars[bar, 1] = np.nan
    end = np.arange(window - 1, 40)
    got = window_summaries(bars, end, window)
    expected = np.stack([define_summaries(bars[e - window + 1 : e + 1]) for e in end])
    np.testing.assert_allclose(got, expected, rtol=1e-9, atol=1e-12, equal_nan=True)
