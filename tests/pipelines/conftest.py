"""The stages of the default recipe, run node by node in memory on a small market."""

import warnings
from collections.abc import Callable
from typing import Any

import pytest
from kedro.pipeline import Pipeline
from kedro.validation.parameter_validator import ParameterValidator
from omegaconf import OmegaConf

from topoquant.datasets.tried import TrackedTrials
from topoquant.lib.topology import NoStore

SMALL = """
n_rows: 200
data_root: nowhere
trigger:
  market: {n_bars: 1500}
  features_tda: {windows: [48], n_bins: 10, n_layers: 2, n_jobs: 1}
  nbeats:
    options: {stacks: [generic], hidden: 8, n_features: 8}
    fit: {n_epochs: 1}
  lightgbm: {options: {n_trees: 10}}
  volatility_lightgbm: {options: {n_trees: 10}}
  audit: {n_cuts: 1, n_target_cuts: 4, n_blindness_rows: 200}
  power: {n_surrogates: 1, n_injections: 1, strengths: [0.3], n_jobs: 1}
  backtest: {n_random: 20}
"""


@pytest.fixture(scope="session")
def provenance() -> dict[str, Any]:
    """What a hook puts into the catalog."""
    return {
        "started": "2024-01-01T00:00:00+00:00",
        "revision": "abc1234",
        "command": "kedro run",
        "env": "local",
        "options": {},
    }


@pytest.fixture(scope="session")
def parameters(registered, load_config) -> dict[str, Any]:
    """Typed options, as Kedro hands them to nodes."""
    raw = OmegaConf.merge(load_config("parameters", "local"), OmegaConf.create(SMALL))
    return ParameterValidator(registered).validate_raw_params(OmegaConf.to_container(raw))


@pytest.fixture(scope="session")
def made(registered, parameters, provenance, tmp_path_factory) -> Callable[[str], Any]:
    """Return a function: name of a dataset of the recipe -> its data, made when first asked for."""
    recipe: Pipeline = registered["trigger"]
    producers = {output: node for node in recipe.nodes for output in node.outputs}
    known: dict[str, Any] = {
        "provenance": provenance,
        "trigger.features_tda_blocks": NoStore(),
        "trigger.tried": TrackedTrials("trigger", tracked=False),
    }
    folders = {one for one in recipe.inputs() if one.startswith("trigger.checkpoints_")}
    known |= {one: tmp_path_factory.mktemp("checkpoints") for one in folders}
    known |= {one: {} for one in recipe.inputs() if one.startswith("trigger.tuned_options_")}

    def load(name: str) -> Any:
        if name.startswith("params:"):
            here: Any = parameters
            for part in name.removeprefix("params:").split("."):
                here = here[part]
            return here
        if name not in known:
            node = producers[name]
            inputs = {one: load(one) for one in node.inputs}
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # lightning's remarks on small data
                known.update(node.run(inputs))
        return known[name]

    return lambda name: load(f"trigger.{name}")


@pytest.fixture(scope="session")
def run_beside(registered, parameters, made) -> Callable[..., dict[str, Any]]:
    """Return a function that runs a node of another pipeline on what the recipe made: its outputs by name."""

    def run(pipeline: str, node: str, **given: Any) -> dict[str, Any]:
        one = registered[pipeline].only_nodes(f"trigger.{node}").nodes[0]
        inputs = {}
        for name in one.inputs:
            short = name.removeprefix("params:").removeprefix("trigger.")
            if short in given:
                inputs[name] = given[short]
            elif name.startswith("params:"):
                here: Any = parameters
                for part in name.removeprefix("params:").split("."):
                    here = here[part]
                inputs[name] = here
            else:
                inputs[name] = made(short)
        return {name.removeprefix("trigger."): data for name, data in one.run(inputs).items()}

    return run
