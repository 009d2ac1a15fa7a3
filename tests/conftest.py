"""What every test may ask for: the project, its registry and configuration, and a person's own bars."""

import os
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

PROJECT = Path(__file__).parents[1]
# A script for another interpreter, with packages that are not here.
collect_ignore = ["benchmarks/peers.py"]


@pytest.fixture(scope="session")
def project() -> Path:
    """The root of the checkout."""
    return PROJECT


@pytest.fixture(scope="session")
def registered(project):
    """Every registered pipeline by name; nothing is run."""
    # Tests of lib start without Kedro.
    from kedro.framework.project import configure_project, pipelines
    from kedro.framework.startup import bootstrap_project

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what third parties deprecate while they are imported
        bootstrap_project(project)
        configure_project("topoquant")
        return dict(pipelines)


@pytest.fixture(scope="session")
def load_config(project) -> Callable[[str, str], dict[str, Any]]:
    """Return a function (kind, environment) -> configuration."""
    from kedro.config import OmegaConfigLoader

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from topoquant.settings import CONFIG_LOADER_ARGS

    def load(kind: str, environment: str) -> dict[str, Any]:
        conf = str(project / "conf")
        return dict(OmegaConfigLoader(conf_source=conf, env=environment, **CONFIG_LOADER_ARGS)[kind])

    return load


@pytest.fixture(scope="session")
def real_data() -> Path:
    """Folder of real bars, named by TOPOQUANT_DATA."""
    folder = os.environ.get("TOPOQUANT_DATA")
    if not folder:
        pytest.skip("TOPOQUANT_DATA names no folder of real bars")
    return Path(folder)
