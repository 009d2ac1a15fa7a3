"""What agents are fed, and that their word is a member like the others."""

import pytest

from topoquant.pipeline_registry import RECIPES

RECIPE = RECIPES["barrier"]


def nodes_of(registered, name):
    return {one.short_name.split(".")[-1]: one for one in registered[name].nodes}


def test_each_agent_learns_and_sees_what_the_recipe_says(registered):
    nodes = nodes_of(registered, "barrier")
    assert "barrier.move_targets" in nodes["train_volatility"].inputs
    assert "barrier.development_targets" in nodes["train_trend"].inputs
    assert "barrier.features_residual" in nodes["train_mean_reversion"].inputs
    assert "barrier.features_tabular" not in nodes["train_mean_reversion"].inputs


def test_what_agents_say_together_is_joined_checked_and_scored(registered):
    nodes = nodes_of(registered, "barrier")
    assert {f"barrier.predictions_{name}" for name in RECIPE.agents} <= set(nodes["let_agents_speak"].inputs)
    for name in ("combine_members", "check_rows", "score_test_rows", "check_flat"):
        assert "barrier.predictions_agents" in nodes[name].inputs


@pytest.mark.parametrize("name", ["predictions_agents", "move_targets", "features_residual"])
def test_nothing_of_agents_needs_a_test_target(registered, name):
    needed = registered["barrier"].to_outputs(f"barrier.{name}").datasets()
    assert "barrier.test_targets" not in needed


def test_the_table_of_who_speaks_names_agents(load_config):
    options = load_config("parameters", "local")["barrier"]["agents"]
    heard = {name for names in options["speaks"].values() for name in names}
    assert heard | {options["sizer"]} == set(RECIPE.agents)
