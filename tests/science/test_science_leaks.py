"""Every planted leak is named by the check that should name it; honest variants raise no alarm."""

import pytest

from tests.science.clean import CLEAN, measure_clean
from tests.science.leaks import LEAKS, measure_leak
from tests.science.study import LABEL, STEP, assemble, combined, member, some_bars
from topoquant.lib.errors import InputError
from topoquant.lib.sampling import fold_rows
from topoquant.lib.validity import check_lineage


def test_the_bar_has_twelve_leaks_and_twenty_clean_variants():
    assert len(LEAKS) == 12
    assert len(CLEAN) == 20


@pytest.mark.parametrize("name", LEAKS)
def test_a_planted_leak_is_named(name):
    answer = measure_leak(name)
    assert answer["named"], answer["findings"]


@pytest.mark.parametrize("name", CLEAN)
def test_an_honest_variant_raises_no_alarm(name):
    assert measure_clean(name)["alarms"] == []


def test_folds_of_shuffled_rows_are_refused_before_anything_is_fitted():
    rows = assemble(some_bars()).samples.of_set("train").rows
    shuffled = rows.assign(fold=rows["fold"].sample(frac=1, random_state=0).to_numpy())
    with pytest.raises(InputError, match="fold 0"):
        fold_rows(shuffled, embargo=LABEL.horizon * STEP)


def test_a_threshold_made_of_test_targets_is_named_by_the_graph(registered):
    nodes = registered["trigger"].nodes
    parents: dict[str, set[str]] = {}
    for node in nodes:
        for output in node.outputs:
            parents[output] = {one for one in node.inputs if not one.startswith("params:")}
    fitted = ["trigger.operating_point", "trigger.predictions_nbeats", "trigger.choices"]
    assert check_lineage(parents, fitted, ["trigger.test_targets"]).status == "ok"
    parents["trigger.operating_point"] |= {"trigger.test_targets"}
    found = check_lineage(parents, fitted, ["trigger.test_targets"])
    assert found.status == "leak"
    assert found.finding.endswith("trigger.operating_point <- trigger.test_targets")


def test_what_the_checks_are_tried_on_is_what_the_project_makes():
    """The honest member's folds are those of the split, and the ensemble is no copy of a member."""
    predictions = member()
    assert predictions.groupby("fold")["model_hash"].nunique().max() == 1
    assert set(combined({"lightgbm": predictions, "majority": predictions})["set"]) == {
        "train",
        "val",
        "test",
    }
