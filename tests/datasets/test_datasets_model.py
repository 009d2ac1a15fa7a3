"""A model folder vouches for itself: what was changed or cut short is refused."""

import json

import pytest
from kedro.io import DatasetError

from topoquant.datasets import model
from topoquant.datasets.model import MANIFEST, ModelDataset

FILES = {"weights.safetensors": b"\x00\x01", "options.json": b'{"hidden": 32}'}


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "nbeats"


@pytest.fixture
def stored(folder):
    dataset = ModelDataset(filepath=str(folder))
    assert not dataset.exists()
    dataset.save(FILES)
    return dataset


def test_what_is_saved_is_loaded(stored, folder):
    assert stored.exists()
    assert stored.load() == FILES
    assert set(json.loads((folder / MANIFEST).read_text())) == set(FILES)
    assert json.loads(stored.preview()) == {"hidden": 32}


def test_a_changed_file_is_refused_by_name(stored, folder):
    (folder / "weights.safetensors").write_bytes(b"\x00\x02")
    with pytest.raises(DatasetError, match=r"weights\.safetensors.*train again"):
        stored.load()


@pytest.mark.parametrize("name", [*FILES, MANIFEST])
def test_a_missing_file_is_refused(stored, folder, name):
    (folder / name).unlink()
    with pytest.raises(DatasetError):
        stored.load()


def test_files_of_an_earlier_model_go(stored, folder):
    stored.save({"model.txt": b"tree"})
    assert stored.load() == {"model.txt": b"tree"}
    assert {path.name for path in folder.iterdir()} == {"model.txt", MANIFEST}


def test_a_save_cut_short_is_never_half_believed(stored, monkeypatch):
    def stop_at_manifest(path, write):
        if path.name == MANIFEST:
            raise KeyboardInterrupt
        original(path, write)

    original = model.write_atomically
    monkeypatch.setattr(model, "write_atomically", stop_at_manifest)
    with pytest.raises(KeyboardInterrupt):
        stored.save({**FILES, "weights.safetensors": b"new"})
    monkeypatch.undo()
    with pytest.raises(DatasetError, match=r"weights\.safetensors"):
        stored.load()
