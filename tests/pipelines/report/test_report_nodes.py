"""Scores, verdict, page and last lines agree."""

import json

import pandas as pd
import pytest

from topoquant.lib.errors import InputError
from topoquant.lib.reporting import check_report
from topoquant.pipelines.report.nodes import stop_on_leak
from topoquant.pipelines.report.pipeline import FIGURES, LEARNING, OUTCOMES, WEIGHTS

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
    for name in (*FIGURES, *LEARNING, *OUTCOMES, *WEIGHTS):
        assert made(f"figure_{name}").data or name == "attention"
    assert "no member" in made("figure_attention").layout.annotations[0].text


def test_what_a_script_reads_says_what_the_page_says(made):
    document = made("training_report")
    check_report(document)
    assert document["verdict"] == made("verdict")
    assert [row["name"] for row in document["models"]] == [row["name"] for row in made("model_scores")]
    assert json.loads(json.dumps(document, allow_nan=False)) == document


def test_the_final_prediction_stands_beside_what_happened(made):
    rows, predictions = made("final_rows"), made("predictions_ensemble")
    test = predictions.loc[predictions["set"] == "test"].set_index(["symbol", "time"])
    assert len(rows) == made("model_scores")[0]["n"]
    same = test.loc[pd.MultiIndex.from_frame(rows[["symbol", "time"]]), "p_label"]
    assert (rows["p_label"].to_numpy() == same.to_numpy()).all()


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
