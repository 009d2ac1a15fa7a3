"""Batches of all three inputs, and how little memory they take at real size."""

import subprocess
import sys

import numpy as np
import pytest
import torch

from topoquant.lib.errors import InputError
from topoquant.lib.models import Head, LogisticOptions, build_model
from topoquant.lib.sampling import Samples
from topoquant.lib.sampling.arrays import samples_from_arrays
from topoquant.lib.training import Inputs, fit

N_BARS, WINDOW, N_CHANNELS = 300_000, 60, 32
MEASURED = f"""
import numpy as np, torch
from topoquant.lib.sampling.arrays import samples_from_arrays
from topoquant.lib.training import Batches, Inputs, Preprocessing


def mark(name):
    return next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith(name))


def one_pass(n_bars):
    sequence = np.random.default_rng(0).standard_normal((n_bars, {N_CHANNELS}), dtype=np.float32)
    end = np.arange({WINDOW} - 1, n_bars)
    time = np.datetime64("2020-01-01", "ns") + end * np.timedelta64(1, "m")
    samples = samples_from_arrays(
        time=time, t1=time, targets={{"label": end % 2}}, sequence=sequence, end=end, window={WINDOW}
    )
    before = mark("VmRSS")
    scaled = Preprocessing.fit(samples.take(np.arange(1000)), method="robust", clip=8.0).apply(samples)
    rows = torch.ones(len(samples))
    batches = Batches(
        Inputs(scaled, ("sequence", "static"), "cpu"), {{"label": rows}}, rows, rows=np.arange(len(samples)),
        batch_size=1024, seed=0,
    )
    assert sum(len(batch.weights) for batch in batches) == len(samples)
    return before


torch.set_num_threads(1)
one_pass(3000)
before = one_pass({N_BARS})
print(mark("VmHWM") - before)
"""


def draw(**changes) -> Samples:
    time = np.datetime64("2024-01-01", "ns") + np.arange(4) * np.timedelta64(1, "h")
    return samples_from_arrays(time=time, t1=time, targets={"label": [0, 1, 0, 1]}, **changes)


@pytest.mark.system
def test_a_process_takes_less_than_150_mb_above_its_bars():
    """Scaling and a shuffled pass over 300,000 windows of 60 bars: whole they would be 2.3 GB.

    Includes the scaled copy of the bars, 38 MB. The peak is the kernel's mark of that process alone.
    """
    done = subprocess.run([sys.executable, "-c", MEASURED], capture_output=True, text=True, timeout=400)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) < 150_000


def test_raw_windows_reach_a_batch_by_row_in_their_own_digits():
    stored = 60_000 + np.arange(12.0).reshape(4, 3) * 1e-6
    samples = draw(raw_windows=stored).take(np.array([3, 1]))
    got = Inputs(samples, ("window",), "cpu").gather(torch.tensor([1, 0, 0]))["window"]
    assert got.dtype == torch.float64
    assert np.array_equal(got.numpy(), stored[[1, 3, 3]])


def test_raw_windows_that_are_absent_missing_or_of_another_length_are_refused():
    with pytest.raises(InputError, match="raw windows"):
        Inputs(draw(static=np.ones((4, 1))), ("window",), "cpu")
    stored = np.ones((4, 3))
    model = build_model(
        "logistic", n_channels=0, window=0, n_static=1, heads=[Head(name="label", kind="binary")],
        options=LogisticOptions(l2=1.0, n_iterations=50), n_raw=3,
    )  # fmt: skip
    fit(model, draw(static=np.ones((4, 1)), raw_windows=stored), None, seed=0)
    with pytest.raises(InputError, match="raw window"):
        fit(model, draw(static=np.ones((4, 1)), raw_windows=stored[:, 1:]), None, seed=0)
    stored[2, 1] = np.nan
    with pytest.raises(InputError, match="features must be finite in every row"):
        fit(model, draw(static=np.ones((4, 1)), raw_windows=stored), None, seed=0)
