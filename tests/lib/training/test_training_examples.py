"""What training offers is shown by an example that is run."""

import inspect

import pytest

from topoquant.lib import training

FUNCTIONS = [name for name in training.__all__ if inspect.isfunction(getattr(training, name))]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_public_function_has_an_example(name):
    assert ">>> " in inspect.getdoc(getattr(training, name))
