"""The configuration and the registry, loaded once and never run."""

import warnings
from typing import Any

import pytest
from kedro.config import OmegaConfigLoader
from kedro.framework.project import configure_project, pipelines
from kedro.framework.startup import bootstrap_project
from kedro.pipeline import Pipeline


@pytest.fixture(scope="session")
def registered(project) -> dict[str, Pipeline]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what third parties deprecate while they are imported
        bootstrap_project(project)
        configure_project("topoquant")
        return dict(pipelines)


@pytest.fixture(scope="session")
def load_config(project):
    """Return a function (kind, environment) -> configuration."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from topoquant.settings import CONFIG_LOADER_ARGS

    def load(kind: str, environment: str) -> dict[str, Any]:
        return dict(
            OmegaConfigLoader(conf_source=str(project / "conf"), env=environment, **CONFIG_LOADER_ARGS)[kind]
        )

    return load
