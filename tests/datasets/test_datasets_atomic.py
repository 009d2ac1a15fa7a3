"""A reader sees the old file or the new one, never half of one."""

import json

import pandas as pd
import pytest
from kedro.io import DatasetError

from topoquant.datasets.atomic import (
    AtomicJSONDataset,
    AtomicParquetDataset,
    AtomicTextDataset,
    write_atomically,
)

FRAME = pd.DataFrame({"symbol": ["SYN", "SYN"], "close": [1.0, 2.5]})
CASES = {
    "frame.parquet": (AtomicParquetDataset, FRAME, FRAME.assign(close=3.0)),
    "document.json": (AtomicJSONDataset, {"word": "edge", "rows": [1, None]}, ["other"]),
    "page.html": (AtomicTextDataset, "<p>one ≥ two</p>", "<p>two</p>"),
}


def same(left, right) -> bool:
    return left.equals(right) if isinstance(left, pd.DataFrame) else left == right


@pytest.fixture(params=CASES)
def case(request, tmp_path):
    kind, first, second = CASES[request.param]
    path = tmp_path / "made" / "on the way" / request.param
    return kind(filepath=str(path)), path, first, second


def test_what_is_saved_is_loaded_and_replaced(case):
    dataset, path, first, second = case
    assert not dataset.exists()
    dataset.save(first)
    assert same(dataset.load(), first)
    dataset.save(second)
    assert same(dataset.load(), second)
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_a_write_that_fails_half_way_keeps_the_old_file(tmp_path):
    path = tmp_path / "file.bin"
    write_atomically(path, lambda file: file.write(b"old"))

    def stop_half_way(file):
        file.write(b"ne")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_atomically(path, stop_half_way)
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_what_cannot_be_stored_changes_nothing(tmp_path):
    document = AtomicJSONDataset(filepath=str(tmp_path / "document.json"))
    document.save({"auc": 0.5})
    for unstorable in ({"auc": float("nan")}, {"auc": {1, 2}}):
        with pytest.raises(DatasetError):
            document.save(unstorable)
    frame = AtomicParquetDataset(filepath=str(tmp_path / "frame.parquet"))
    frame.save(FRAME)
    with pytest.raises(DatasetError):
        frame.save(pd.DataFrame({"mixed": [1.0, "one"]}))
    assert document.load() == {"auc": 0.5}
    assert frame.load().equals(FRAME)
    assert {path.name for path in tmp_path.iterdir()} == {"document.json", "frame.parquet"}


def test_a_new_file_is_as_readable_as_any_other(tmp_path):
    ordinary = tmp_path / "ordinary"
    ordinary.touch()
    write_atomically(tmp_path / "ours", lambda file: file.write(b"x"))
    assert (tmp_path / "ours").stat().st_mode == ordinary.stat().st_mode


def test_previews_are_what_kedro_viz_reads(tmp_path):
    frame = AtomicParquetDataset(filepath=str(tmp_path / "frame.parquet"))
    frame.save(FRAME)
    assert frame.preview(nrows=1)["columns"] == ["symbol", "close"]
    assert len(frame.preview(nrows=1)["data"]) == 1
    document = AtomicJSONDataset(filepath=str(tmp_path / "document.json"))
    document.save({"auc": 0.5})
    assert json.loads(document.preview()) == {"auc": 0.5}
