"""What hot paths may hold in memory: a window is looked at, never copied."""

import tracemalloc

import numpy as np
import pandas as pd

from topoquant.lib.models.summaries import window_summaries
from topoquant.lib.sampling.arrays import samples_from_arrays
from topoquant.lib.training.batches import Inputs

WINDOW, N_ROWS, N_CHANNELS = 60, 3_000, 20


def make_sequence():
    return np.random.default_rng(0).normal(size=(N_ROWS + WINDOW - 1, N_CHANNELS)).astype(np.float32)


def test_summaries_allocate_little_more_than_they_return():
    sequence = make_sequence()
    end = np.arange(WINDOW - 1, len(sequence))
    window_summaries(sequence[:WINDOW], end[:1], WINDOW)  # compiles
    tracemalloc.start()
    try:
        summaries = window_summaries(sequence, end, WINDOW)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    # All windows as float64 would be twelve times as much.
    assert peak < 1.5 * summaries.nbytes


def test_all_windows_share_the_memory_of_the_bars():
    sequence = make_sequence()
    time = pd.date_range("2024-01-01", periods=N_ROWS, freq="15min", tz="UTC")
    samples = samples_from_arrays(
        time=time, t1=time, targets={"label": np.zeros(N_ROWS)}, sequence=sequence,
        end=np.arange(WINDOW - 1, len(sequence)), window=WINDOW,
    )  # fmt: skip
    windows = Inputs(samples, ("sequence",), "cpu").windows
    assert windows.shape == (N_ROWS, WINDOW * N_CHANNELS)
    assert windows.untyped_storage().nbytes() == sequence.nbytes
    assert windows.untyped_storage().data_ptr() == samples.sequence.ctypes.data
