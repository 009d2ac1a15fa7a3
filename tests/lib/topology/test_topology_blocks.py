"""Blocks are found, recomputed and put together as if they had all been computed at once."""

import subprocess
import sys
import tracemalloc
from collections.abc import Callable
from contextlib import contextmanager

import numpy as np
import pytest

from topoquant.lib.errors import InputError
from topoquant.lib.progress import silent
from topoquant.lib.topology import blocks as blocks_module
from topoquant.lib.topology.blocks import rows_of_blocks, split_blocks
from topoquant.lib.topology.store import NoStore

SERIES = np.arange(20.0).reshape(20, 1) ** 2
STARTS = np.array([0, 1, 2, 3, 9, 10, 15])
WINDOW = 4


class Shelf:
    """A store in memory that remembers what was asked of it."""

    def __init__(self):
        self.rows, self.reads, self.pruned = {}, [], None

    def read(self, name, shape):
        self.reads.append(shape)
        return self.rows.get(name)

    def write(self, name, rows):
        self.rows[name] = rows.copy()

    def prune(self, names):
        self.pruned = set(names)


def make_rows(block):
    return np.array([[block.series[k, 0], block.series[k + WINDOW - 1, 0]] for k in block.starts], np.float32)


def compute(store, *, function: Callable = make_rows, size=3, executor=map, progress=None, options="made"):
    seen = []

    @contextmanager
    def listener(total, unit, done=0):
        seen.append((total, unit, done))
        yield seen.append

    rows = rows_of_blocks(
        function, split_blocks(SERIES, STARTS, window=WINDOW, size=size), n_columns=2, options=options,
        store=store, map=executor, progress=progress or listener,
    )  # fmt: skip
    return rows, seen


def refuse(block):
    raise AssertionError("computed again")


EXPECTED = np.column_stack([SERIES[STARTS, 0], SERIES[STARTS + WINDOW - 1, 0]]).astype(np.float32)


@pytest.mark.parametrize("size", [1, 2, 3, 7, 100])
def test_rows_stand_in_the_order_of_the_windows(size):
    rows, _ = compute(NoStore(), size=size)
    assert rows.dtype == np.float32
    np.testing.assert_array_equal(rows, EXPECTED)


def test_a_block_holds_no_more_of_the_series_than_its_windows():
    blocks = split_blocks(SERIES, STARTS, window=WINDOW, size=3)
    assert [len(block) for block in blocks] == [3, 3, 1]
    assert [len(block.series) for block in blocks] == [6, 11, 4]
    assert split_blocks(SERIES, STARTS[:0], window=WINDOW, size=3) == []


def test_found_blocks_are_not_computed_again_and_count_as_done():
    shelf = Shelf()
    _, seen = compute(shelf)
    assert seen == [(7, "windows", 0), 3, 3, 1]
    rows, seen = compute(shelf, function=refuse)
    np.testing.assert_array_equal(rows, EXPECTED)
    assert seen == [(7, "windows", 7)]
    assert shelf.pruned == set(shelf.rows)


def test_a_run_that_died_goes_on_with_what_is_missing():
    shelf = Shelf()

    def dies(function, items):
        for k, item in enumerate(items):
            if k == 2:
                raise KeyboardInterrupt
            yield function(item)

    with pytest.raises(KeyboardInterrupt):
        compute(shelf, executor=dies)
    assert len(shelf.rows) == 2
    assert shelf.pruned is None
    rows, seen = compute(shelf)
    assert seen == [(7, "windows", 6), 1]
    np.testing.assert_array_equal(rows, EXPECTED)


def test_blocks_of_other_options_are_not_taken():
    shelf = Shelf()
    compute(shelf)
    _, seen = compute(shelf, options="made otherwise")
    assert seen[0] == (7, "windows", 0)
    assert len(shelf.rows) == 6
    assert len(shelf.pruned) == 3


def test_no_windows_are_no_rows():
    rows = rows_of_blocks(refuse, [], n_columns=2, options="", store=NoStore(), map=map, progress=silent)
    assert rows.shape == (0, 2)


def test_other_code_on_a_worker_is_refused(monkeypatch):
    def elsewhere(function, items):
        for item in items:
            with monkeypatch.context() as patched:
                patched.setattr(blocks_module, "code_version", lambda: "other")
                yield function(item)

    with pytest.raises(InputError, match=r"topoquant on a worker must be of code version .*, got other"):
        compute(NoStore(), executor=elsewhere)


def test_all_rows_are_held_once():
    n_windows, n_columns = 8192, 200
    block_rows = np.ones((512, n_columns), np.float32)
    blocks = split_blocks(np.zeros((n_windows + 3, 1)), np.arange(n_windows), window=WINDOW, size=512)
    tracemalloc.start()
    try:
        rows = rows_of_blocks(
            lambda block: block_rows.copy(), blocks, n_columns=n_columns, options="", store=NoStore(),
            map=map, progress=silent,
        )  # fmt: skip
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 1.2 * rows.nbytes


MEASURED = """
import numpy as np, pandas as pd
from topoquant.lib.topology import TdaOptions, tda_features
options = TdaOptions(windows=(672,), dimension=3, delay=1, series=("log_price",), n_bins=100, n_layers=5,
                     grid_max=1.0, sublevel=False, sublevel_max=4.0, backend="sliding", n_jobs=1)
close = 100 * np.exp(np.cumsum(np.random.default_rng(0).normal(0, 0.002, 671 + {n_windows})))
open_time = pd.date_range("2024", periods=len(close), freq="15min", tz="UTC")
features = tda_features(pd.DataFrame({{"open_time": open_time, "close": close}}), options, interval="15m")
assert len(features.values) == {n_windows}
print(next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM")))
"""


def test_a_process_stays_small():
    """Four blocks of long windows. A process that compiles takes memory of its own: the least counts.

    The peak is the kernel's mark of this process alone: what getrusage gives starts at its parent's.
    """
    code, kibibytes = MEASURED.format(n_windows=4096), []
    for _ in range(3):
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=400)
        assert done.returncode == 0, done.stderr
        kibibytes.append(int(done.stdout))
        if kibibytes[-1] < 400_000:
            break
    assert min(kibibytes) < 400_000  # importing pandas and numba is about 230,000 of them
