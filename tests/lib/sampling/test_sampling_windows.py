import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from topoquant.lib.errors import InputError
from topoquant.lib.sampling import gather_windows


@given(window=st.integers(1, 8), seed=st.integers(0, 99), ends=st.lists(st.integers(7, 19), max_size=10))
@settings(max_examples=100, deadline=None)
def test_windows_are_the_slices(window, seed, ends):
    sequence = np.random.default_rng(seed).normal(size=(20, 3)).astype(np.float32)
    windows = gather_windows(sequence, np.array(ends, dtype=np.int64), window)
    assert windows.shape == (len(ends), window, 3)
    assert windows.dtype == np.float32
    assert windows.flags["C_CONTIGUOUS"]
    for got, end in zip(windows, ends, strict=True):
        assert np.array_equal(got, sequence[end + 1 - window : end + 1])


def test_windows_are_a_copy_and_take_any_memory_layout():
    sequence = np.asfortranarray(np.arange(12.0).reshape(6, 2))
    windows = gather_windows(sequence, np.array([2]), 2)
    windows[:] = -1
    assert sequence.min() == 0
    assert gather_windows(sequence, np.array([2]), 2).tolist() == [[[2, 3], [4, 5]]]


@pytest.mark.parametrize(("end", "window"), [([1], 3), ([6], 2), ([-1], 1), ([3], 0), ([5], 7)])
def test_windows_that_do_not_fit_are_refused(end, window):
    with pytest.raises(InputError, match="window"):
        gather_windows(np.zeros((6, 2)), np.array(end), window)
