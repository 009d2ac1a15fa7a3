"""Names of blocks change with all that rows depend on, and with nothing else."""

from dataclasses import replace

import numpy as np
import pytest

from topoquant.lib.topology import TdaOptions, store
from topoquant.lib.topology.blocks import Block
from topoquant.lib.topology.store import block_name, code_version, options_name, pack_rows, unpack_rows

OPTIONS = TdaOptions(
    windows=(40,), dimension=3, delay=1, series=("log_price",), n_bins=20, n_layers=2, grid_max=2.0,
    sublevel=False, sublevel_max=4.0, backend="sliding", n_jobs=1,
)  # fmt: skip
BLOCK = Block(series=np.arange(6.0).reshape(6, 1), starts=np.array([0, 1]))
CHANGES = {
    "windows": (40, 41), "dimension": 2, "delay": 2, "series": ("returns",), "n_bins": 21, "n_layers": 1,
    "grid_max": 2.5, "sublevel": True, "sublevel_max": 5.0, "backend": "single",
}  # fmt: skip


def test_every_option_but_the_number_of_processes_makes_another_name():
    assert set(CHANGES) == set(TdaOptions.__dataclass_fields__) - {"n_jobs"}
    names = {options_name(replace(OPTIONS, **{name: value})) for name, value in CHANGES.items()}
    assert len(names | {options_name(OPTIONS)}) == len(CHANGES) + 1
    assert options_name(replace(OPTIONS, n_jobs=4)) == options_name(OPTIONS)


def test_another_version_of_the_code_makes_another_name(monkeypatch):
    before = options_name(OPTIONS)
    monkeypatch.setattr(store, "code_version", lambda: "another")
    assert options_name(OPTIONS) != before


def test_the_code_version_follows_every_module_of_the_package(monkeypatch, tmp_path):
    for name in ("kernel.py", "options.py", "notes.txt"):
        (tmp_path / name).write_text("1")
    monkeypatch.setattr(store, "files", lambda package: tmp_path)
    versions = [code_version.__wrapped__()]
    (tmp_path / "notes.txt").write_text("2")
    assert code_version.__wrapped__() == versions[0]
    (tmp_path / "kernel.py").write_text("2")
    versions.append(code_version.__wrapped__())
    monkeypatch.setattr(store.numba, "__version__", "0")
    versions.append(code_version.__wrapped__())
    assert len(set(versions)) == 3


def test_every_value_a_block_reads_is_in_its_name():
    nearly = BLOCK.series.copy()
    nearly[5, 0] = np.nextafter(5.0, 6.0)
    others = [
        replace(BLOCK, series=nearly),
        replace(BLOCK, series=BLOCK.series.astype(np.float32)),
        replace(BLOCK, series=BLOCK.series.reshape(3, 2)),
        replace(BLOCK, starts=np.array([0, 2])),
        replace(BLOCK, starts=np.array([0])),
    ]
    names = {block_name("options", block) for block in [BLOCK, *others]}
    assert len(names) == 6
    assert block_name("more", BLOCK) not in names
    same = Block(series=np.asfortranarray(BLOCK.series), starts=BLOCK.starts.copy())
    assert block_name("options", same) == block_name("options", BLOCK)


@pytest.mark.parametrize("shape", [(0, 3), (2, 0), (2, 3)])
def test_packed_rows_are_read_back(shape):
    rows = np.ones(shape, np.float32)
    read = unpack_rows(pack_rows("name", rows[:, ::-1]), "name", shape)
    assert read.dtype == np.float32
    np.testing.assert_array_equal(read, rows)


@pytest.mark.parametrize("content", [b"", b"\n", b"topoquant rows name \n", b"\x93NUMPY" * 20])
def test_what_was_never_packed_is_not_read(content):
    assert unpack_rows(content, "name", (1, 2)) is None
