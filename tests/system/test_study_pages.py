"""The page of a study is made of what a run stored, and a run that is refused says why."""

import json

import pytest

from tests.studies.pages import fill
from tests.studies.plan import Run
from tests.studies.results import LAYERS, Results
from tests.studies.running import NODE, RECORD, _command

pytestmark = pytest.mark.system
ONE = Run(
    study="study", name="one", recipe="trigger", env="local", bars=None, switches={"seed": 1}, then=(),
    about="a, b | c",
)  # fmt: skip
PAGE = """
{{ verdicts }}
{{ sizes }}
{{ models }}
{{ accuracy }}
{{ beside_lightgbm }}
{{ strategies }}
{{ auditor }}
{{ intervals }}
{{ power }}
{{ flatness }}
{{ topology }}
{{ costs }}
{{ claimed }}
{{ commands }}
{{ processor_time }} {{ peak_memory }}
"""


def test_a_refused_command_says_its_last_line(tmp_path):
    words = ["--env=local", "--pipelines=trigger", "--params", f"data_root={tmp_path},recpie=x"]
    with pytest.raises(RuntimeError, match=r"must end with 0, got 1.*recpie"):
        _command(words, tmp_path / "trigger.log")


def test_a_page_is_made_of_what_a_run_stored(tmp_path, smoke):
    place = ONE.place(tmp_path)
    place.mkdir(parents=True)
    for layer in LAYERS:
        (place / layer).symlink_to(smoke.data_root / layer)
    nodes = {
        found["name"]: {"seconds": float(found["seconds"]), "gigabytes": float(found["gigabytes"])}
        for found in NODE.finditer(smoke.stderr)
    }
    assert "trigger.make_tda_features" in nodes
    took = {"pipeline": "trigger", "seconds": 61.0, "cpu_seconds": 50.0, "peak_bytes": 2e9, "nodes": nodes}
    (place / RECORD).write_text(json.dumps({"revision": "abc", "commands": [took]}))
    page = fill(PAGE, {"one": Results(ONE, tmp_path)})
    verdict = smoke.document("verdict.json")
    assert f"**{verdict['word']}**" in page
    assert f"**{verdict['headline']}**" in page
    assert "a, b \\| c" in page
    assert page.rstrip().endswith("50 s 2.0 GB")
    auc = next(row["auc"] for row in smoke.document("model_scores.json") if row["name"] == "nbeats")
    assert f"{auc:.3f}".lstrip("0") in page
