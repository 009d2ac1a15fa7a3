"""What is stale is not loaded, and only what is stale is made again; what was tried is counted."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.system
PLACE = "trigger/local/synthetic-SYN"
REPORTING = f"08_reporting/{PLACE}"
# Every member can reach it.
EDITED = "lib/models/baselines.py"


@pytest.fixture(scope="module")
def runs(smoke, once, run_commands, small_params):
    def make(folder: Path) -> dict:
        stored = folder / "stored"
        shutil.copytree(smoke.data_root, stored)

        def params(more: str) -> str:
            return small_params(stored, more)

        trees = "trigger.lightgbm.options.n_trees=31"
        commands = {
            "fresh": ["run", "--params", params("only_stale=true")],
            "refused": ["run", "--pipelines=train_majority", "--params", params("trigger.label.horizon=5")],
            "trees": ["run", "--params", params(f"{trees},only_stale=true")],
            "again": ["run", "--pipelines=report", "--params", params(trees)],
            "misspelt": ["run", "--params", params("only_stale=yess")],
        }
        return {"folder": str(folder), **run_commands(commands, folder, smoke.project)}

    return once("stale", make)


@pytest.fixture(scope="module")
def stored(runs) -> Path:
    return Path(runs["folder"]) / "stored"


def nodes_run(stderr: str) -> set[str]:
    """Names of the nodes that a run says it ran."""
    lines = (line.split() for line in stderr.splitlines())
    return {words[0].split(".", 1)[1] for words in lines if words and words[0].startswith("trigger.")}


def test_nothing_runs_where_nothing_is_stale_and_the_last_lines_stand(smoke, runs):
    fresh = runs["fresh"]
    assert fresh["status"] == 0, fresh["stderr"][-3000:]
    assert nodes_run(fresh["stderr"]) == set()
    assert "nothing is stale" in fresh["stdout"]
    assert fresh["stdout"].strip().splitlines()[-1] == smoke.stdout.strip().splitlines()[-1]


def test_a_part_that_would_load_what_is_stale_is_refused_in_one_line(runs):
    refused = runs["refused"]
    assert refused["status"] == 1
    assert refused["stdout"].strip() == ""
    (line,) = refused["stderr"].strip().splitlines()
    assert "trigger.development_targets" in line
    assert "trigger.label.horizon 4 -> 5" in line
    command = line.split("refresh by ")[1]
    assert "--to-outputs=trigger.development_targets,trigger.splits" in command
    assert "only_stale=true" in command


def test_an_option_of_one_member_runs_it_and_what_comes_after(runs):
    trees = runs["trees"]
    assert trees["status"] == 0, trees["stderr"][-3000:]
    ran = nodes_run(trees["stderr"])
    assert {"lightgbm.train_lightgbm", "combine_members", "reach_verdict", "compose_report"} <= ran
    assert not {"ingest_bars", "nbeats.train_nbeats", "make_tda_features", "check_tabular"} & ran
    assert "trigger.lightgbm.options.n_trees 30 -> 31" in trees["stderr"]
    assert f"{len(ran)} were stale or came after" in trees["stdout"]
    assert trees["stdout"].strip().splitlines()[-1].startswith("verdict: ")


def test_trials_of_all_runs_on_a_market_are_counted_once(smoke, stored, runs):
    assert runs["again"]["status"] == 0, runs["again"]["stderr"][-3000:]
    first, last = (
        json.loads((root / REPORTING / "trials.json").read_text()) for root in (smoke.data_root, stored)
    )
    assert (first["n_runs"], first["n_trials"]) == (0, first["n_compared"])
    # The member and the ensemble are new; the same report again adds a run and nothing else.
    assert (last["n_runs"], last["n_trials"]) == (2, first["n_trials"] + 2)
    assert f"n_trials {last['n_trials']} " in runs["again"]["stdout"]
    assert json.loads((stored / REPORTING / "sharpe.json").read_text())["n_trials"] == last["n_trials"]
    assert "What was tried" in (stored / REPORTING / "report.html").read_text()


def test_a_switch_that_is_no_truth_value_is_refused(runs):
    assert runs["misspelt"]["status"] == 1
    assert "only_stale must be true or false, got yess" in runs["misspelt"]["stderr"]


def test_an_edit_of_code_is_noticed_and_one_of_words_is_not(smoke, project, small_params, tmp_path):
    shutil.copytree(smoke.data_root, tmp_path / "data")
    shutil.copytree(smoke.project, tmp_path / "project", symlinks=True)
    link = tmp_path / "project/src/topoquant"
    link.unlink()
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(smoke.project / "src/topoquant", link, ignore=ignored)

    def command(edit):
        file = link / EDITED
        file.write_text(edit(file.read_text()))
        words = ["run", "--nodes=trigger.combine_members", "--params", small_params(tmp_path / "data")]
        return subprocess.run(
            [sys.executable, "-m", "kedro", *words], cwd=tmp_path / "project",
            env=environment_of(tmp_path / "project/src"), capture_output=True, text=True, timeout=300,
        )  # fmt: skip

    said = command(lambda text: f'{text}\n# a remark\n"""and a longer one"""\n')
    assert said.returncode == 0, said.stderr[-3000:]
    changed = command(lambda text: text.replace("        return ", "        return 0 or ", 1))
    assert changed.returncode == 1, changed.stdout
    assert "code of topoquant.lib.models.baselines" in changed.stderr.strip().splitlines()[-1]


def environment_of(source: Path) -> dict[str, str]:
    """Variables of a command that takes the package from a folder."""
    return {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONDONTWRITEBYTECODE": "1", "PYTHONPATH": str(source)}
