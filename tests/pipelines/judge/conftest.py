"""Judges run node by node in memory, on tables that a test writes."""

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from kedro.validation.parameter_validator import ParameterValidator
from omegaconf import OmegaConf

from topoquant.datasets.tried import TrackedTrials
from topoquant.lib.bars import synthetic_bars

N_BARS = 2600
SMALL = {
    "market": {"n_bars": N_BARS},
    "lightgbm": {"options": {"n_trees": 10}},
    "volatility_lightgbm": {"options": {"n_trees": 10}},
    "audit": {"n_cuts": 1, "n_target_cuts": 4},
    "power": {"n_surrogates": 0, "n_injections": 0, "strengths": [0.3], "n_jobs": 1},
    "backtest": {"n_random": 20},
}


@pytest.fixture(scope="session")
def bars() -> pd.DataFrame:
    """The bars that a judge of the synthetic market makes."""
    return synthetic_bars("regime", n_bars=N_BARS, seed=7, interval="15m").bars


@pytest.fixture(scope="session")
def scored(bars) -> pd.DataFrame:
    """A table as a notebook would make it: an average of the returns known at `time`."""
    move = np.log(bars["close"] / bars["open"]).ewm(halflife=6).mean()
    return pd.DataFrame({"time": bars["open_time"] + pd.Timedelta("15min"), "score": move})


@pytest.fixture(scope="session")
def judge(registered, load_config, provenance, tmp_path_factory) -> Callable[..., dict[str, Any]]:
    """Return a function: path, name of the judge, its options -> every dataset of the run."""

    def run(path: Path | str, name: str = "judge", **options: Any) -> dict[str, Any]:
        given = {
            "path": str(path),
            "n_rows": 300,
            "data_root": "nowhere",
            name: OmegaConf.merge(SMALL, options),
        }
        raw = OmegaConf.to_container(OmegaConf.merge(load_config("parameters", "local"), given))
        typed = ParameterValidator({name: registered[name]}).validate_raw_params(raw)
        tried = TrackedTrials(name, tracked=False)
        known: dict[str, Any] = {"provenance": provenance, f"{name}.tried": tried}
        folders = [one for one in registered[name].inputs() if one.startswith(f"{name}.checkpoints_")]
        known |= {one: tmp_path_factory.mktemp("checkpoints") for one in folders}
        for node in registered[name].nodes:
            inputs = {
                one: value_at(typed, one.removeprefix("params:")) if one.startswith("params:") else known[one]
                for one in node.inputs
            }
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                known.update(node.run(inputs))
        return {key.removeprefix(f"{name}."): value for key, value in known.items()}

    return run


def value_at(tree: Any, name: str) -> Any:
    """The value of a dotted name."""
    for part in name.split("."):
        tree = tree[part]
    return tree
