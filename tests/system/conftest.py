"""One small run of the whole project, made once however many processes test, and what it left behind."""

import fcntl
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest

# Sizes that keep the whole way from bars to report under half a minute.
SMALL = {
    "n_rows": 300,
    "trigger.market.n_bars": 3000,
    "trigger.features_tda.windows": [96],
    "trigger.features_tda.n_bins": 10,
    "trigger.features_tda.n_layers": 2,
    "trigger.features_tda.n_jobs": 1,
    "trigger.nbeats.fit.n_epochs": 2,
    "trigger.lightgbm.options.n_trees": 30,
    "trigger.power.n_surrogates": 2,
    "trigger.power.n_injections": 1,
    "trigger.power.n_jobs": 1,
    "trigger.backtest.n_random": 50,
}
HERE = Path(__file__).parent


@dataclass(frozen=True)
class Run:
    """A finished command and the places it was given."""

    project: Path
    data_root: Path
    status: int
    stdout: str
    stderr: str

    def reporting(self, name: str) -> Path:
        """Path of a file of the last layer."""
        return self.data_root / "08_reporting/trigger/local/synthetic-SYN" / name

    def document(self, name: str) -> Any:
        """A JSON document of the last layer."""
        return json.loads(self.reporting(name).read_text())


def small(data_root: Path, more: str = "") -> str:
    """Value of `--params` for a small run that also has the switches of `more`."""
    sizes = ",".join(f"{key}={value}" for key, value in {"data_root": data_root, **SMALL}.items())
    return f"{sizes},{more}" if more else sizes


def environment() -> dict[str, str]:
    """Variables of a command: few threads, and no bytecode written into the project."""
    return {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONDONTWRITEBYTECODE": "1", "PYTHONUTF8": "1"}


def copy_project(project: Path, to: Path) -> Path:
    """Copy what a clean clone has and a run reads, as a repository of its own; code is linked."""
    to.mkdir(parents=True)
    shutil.copy(project / "pyproject.toml", to)
    shutil.copytree(project / "conf", to / "conf")
    (to / "src").mkdir()
    (to / "src" / "topoquant").symlink_to(project / "src" / "topoquant")
    git = ["git", "-c", "user.name=test", "-c", "user.email=test@localhost"]
    for words in (["init", "-q"], ["add", "-A"], ["commit", "-q", "-m", "as cloned"]):
        subprocess.run([*git, *words], cwd=to, check=True)
    return to


@pytest.fixture(scope="session")
def shared(tmp_path_factory, worker_id) -> Path:
    """A folder that all test processes of this session share."""
    base = tmp_path_factory.getbasetemp()
    folder = (base if worker_id == "master" else base.parent) / "system"
    folder.mkdir(exist_ok=True)
    return folder


@pytest.fixture(scope="session")
def once(shared) -> Callable[[str, Callable[[Path], dict[str, Any]]], dict[str, Any]]:
    """Return a function that lets the first test process make something and the others wait for it."""

    def run(name: str, make: Callable[[Path], dict[str, Any]]) -> dict[str, Any]:
        result = shared / f"{name}.json"
        with (shared / f"{name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not result.exists():
                result.write_text(json.dumps(make(shared / name)))
        return json.loads(result.read_text())

    return run


@pytest.fixture(scope="session")
def copied_project(project) -> Callable[[Path], Path]:
    """Return a function that copies the project to a folder, for a test that changes it."""
    return partial(copy_project, project)


@pytest.fixture(scope="session")
def smoke(project, once) -> Run:
    """The whole recipe, small, as a person runs it, in a copy of the project."""

    def make(folder: Path) -> dict[str, Any]:
        copy = copy_project(project, folder / "project")
        done = subprocess.run(
            [sys.executable, "-m", "kedro", "run", "--params", small(folder / "data")],
            cwd=copy, env=environment(), capture_output=True, text=True, timeout=1800, check=False,
        )  # fmt: skip
        return {
            "status": done.returncode,
            "stdout": done.stdout,
            "stderr": done.stderr,
            "folder": str(folder),
        }

    made = once("smoke", make)
    folder = Path(made.pop("folder"))
    run = Run(project=folder / "project", data_root=folder / "data", **made)
    assert run.status == 0, run.stderr[-3000:]
    return run


@pytest.fixture(scope="session")
def small_params() -> Callable[..., str]:
    """Return a function: a data root and more switches -> the value of `--params` for a small run."""
    return small


@pytest.fixture(scope="session")
def run_commands() -> Callable[..., dict[str, dict[str, Any]]]:
    """Return a function that runs several kedro commands in one process, in a project."""

    def run(commands: dict[str, list[str]], folder: Path, where: Path) -> dict[str, dict[str, Any]]:
        folder.mkdir(parents=True, exist_ok=True)
        asked, answered = folder / "commands.json", folder / "results.json"
        asked.write_text(json.dumps(commands))
        subprocess.run(
            [sys.executable, str(HERE / "run_commands.py"), str(asked), str(answered)],
            cwd=where, env=environment(), check=True, timeout=1800,
        )  # fmt: skip
        return json.loads(answered.read_text())

    return run


@pytest.fixture(scope="session")
def chromium() -> str:
    """Path of a Chromium; where CI has none, that is a failure."""
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if found := shutil.which(name):
            return found
    if os.environ.get("CI") == "true":
        pytest.fail("CI must have chromium, got none: apt-get install chromium")
    pytest.skip("no chromium on this machine")
