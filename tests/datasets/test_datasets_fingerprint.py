"""The record beside a dataset is believed only as long as it fits what lies there."""

import json
import os

import pytest

from topoquant.datasets.chunks import ChunkDataset
from topoquant.datasets.fingerprint import content_of, read_record, remove_record, stored_path, write_record


def test_a_record_comes_back_and_can_be_removed(tmp_path):
    path = tmp_path / "bars.parquet"
    path.write_bytes(b"bars")
    write_record(path, {"node": "make"}, content_of(path))
    assert read_record(path) == ({"node": "make"}, content_of(path))
    remove_record(path)
    remove_record(path)
    assert read_record(path) is None


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"content": 3}', '{"content": {"stat": 1}}'])
def test_a_damaged_record_is_an_error(tmp_path, text):
    (tmp_path / "a.fingerprint.json").write_text(text)
    with pytest.raises(ValueError):
        read_record(tmp_path / "a")


def test_content_is_told_by_bytes_and_not_by_time(tmp_path):
    path = tmp_path / "a"
    path.write_bytes(b"one")
    known = content_of(path)
    os.utime(path, (1, 1))
    assert content_of(path).stat != known.stat
    assert content_of(path, known).digest == known.digest
    path.write_bytes(b"two")
    assert content_of(path, known).digest != known.digest


def test_a_folder_counts_with_the_names_of_its_files(tmp_path):
    (tmp_path / "a").write_bytes(b"one")
    before = content_of(tmp_path)
    (tmp_path / "a").rename(tmp_path / "b")
    assert content_of(tmp_path).digest != before.digest


def test_seconds_in_a_document_do_not_count(tmp_path):
    path = tmp_path / "a.json"
    digests = []
    for seconds, auc in ((1.0, 0.5), (2.0, 0.5), (2.0, 0.6)):
        path.write_text(json.dumps({"rows": [{"fit_seconds": seconds, "auc": auc}]}))
        digests.append(content_of(path).digest)
    assert digests[0] == digests[1] != digests[2]


def test_a_cache_is_no_content(tmp_path):
    assert stored_path(ChunkDataset(filepath=str(tmp_path))) is None
    assert stored_path(None) is None
