"""The array, its index and its columns are in one order, however often the work was cut short."""

import os
import re
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from topoquant.datasets.npy import NpyDataset
from topoquant.lib.executors import dask_map
from topoquant.lib.topology import features, tda_features_of_rows
from topoquant.schemas import KEYS

from .run_node import BLOCK_SIZE, OPTIONS

RUN_NODE = Path(__file__).with_name("run_node.py")


def test_topological_features_belong_to_their_keys(made):
    values, index, columns = (made(f"features_tda{suffix}") for suffix in ("", "_index", "_columns"))
    KEYS.validate(index)
    assert values.shape == (len(index), len(columns))
    assert values.dtype == np.float32
    assert len(set(columns)) == len(columns)


@pytest.fixture(scope="module")
def market() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Bars of two symbols, one with a gap, and splits that use most of them."""
    time_ = pd.date_range("2024-01-01", periods=800, freq="15min", tz="UTC").as_unit("ns")
    moves = np.random.default_rng(3).normal(0, 0.01, (2, 800))
    bars = pd.concat(
        [
            pd.DataFrame({"symbol": symbol, "open_time": time_, "close": 100 * np.exp(np.cumsum(own))})
            for symbol, own in zip("AB", moves, strict=True)
        ]
    )
    bars = bars[~((bars["symbol"] == "B") & (bars["open_time"] == time_[300]))].reset_index(drop=True)
    splits = bars[["symbol"]].assign(time=bars["open_time"] + pd.Timedelta("15min"), set="train", fold=0)
    return bars, splits.assign(t1=splits["time"], kept=np.arange(len(splits)) % 7 != 0)


@pytest.fixture(scope="module")
def whole(market):
    """What one process that is never stopped makes of it."""
    bars, splits = market
    return tda_features_of_rows(bars, splits[splits["kept"]], OPTIONS, interval="15m")


def n_blocks(folder: Path) -> int:
    return len(list(folder.glob("blocks/*.rows")))


def kill_once_it_has(folder: Path, wanted: int) -> None:
    """Start the node and kill it when the store holds so many blocks."""
    with subprocess.Popen([sys.executable, str(RUN_NODE), str(folder)], stderr=subprocess.PIPE) as process:
        until = time.monotonic() + 60
        while n_blocks(folder) < wanted and process.poll() is None and time.monotonic() < until:
            time.sleep(0.002)
        process.kill()
        said = process.communicate()[1].decode()
    assert process.returncode < 0, said
    assert not (folder / "values.npy").exists()


@pytest.mark.system
def test_killed_again_and_again_it_ends_with_the_same_bits(market, whole, tmp_path):
    for name, table in zip(("bars", "splits"), market, strict=True):
        table.to_parquet(tmp_path / f"{name}.parquet")
    for wanted in (1, 8, 20):
        kill_once_it_has(tmp_path, wanted)
    paths = sorted(tmp_path.glob("blocks/*.rows"))
    content = paths[0].read_bytes()
    paths[0].write_bytes(content[:-9] + bytes([content[-9] ^ 4]) + content[-8:])
    paths[1].write_bytes(paths[1].read_bytes()[:-5])
    paths[2].write_bytes(paths[3].read_bytes())
    done = subprocess.run(
        [sys.executable, str(RUN_NODE), str(tmp_path)], capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    found, total = re.search(r"features_tda: ([\d,]+) of ([\d,]+) windows found", done.stderr).groups()
    assert int(total.replace(",", "")) == len(whole.index)
    assert (len(paths) - 4) * BLOCK_SIZE <= int(found.replace(",", "")) <= (len(paths) - 3) * BLOCK_SIZE
    values = NpyDataset(filepath=str(tmp_path / "values.npy")).load()
    assert isinstance(values, np.memmap)
    assert values.tobytes() == whole.values.tobytes()
    pd.testing.assert_frame_equal(pd.read_parquet(tmp_path / "index.parquet"), whole.index)
    assert set(whole.index["symbol"]) == {"A", "B"}


@pytest.mark.system
def test_a_cluster_that_loses_a_worker_gives_the_same_bits(market, whole, monkeypatch):
    distributed = pytest.importorskip("distributed")
    monkeypatch.setattr(features, "BLOCK_SIZE", BLOCK_SIZE)
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    bars, splits = market
    counts = []
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, host="127.0.0.1", dashboard_address="127.0.0.1:0", silence_logs=50
    ) as cluster:
        victim = cluster.workers[0].pid

        @contextmanager
        def kill_in_the_middle(total, unit, done=0):
            def advance(n):
                counts.append(n)
                if len(counts) == 4:
                    os.kill(victim, 9)

            yield advance

        made = tda_features_of_rows(
            bars, splits[splits["kept"]], OPTIONS, interval="15m",
            map=dask_map(cluster.scheduler_address), progress=kill_in_the_middle,
        )  # fmt: skip
    assert len(counts) > 4  # it died with work left
    assert sum(counts) == len(whole.index) > 30 * BLOCK_SIZE
    assert made.values.tobytes() == whole.values.tobytes()


def test_figures_show_the_first_symbol(made):
    over_time, windows = made("figure_tda"), made("figure_tda_windows")
    assert [trace.type for trace in over_time.data] == ["scatter", "heatmap", "heatmap"]
    names = [str(trace.name) for trace in windows.data]
    assert [sum(name.startswith(kind) for name in names) for kind in ("shortest", "middle", "longest")] == [
        4
    ] * 3
