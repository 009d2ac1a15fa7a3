"""Commands that are shown are ones that can be typed."""

import shlex

import pytest

from topoquant.hooks.commands import command_of
from topoquant.hooks.options import flatten


@pytest.mark.parametrize(
    ("run_params", "command"),
    [
        ({}, "kedro run"),
        ({"pipeline_names": ["trigger"], "env": "cuda"}, "kedro run --pipelines=trigger --env=cuda"),
        (
            {
                "runtime_params": {"seed": 3, "trigger": {"label": {"horizon": 8}, "window": 64}},
                "env": "local",
            },
            "kedro run --params seed=3,trigger.label.horizon=8,trigger.window=64",
        ),
        (
            {"runtime_params": {"n_rows": None, "only_stale": True, "tuned": False}},
            "kedro run --params n_rows=null,tuned=false",
        ),
    ],
)
def test_the_command_repeats_what_was_typed(run_params, command):
    assert command_of(run_params) == command


def test_other_outputs_and_switches_take_their_place():
    command = command_of(
        {"pipeline_names": ["train_nbeats"], "runtime_params": {"seed": 3}},
        pipelines=["trigger"],
        to_outputs=["trigger.bars"],
        switches={"only_stale": True},
    )
    words = "kedro run --pipelines=trigger --to-outputs=trigger.bars --params seed=3,only_stale=true"
    assert command == words


def test_a_list_survives_the_shell():
    command = command_of({"runtime_params": {"windows": [4, 8]}})
    assert shlex.split(command)[-1] == "windows=[4, 8]"


def test_flatten_keeps_empty_mappings():
    assert dict(flatten({"a": {"b": {}, "c": None}})) == {"a.b": {}, "a.c": None}
