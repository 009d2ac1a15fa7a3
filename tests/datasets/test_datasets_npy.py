"""Arrays as memory maps: never pickled, never changed by a reader, replaced while held."""

import numpy as np
import pytest
from kedro.io import DatasetError

from topoquant.datasets.npy import NpyDataset

VALUES = np.arange(24, dtype=np.float32).reshape(8, 3)


@pytest.fixture
def stored(tmp_path):
    dataset = NpyDataset(filepath=str(tmp_path / "features" / "values.npy"))
    assert not dataset.exists()
    dataset.save(VALUES)
    return dataset


def test_what_is_saved_is_mapped_back(stored):
    loaded = stored.load()
    assert isinstance(loaded, np.memmap)
    assert loaded.dtype == np.float32
    np.testing.assert_array_equal(loaded, VALUES)
    assert stored.exists()


def test_a_reader_writes_to_its_own_pages(stored):
    mine = stored.load()
    mine[0, 0] = -1
    assert mine[0, 0] == -1
    np.testing.assert_array_equal(stored.load(), VALUES)


def test_a_held_map_keeps_the_old_array_when_a_new_one_is_saved(stored, tmp_path):
    held = stored.load()
    stored.save(VALUES[:2] + 100)
    np.testing.assert_array_equal(held, VALUES)
    np.testing.assert_array_equal(stored.load(), VALUES[:2] + 100)
    assert [path.name for path in (tmp_path / "features").iterdir()] == ["values.npy"]


def test_objects_are_refused_both_ways(stored, tmp_path):
    with pytest.raises(DatasetError, match=r"[Oo]bject arrays"):
        stored.save(np.array([{"a": 1}], dtype=object))
    np.testing.assert_array_equal(stored.load(), VALUES)
    pickled = tmp_path / "pickled.npy"
    np.save(pickled, np.array([{"a": 1}], dtype=object), allow_pickle=True)
    with pytest.raises(DatasetError):
        NpyDataset(filepath=str(pickled)).load()


def test_the_preview_is_a_small_table(stored):
    preview = stored.preview(nrows=2)
    assert preview["data"] == VALUES[:2].tolist()
    assert preview["columns"] == [0, 1, 2]
