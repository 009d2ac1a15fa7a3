"""A store of blocks: what is not exactly what was written is not there."""

import os
import subprocess
import sys
import textwrap
import time

import numpy as np
import pytest
from kedro.io import DatasetError

from topoquant.datasets.chunks import ABANDONED_SECONDS, ChunkDataset, ChunkStore

ROWS = np.arange(12, dtype=np.float32).reshape(4, 3)


@pytest.fixture
def store(tmp_path):
    store = ChunkStore(tmp_path / "blocks")
    store.write("one", ROWS)
    return store


@pytest.fixture
def path(store, tmp_path):
    return tmp_path / "blocks" / "one.rows"


def test_rows_come_back_bit_for_bit(store):
    odd = np.array([[np.nan, -0.0, np.inf, 1e-45]], np.float32)
    store.write("odd", odd)
    assert store.read("odd", (1, 4)).tobytes() == odd.tobytes()
    np.testing.assert_array_equal(store.read("one", (4, 3)), ROWS)
    assert store.read("two", (4, 3)) is None


def test_every_flipped_bit_and_every_length_is_noticed(store, path):
    content = path.read_bytes()
    for k in range(len(content)):
        path.write_bytes(content[:k] + bytes([content[k] ^ 1]) + content[k + 1 :])
        assert store.read("one", (4, 3)) is None, k
    for k in range(len(content)):
        path.write_bytes(content[:k])
        assert store.read("one", (4, 3)) is None, k
    path.write_bytes(content + b"\0")
    assert store.read("one", (4, 3)) is None
    store.write("one", ROWS)
    np.testing.assert_array_equal(store.read("one", (4, 3)), ROWS)


def test_the_file_of_another_block_is_not_taken_for_this_one(store, path):
    path.with_name("two.rows").write_bytes(path.read_bytes())
    assert store.read("two", (4, 3)) is None
    assert store.read("one", (3, 4)) is not None  # the name vouches for the shape
    assert store.read("one", (4, 4)) is None


def test_pruning_keeps_what_is_named_and_what_is_being_written(store, path):
    store.write("two", ROWS)
    mine, dead = (path.with_name(f".{name}.rows.x1y2") for name in ("mine", "dead"))
    for temporary in (mine, dead):
        temporary.write_bytes(b"half")
    long_ago = time.time() - ABANDONED_SECONDS - 1
    os.utime(dead, (long_ago, long_ago))
    store.prune(["two", "never written"])
    assert sorted(one.name for one in path.parent.iterdir()) == [".mine.rows.x1y2", "two.rows"]


def test_a_folder_that_is_not_there_is_an_empty_store(tmp_path):
    dataset = ChunkDataset(filepath=str(tmp_path / "none"))
    assert dataset.exists()
    store = dataset.load()
    assert store.read("one", (4, 3)) is None
    store.prune([])
    assert not (tmp_path / "none").exists()


def test_a_store_is_not_saved_as_a_whole(tmp_path):
    with pytest.raises(DatasetError, match="one by one"):
        ChunkDataset(filepath=str(tmp_path)).save(ROWS)


def test_a_writer_that_is_killed_leaves_whole_blocks_only(tmp_path):
    """Killed at a moment that no code chooses."""
    code = textwrap.dedent(
        f"""
        from pathlib import Path
        import numpy as np
        from topoquant.datasets.chunks import ChunkStore
        store = ChunkStore(Path({str(tmp_path)!r}))
        print(flush=True)
        for k in range(100_000):
            store.write(f"block{{k % 3}}", np.full((500, 50), k, np.float32))
        """
    )
    store = ChunkStore(tmp_path)
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as process:
        process.stdout.readline()
        time.sleep(0.2)
        process.kill()
    assert process.returncode < 0
    for k in range(3):
        rows = store.read(f"block{k}", (500, 50))
        assert rows is not None
        assert np.ptp(rows) == 0
