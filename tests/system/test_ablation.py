"""An ablation as a person asks for it, on what a run of the recipe left behind."""

import json
import shutil
from pathlib import Path

import pytest

pytestmark = pytest.mark.system
PLACE = "08_reporting/trigger/local/synthetic-SYN"


@pytest.fixture(scope="module")
def run(smoke, once, run_commands, small_params):
    def make(folder: Path) -> dict:
        shutil.copytree(smoke.data_root, folder / "data")
        params = small_params(folder / "data", "trigger.ablation.n_seeds=2")
        commands = {
            "first": ["run", "--pipelines=ablate", "--params", params],
            "tuned": ["run", "--pipelines=ablate", "--params", f"{params},tuned=true"],
            "beside": ["run", "--pipelines=ablate,trigger", "--params", params],
        }
        return {"folder": str(folder / "data"), **run_commands(commands, folder, smoke.project)}

    made = once("ablation", make)
    assert made["first"]["status"] == 0, made["first"]["stderr"][-3000:]
    return made


def test_it_makes_nothing_that_is_there_and_ends_with_what_it_found(run, smoke):
    lines = run["first"]["stdout"].strip().splitlines()
    assert any(line.startswith("fresh   8 of 10 nodes") for line in lines)
    assert lines[-1].startswith("all        beside volatility: ")
    folder = Path(run["folder"])
    found = json.loads((folder / PLACE / "ablation/lightgbm.json").read_text())
    assert [part["name"] for part in found["parts"]] == ["tabular", "tda", "complexity"]
    assert (folder / PLACE / "figure_ablation_lightgbm.png").read_bytes().startswith(b"\x89PNG")
    # The study it was asked beside is as it was.
    assert (folder / PLACE / "verdict.json").read_bytes() == smoke.reporting("verdict.json").read_bytes()


@pytest.mark.parametrize(
    ("command", "said"),
    [("tuned", "tuned must be left out of an ablation"), ("beside", "--pipelines must be ablate alone")],
)
def test_what_it_cannot_do_is_refused_in_one_line(run, command, said):
    assert run[command]["status"] != 0
    last = [line for line in run[command]["stderr"].strip().splitlines() if line.strip()][-1]
    assert said in last
