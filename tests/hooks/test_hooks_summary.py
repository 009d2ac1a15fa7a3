"""The command that repeats a run is one that can be typed."""

import pytest

from topoquant.hooks.summary import SummaryHooks, flatten


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
    ],
)
def test_the_command_repeats_what_was_typed(run_params, command):
    assert SummaryHooks._command(run_params) == command


def test_flatten_keeps_empty_mappings():
    assert dict(flatten({"a": {"b": {}, "c": None}})) == {"a.b": {}, "a.c": None}
