"""A run that is done is not repeated; one that failed says why; a page is made of what a run stored."""

import json

import pytest

from tests.studies.pages import fill
from tests.studies.plan import Run
from tests.studies.results import LAYERS, Results
from tests.studies.running import NODE, RECORD, _command, carry_out, is_done, read_record

ONE = Run(
    study="s",
    name="one",
    recipe="trigger",
    env="local",
    bars=None,
    switches={"seed": 1},
    then=(),
    about="a, b | c",
)
PAGE = """
{{ verdicts }}
{{ sizes }}
{{ models }}
{{ accuracy }}
{{ beside_lightgbm }}
{{ strategies }}
{{ auditor }}
{{ power }}
{{ flatness }}
{{ topology }}
{{ costs }}
{{ claimed }}
{{ commands }}
{{ processor_time }} {{ peak_memory }}
"""


def record(store, **changes):
    """A record as `carry_out` writes it."""
    place = ONE.place(store)
    place.mkdir(parents=True, exist_ok=True)
    written = {"code": "new", "words": ONE.commands(store), "revision": "abc", "commands": []} | changes
    (place / RECORD).write_text(json.dumps(written))


def test_a_run_is_done_by_the_same_words_and_code(tmp_path):
    assert not is_done(ONE, tmp_path, "new")
    record(tmp_path)
    assert is_done(ONE, tmp_path, "new")
    assert not is_done(ONE, tmp_path, "newer")
    record(tmp_path, words=[["--env=local", "--pipelines=trigger", "--params", "seed=2"]])
    assert not is_done(ONE, tmp_path, "new")


def test_a_run_that_fails_leaves_no_record(tmp_path, monkeypatch):
    record(tmp_path)

    def fail(*_):
        raise RuntimeError("stopped")

    monkeypatch.setattr("tests.studies.running._command", fail)
    with pytest.raises(RuntimeError, match="stopped"):
        carry_out(ONE, tmp_path, "new")
    assert read_record(ONE, tmp_path) is None


def test_the_line_of_a_node_is_read():
    found = NODE.search("x\n  trigger.make_tda_features                         14.2 s    1.2 GB\n")
    assert found.groupdict() == {"name": "trigger.make_tda_features", "seconds": "14.2", "gigabytes": "1.2"}


@pytest.mark.system
def test_a_refused_command_says_its_last_line(tmp_path):
    words = ["--env=local", "--pipelines=trigger", "--params", f"data_root={tmp_path},recpie=x"]
    with pytest.raises(RuntimeError, match="recpie"):
        _command(words, tmp_path / "trigger.log")


@pytest.mark.system
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
    took = {
        "pipeline": "trigger",
        "seconds": 61.0,
        "cpu_seconds": 50.0,
        "peak_bytes": 2_000_000_000,
        "nodes": nodes,
    }
    record(tmp_path, commands=[took])
    page = fill(PAGE, {"one": Results(ONE, tmp_path)})
    verdict = smoke.document("verdict.json")
    assert f"**{verdict['word']}**" in page
    assert f"**{verdict['headline']}**" in page
    assert "a, b \\| c" in page
    assert page.rstrip().endswith("50 s 2.0 GB")
    assert "{{" not in page
    auc = next(row["auc"] for row in smoke.document("model_scores.json") if row["name"] == "nbeats")
    assert f"{auc:.3f}".lstrip("0") in page
