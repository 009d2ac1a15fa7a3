"""Every member that can be searched has a space that its options accept."""

import pytest
from kedro.validation.parameter_validator import ParameterValidator

from topoquant.lib.tuning import Setup, check_space, current_values
from topoquant.pipeline_registry import RECIPES


@pytest.fixture(scope="module")
def parameters(registered, load_config):
    searched = {"tune": registered["tune"]}
    return ParameterValidator(searched).validate_raw_params(load_config("parameters", "base"))


@pytest.mark.parametrize(
    ("recipe", "member"), [(recipe, member) for recipe, one in RECIPES.items() for member in one.members]
)
def test_a_space_and_its_first_trials_are_what_the_options_accept(parameters, recipe, member):
    tuning = parameters[recipe]["tuning"]
    options = parameters[recipe][member]
    setup = Setup(**{name: options.get(name) for name in ("options", "fit", "selection")})
    check_space(member, setup, tuning.spaces.get(member, {}), tuning.first.get(member, ()))
    # The options as they are come first, so that what tuning is worth is known.
    assert current_values(setup, tuning.spaces[member]) is not None


@pytest.mark.parametrize("recipe", RECIPES)
def test_every_space_is_of_a_member(parameters, recipe):
    tuning = parameters[recipe]["tuning"]
    assert {*tuning.spaces, *tuning.first} <= set(RECIPES[recipe].members)
