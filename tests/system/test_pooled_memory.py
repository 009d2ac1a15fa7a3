"""Twenty symbols pooled: what a bar more costs where most is held, and what all of three years would need."""

import subprocess
import sys
from pathlib import Path

import pytest

from topoquant.lib.sampling.feasibility import BASE_BYTES

pytestmark = pytest.mark.system
PEAK = Path(__file__).with_name("pooled_memory.py")
N_SYMBOLS = 20
# Bars per symbol of the two runs, and of three years in bars of 15 minutes.
FEW, MANY, POOLED = 1_000, 8_000, 115_000
# The promise is 8 GB: a fifth of it is left for what earlier nodes have not given back.
MOST_BYTES = 0.8 * 8e9


def peak_bytes(what, n_bars):
    """Peak of a process that does this on so many bars of every symbol."""
    words = [sys.executable, str(PEAK), what, str(n_bars)]
    done = subprocess.run(words, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return int(done.stdout)


@pytest.mark.parametrize("what", ["power", "alignment"])
def test_twenty_symbols_of_three_years_fit_into_memory(what, monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    few, many = (peak_bytes(what, n_bars) for n_bars in (FEW, MANY))
    per_bar = (many - few) / (N_SYMBOLS * (MANY - FEW))
    assert per_bar > 100  # bars alone are half of that: the larger run is seen
    assert BASE_BYTES + per_bar * N_SYMBOLS * POOLED <= MOST_BYTES
