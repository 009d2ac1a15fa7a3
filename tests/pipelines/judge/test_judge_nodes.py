"""A judge goes the whole way from a foreign table to the page, by the rules of a recipe."""

import pytest

from topoquant.pipeline_registry import JUDGES
from topoquant.schemas import JUDGED, PREDICTIONS, TABLES

WORDS = {"leak", "too_little_data", "flat_model", "no_edge", "edge"}


@pytest.fixture(scope="module")
def judged(judge, scored, tmp_path_factory):
    """One table of a notebook and one that says nothing, side by side."""
    folder = tmp_path_factory.mktemp("tables")
    scored.to_parquet(folder / "mean.parquet")
    scored.assign(score=scored["score"].sample(frac=1.0, random_state=0).to_numpy()).to_csv(
        folder / "noise.csv", index=False
    )
    return judge(f"{folder / 'mean.parquet'}+{folder / 'noise.csv'}")


def test_the_verdict_is_one_word_everywhere(judged):
    verdict, summary = judged["verdict"], judged["summary"]
    assert verdict["word"] in WORDS
    assert summary["tail"][-1].startswith(f"verdict: {verdict['word']} (")
    assert verdict["word"] in judged["report"]
    assert "Side by side" in judged["report"]


def test_datasets_keep_their_contracts(judged):
    TABLES.validate(judged["tables"])
    JUDGED.validate(judged["judged"])
    PREDICTIONS.validate(judged["predictions_ensemble"])


def test_the_verdict_is_about_the_table_chosen_on_val(judged):
    assert judged["verdict"]["numbers"]["member"] == judged["choices"]["final"]["name"]
    assert judged["choices"]["final"]["name"] in ("mean", "noise", "mean_table")
    roles = {row["name"]: row["role"] for row in judged["model_scores"]}
    assert roles["noise"] == "member"
    assert set(roles.values()) == {"naive", "member", "baseline"}


def test_the_last_lines_say_what_was_matched_and_how_the_two_differ(judged):
    body = judged["summary"]["body"]
    tables = [line for line in body if line.startswith("table ")]
    assert len(tables) == 2
    assert "test 386 of 386" in tables[0]
    (paired,) = [line for line in body if line.startswith("paired ")]
    assert "less noise: AUC" in paired


def test_every_finding_reaches_the_checks(judged):
    names = {one["name"] for one in judged["findings_tables"]}
    assert {"interval_overlap", "join_keys", "known bars, noise", "matched rows, noise"} <= names
    assert {one["status"] for one in judged["findings_tables"]} <= {"ok", "warning"}


def test_power_that_was_not_asked_for_is_not_measured(judged):
    assert "power   not measured" in judged["summary"]["body"]


@pytest.mark.system
def test_a_table_one_bar_early_is_flagged(judge, scored, bars, tmp_path):
    scored.assign(time=bars["open_time"].array).to_parquet(tmp_path / "early.parquet")
    found = {one["name"]: one for one in judge(tmp_path / "early.parquet")["findings_tables"]}
    assert found["known bars, early"]["status"] == "warning"
    assert "1 bar early" in found["known bars, early"]["finding"]


@pytest.mark.system
@pytest.mark.parametrize("name", [name for name in JUDGES if name != "judge"])
def test_every_kind_of_target_has_a_judge(judge, scored, tmp_path, name):
    scored.to_parquet(tmp_path / "score.parquet")
    answer = judge(tmp_path / "score.parquet", name)
    assert answer["verdict"]["word"] in WORDS - {"leak"}


def test_no_choice_descends_from_test_targets(registered):
    needed = (
        registered["judge"].to_outputs("judge.operating_point", "judge.judged", "judge.choices").datasets()
    )
    assert "judge.test_targets" not in needed
