"""Every horizon goes through the stages as a recipe of direction does, and shares what it must."""

import re

import pytest
from kedro.validation.type_extractor import TypeExtractor

from topoquant.lib.labeling import DirectionOptions, LogReturnOptions
from topoquant.lib.validity import check_lineage
from topoquant.pipeline_registry import RECIPES

RECIPE = RECIPES["horizons"]
VIEWS = [f"logret_{horizon}" for horizon in RECIPE.horizons]
FITTED = re.compile(
    r"\.(model_(?!scores$)|predictions_|training_(?!report$)|choices$|operating_point$|target$|scales$)"
)


@pytest.fixture(scope="module")
def nodes(registered):
    return {node.name: node for node in registered["horizons"].nodes}


def own(nodes, view: str) -> dict[str, object]:
    """Nodes of a view that are no training, by their names alone."""
    begin = f"horizons.{view}."
    return {
        name.removeprefix(begin): node
        for name, node in nodes.items()
        if name.startswith(begin) and "train" not in node.tags
    }


def test_a_view_has_the_nodes_of_a_recipe(nodes, registered):
    direction = {
        node.name.removeprefix("direction."): node
        for node in registered["direction"].nodes
        if node.tags & {"label", "ensemble", "backtest", "report"}
    }
    # What ends the run is there once; nothing is left out else.
    expected = set(direction) - {"stop_on_leak"}
    for view in VIEWS:
        assert expected <= set(own(nodes, view))
        for name in expected:
            assert own(nodes, view)[name].func.__code__ is direction[name].func.__code__, name


@pytest.mark.parametrize("view", VIEWS)
def test_a_view_shares_all_but_its_target_its_combining_and_its_fits(nodes, view):
    begin = f"horizons.{view}."
    read = {name for node in own(nodes, view).values() for name in node.inputs}
    parameters = {name for name in read if name.startswith(f"params:{begin}")}
    assert parameters == {f"params:{begin}label", f"params:{begin}ensemble"}
    assert {"horizons.bars", "horizons.splits", "horizons.features_tabular", "horizons.tried"} <= read
    own_elsewhere = {"params:horizons.label", "params:horizons.ensemble"}
    assert not {"horizons.development_targets", "horizons.test_targets", *own_elsewhere} & read


def test_losses_of_a_view_move_weights_by_one_over_its_horizon(load_config):
    parameters = load_config("parameters", "local")
    study, usual = parameters["horizons"], parameters["trigger"]["ensemble"]
    assert "ensemble" not in study
    for view, horizon in zip(VIEWS, RECIPE.horizons, strict=True):
        assert study[view]["label"] == {"horizon": horizon}
        own = study[view]["ensemble"]
        rate = own["adaptation"].pop("rate")
        assert rate == pytest.approx(1 / horizon, rel=1e-4)
        assert own | {"adaptation": own["adaptation"] | {"rate": usual["adaptation"]["rate"]}} == usual


def test_members_read_the_values_and_views_the_directions(registered):
    found = TypeExtractor({"horizons": registered["horizons"]}).extract_types_from_pipelines()
    assert found["horizons.label"] is LogReturnOptions
    assert {found[f"horizons.{view}.label"] for view in VIEWS} == {DirectionOptions}


def test_nothing_fitted_descends_from_test_targets_of_any_horizon(registered):
    parents = {output: set(node.inputs) for node in registered["horizons"].nodes for output in node.outputs}
    fitted = [name for name in parents if FITTED.search(name)]
    tests = [name for name in parents if name.endswith(".test_targets")]
    assert len(tests) == 1 + len(VIEWS)
    assert len(fitted) > 60
    check = check_lineage(parents, fitted, tests)
    assert check.status == "ok", check.finding
    assert check_lineage(parents, ["horizons.verdict"], tests).status == "leak"


def test_the_run_has_one_verdict_one_page_and_one_end(nodes):
    assert "horizons.stop_on_leak" in nodes
    assert {f"horizons.{view}.verdict" for view in VIEWS} <= set(nodes["horizons.judge_run"].inputs)
    assert nodes["horizons.stop_on_leak"].inputs[:1] == ["horizons.verdict"]
