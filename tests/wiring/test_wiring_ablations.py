"""What a recipe's ablation asks about is what the recipe makes, and its parts are of it."""

import pytest
from kedro.validation.parameter_validator import ParameterValidator

from topoquant.lib.ablation import FamilyColumns, define_parts
from topoquant.lib.indicators import columns_of
from topoquant.pipeline_registry import RECIPES

ABLATED = [(recipe, member) for recipe, one in RECIPES.items() for member in one.ablated]


@pytest.fixture(scope="module")
def parameters(registered, load_config):
    ablations = {"ablate": registered["ablate"]}
    return ParameterValidator(ablations).validate_raw_params(load_config("parameters", "base"))


@pytest.mark.parametrize(("recipe", "member"), ABLATED)
def test_it_is_fed_what_the_recipe_makes_and_no_test_row(registered, recipe, member):
    nodes = {node.name: node for node in registered["ablate"].nodes}
    node = nodes[f"{recipe}.ablate_{member}"]
    features = {name for name in node.inputs if ".features_" in name and not name.startswith("params:")}
    assert features <= registered[recipe].all_outputs()
    assert f"{recipe}.features_blind" in features
    assert not any("test_targets" in name for name in registered["ablate"].datasets())
    study = RECIPES[recipe]
    assert (study.members | study.baselines)[member].model == study.ablated[member].model


@pytest.mark.parametrize(("recipe", "member"), ABLATED)
def test_its_parts_are_of_families_it_is_fed_and_of_sets_the_recipe_asks_for(parameters, recipe, member):
    one = RECIPES[recipe].ablated[member]
    fed = [
        name
        for role in (one.sequence, one.static, one.window)
        for name in ([role] if isinstance(role, str) else role)
    ]
    columns = columns_of(parameters[recipe]["features_tabular"])
    sets = {name: [column.name for column in own] for name, own in columns.items()}
    names = {name: (f"{name}_column",) for name in (*fed, "blind")}
    names["tabular"] = tuple(name for own in sets.values() for name in own)
    families = {name: FamilyColumns("static", own, own) for name, own in names.items()}
    parts = define_parts(parameters[recipe]["ablation"].parts, families, sets, reference="blind")
    assert len(parts) >= 3
    assert {part.family for part in parts} == set(fed)


def test_every_recipe_of_labels_can_be_asked():
    assert {recipe for recipe, _ in ABLATED} == set(RECIPES) - {"horizons"}
