"""The line a person watches says what was found, what is left and how fast it goes."""

import re

import tqdm.std

from topoquant.progress import show


def test_work_that_was_found_done_is_said_and_left_out_of_the_rate(capsys):
    with show("features_tda")(100_000, "windows", done=90_000) as advance:
        advance(10_000)
    assert capsys.readouterr().err == (
        "  features_tda: 90,000 of 100,000 windows found, made by an earlier run\n"
    )
    with show("features_tda")(100_000, "windows") as advance:
        advance(100_000)
    assert capsys.readouterr().err == ""


def test_the_line_shows_rate_and_what_is_left(capsys, monkeypatch):
    clock = iter([0.0, 20.0, *[30.0] * 20])
    monkeypatch.setattr(tqdm.std, "time", lambda: next(clock))
    with show("features_tda")(3000, "windows", done=1000) as advance:
        advance(1000)
        advance(500)
    line = capsys.readouterr().err.splitlines()[1]
    assert re.search(r"2000/3000 \[00:30<00:20, 50\.00 windows/s\]", line), line
