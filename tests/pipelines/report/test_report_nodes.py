"""Scores, verdict, page and last lines agree."""

import pytest

from topoquant.lib.errors import InputError
from topoquant.pipelines.report.nodes import stop_on_leak

WORDS = {"leak", "too_little_data", "flat_model", "no_edge", "edge"}


def test_the_verdict_is_one_word_everywhere(made):
    verdict, summary, page = made("verdict"), made("summary"), made("report")
    assert verdict["word"] in WORDS
    assert summary["tail"][-1].startswith(f"verdict: {verdict['word']}")
    assert sum(line.startswith("verdict: ") for line in summary["body"] + summary["tail"]) == 1
    assert verdict["word"] in page


def test_every_prediction_is_scored(made):
    names = {row["name"] for row in made("model_scores")}
    assert {"nbeats", "lightgbm", "majority", "ensemble"} <= names


def test_figures_are_drawn(made):
    for name in ("models", "calibration", "equity", "loss"):
        assert made(f"figure_{name}").data


def test_only_a_leak_fails_a_run_and_only_unless_asked_to_go_on():
    leak = {"word": "leak", "headline": "leak (out_of_fold)"}
    with pytest.raises(InputError, match=r"got leak \(out_of_fold\).*go_on_after_leak"):
        stop_on_leak(leak, "<html>", {}, go_on=False)
    stop_on_leak(leak, "<html>", {}, go_on=True)
    stop_on_leak({"word": "no_edge", "headline": "no_edge"}, "<html>", {}, go_on=False)


def test_the_run_is_failed_last_after_report_and_summary(registered):
    (last,) = (node for node in registered["trigger"].nodes if node.name.endswith("stop_on_leak"))
    assert {"trigger.report", "trigger.summary", "trigger.verdict"} <= set(last.inputs)
    assert not last.outputs


def test_calibration_is_shown_before_and_after(made):
    assert "The calibrator of the one prediction" in made("report")
    assert set(made("calibration_test")) == {"before", "after"}
