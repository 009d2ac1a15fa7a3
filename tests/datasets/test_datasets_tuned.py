"""Options of a search are read where a run asks for them, and nowhere else."""

import pytest
from kedro.io import DatasetError

from topoquant.datasets.fingerprint import stored_path
from topoquant.datasets.tuned import TunedDataset


def dataset(folder, used):
    return TunedDataset(filepath=str(folder / "tuned_tcn.json"), member="tcn", used=used)


@pytest.mark.parametrize("used", [True, "tcn", "lstm+tcn"])
def test_who_is_asked_for_reads_what_was_found(tmp_path, used):
    (tmp_path / "tuned_tcn.json").write_text('{"values": {"options.kernel": 3}}')
    asked = dataset(tmp_path, used)
    assert asked.load() == {"values": {"options.kernel": 3}}
    assert stored_path(asked) == tmp_path / "tuned_tcn.json"
    assert not asked.is_missing


@pytest.mark.parametrize("used", [False, "lstm", "tcn2", "tc"])
def test_who_is_not_asked_for_depends_on_no_file(tmp_path, used):
    asked = dataset(tmp_path, used)
    assert asked.load() == {}
    assert stored_path(asked) is None
    assert asked.exists()
    assert not asked.is_missing


def test_what_is_asked_for_and_not_there_is_missing(tmp_path):
    assert dataset(tmp_path, True).is_missing


def test_only_a_search_writes_it(tmp_path):
    with pytest.raises(DatasetError, match="must be written by tune_tcn"):
        dataset(tmp_path, True).save({"values": {}})
