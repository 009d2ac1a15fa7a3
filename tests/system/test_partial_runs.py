"""Another runner, slices of the recipe and another symbol, one after the other in one process."""

import json
import shutil
import sqlite3
from pathlib import Path

import pytest

pytestmark = pytest.mark.system
PLACE = "trigger/local/synthetic-SYN"


@pytest.fixture(scope="module")
def runs(smoke, once, run_commands, small_params):
    def make(folder: Path) -> dict:
        stored = folder / "stored"
        shutil.copytree(smoke.data_root, stored)
        commands = {
            "threads": ["run", "--runner=ThreadRunner", "--params", small_params(folder / "threads")],
            "nbeats": ["run", "--pipelines=train_nbeats", "--params", small_params(stored)],
            "symbol": ["run", "--pipelines=ingest", "--params", small_params(stored, "symbol=BTCUSDT")],
            "several": ["run", "--pipelines=ingest,split", "--params", small_params(stored, "symbol=A+B")],
        }
        return {"folder": str(folder), **run_commands(commands, folder, smoke.project)}

    made = once("partial", make)
    for name in ("threads", "nbeats", "symbol", "several"):
        assert made[name]["status"] == 0, made[name]["stderr"][-3000:]
    return made


@pytest.fixture(scope="module")
def folder(runs) -> Path:
    return Path(runs["folder"])


def record(data_root: Path, member: str) -> dict:
    return json.loads((data_root / f"06_models/{PLACE}/training_{member}.json").read_text())


def mlflow_runs(data_root: Path) -> list[tuple]:
    with sqlite3.connect(data_root / "mlflow.db") as connection:
        # Comparisons of what is recorded are recorded beside it.
        return connection.execute(
            "SELECT run_uuid, status, end_time FROM runs WHERE run_uuid IN "
            "(SELECT run_uuid FROM tags WHERE key = 'recipe' AND value = 'trigger') ORDER BY start_time"
        ).fetchall()


def test_a_member_trained_again_on_stored_data_is_the_same_model(smoke, folder):
    for member in ("nbeats", "lightgbm"):
        assert (
            record(folder / "stored", member)["model_hash"] == record(smoke.data_root, member)["model_hash"]
        )


def test_threads_give_the_same_models_and_verdict(smoke, folder, runs):
    threads = folder / "threads"
    assert record(threads, "nbeats")["model_hash"] == record(smoke.data_root, "nbeats")["model_hash"]
    verdict = json.loads((threads / f"08_reporting/{PLACE}/verdict.json").read_text())
    assert verdict == smoke.document("verdict.json")
    lines = runs["threads"]["stdout"].strip().splitlines()
    assert lines[-1].startswith(f"verdict: {verdict['word']}")


def test_every_run_of_one_process_is_one_finished_mlflow_run(folder):
    ((whole, status, _),) = mlflow_runs(folder / "threads")
    assert status == "FINISHED"
    with sqlite3.connect(folder / "threads" / "mlflow.db") as connection:
        words = "SELECT value FROM tags WHERE key = 'verdict' AND run_uuid = ?"
        assert connection.execute(words, [whole]).fetchone()
    later = mlflow_runs(folder / "stored")
    assert len(later) == 4  # the smoke run and three slices
    assert {status for _, status, _ in later} == {"FINISHED"}


def test_another_symbol_has_its_own_place(smoke, folder):
    places = {path.name for path in (folder / "stored/02_intermediate/trigger/local").iterdir()}
    assert places == {"synthetic-SYN", "synthetic-BTCUSDT", "synthetic-A+B"}
    old, kept = (
        root / f"02_intermediate/{PLACE}/bars.parquet" for root in (smoke.data_root, folder / "stored")
    )
    assert old.read_bytes() == kept.read_bytes()
