"""Scores, verdict, page and last lines agree."""

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
