"""A run that is done is not repeated, and one that failed leaves no record."""

import json

import pytest

from tests.studies.plan import Run
from tests.studies.running import NODE, RECORD, carry_out, is_done, read_record

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
