"""Options by dotted names."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from topoquant.lib.errors import InputError
from topoquant.lib.models import NBeatsOptions
from topoquant.lib.tuning import (
    ChoiceOptions,
    RangeOptions,
    Setup,
    check_space,
    current_values,
    replace_options,
)
from topoquant.lib.tuning.spaces import decode, encode

OPTIONS = NBeatsOptions(
    stacks=("trend", "generic"), n_blocks=1, n_layers=2, hidden=8, degree=2, n_harmonics=2, n_generic=4,
    n_features=8, input_dropout=0.0, dropout=0.0, encoders={"tda": 16},
)  # fmt: skip
SPACE = {
    "options.hidden": RangeOptions(low=8, high=64, step=8),
    "options.dropout": RangeOptions(low=0.0, high=0.5),
    "options.stacks": ChoiceOptions(choices=(["trend", "generic"], ["generic"])),
    "options.encoders.tda": ChoiceOptions(choices=(16, 32)),
}


def values():
    return st.fixed_dictionaries(
        {
            "options.hidden": st.integers(1, 8).map(lambda n: 8 * n),
            "options.dropout": st.floats(0.0, 0.5),
            "options.stacks": st.sampled_from(SPACE["options.stacks"].choices),
            "options.encoders.tda": st.sampled_from([16, 32]),
        }
    )


@given(values())
def test_what_is_replaced_is_what_is_there_and_nothing_else_changes(values):
    changed = replace_options(Setup(options=OPTIONS), values)
    found = current_values(changed, SPACE)
    assert {name: encode(one) for name, one in found.items()} == {n: encode(v) for n, v in values.items()}
    before = Setup(options=OPTIONS)
    assert replace_options(changed, current_values(before, SPACE)) == before


@given(values())
def test_a_database_gives_back_what_it_was_given(values):
    assert all(decode(SPACE[name], encode(value)) == value for name, value in values.items())


def test_options_outside_of_the_space_are_no_trial():
    assert current_values(Setup(options=OPTIONS), {"options.hidden": RangeOptions(low=16, high=64)}) is None
    off_grid = {"options.hidden": RangeOptions(low=1, high=65, step=2)}
    assert current_values(Setup(options=OPTIONS), off_grid) is None


def test_every_step_of_a_range_is_drawn_from_whatever_its_last_bit():
    space = {"options.dropout": RangeOptions(low=0.0, high=0.9, step=0.1)}
    for steps in range(10):
        setup = replace_options(Setup(options=OPTIONS), {"options.dropout": steps * 0.1})
        assert current_values(setup, space) == {"options.dropout": steps * 0.1}
        typed = float(f"0.{steps}")
        check_space("nbeats", setup, space, ({"options.dropout": typed},))


def test_a_value_of_the_wrong_kind_is_refused_by_name():
    with pytest.raises(InputError, match="hidden"):
        replace_options(Setup(options=OPTIONS), {"options.hidden": "many"})


@pytest.mark.parametrize(
    "wrong",
    [
        {"low": 2, "high": 1},
        {"low": 0, "high": 1, "log": True},
        {"low": 1, "high": 8, "log": True, "step": 1},
        {"low": 0.0, "high": 1.0, "step": 0.3},
        {"low": 1, "high": 8, "step": 2},
        {"low": 1, "high": 8, "step": 0.5},
        {"low": 1, "high": 8, "step": -1},
    ],
)  # fmt: skip
def test_a_range_without_a_meaning_is_refused(wrong):
    with pytest.raises(ValidationError):
        RangeOptions(**wrong)
