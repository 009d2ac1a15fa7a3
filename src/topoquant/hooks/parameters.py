"""Refuses runtime parameters, options and environments that cannot work, before any node runs."""

import difflib
from collections.abc import Iterator
from typing import Any

import click
from kedro.framework.context import KedroContext
from kedro.framework.hooks import hook_impl
from kedro.io import CatalogProtocol
from kedro.pipeline import Pipeline
from kedro.validation import ParameterValidationError

SOURCES = ("synthetic", "files", "binance")


class ParameterHooks:
    """Checks what was typed against what conf/base declares."""

    @hook_impl
    def after_context_created(self, context: KedroContext) -> None:
        """Refuse unknown switches, bad options and a device that is not there."""
        runtime = context.config_loader.runtime_params or {}
        declared = _declared(context)
        for name in _flat_names(runtime):
            _refuse_unknown(name, declared)
        try:
            parameters = context.params
        except ParameterValidationError as error:
            raise click.ClickException(_first_problem(str(error))) from None
        _refuse_source(parameters)
        if context.config_loader["globals"].get("device") == "cuda":
            _refuse_missing_gpu()

    @hook_impl
    def before_pipeline_run(self, pipeline: Pipeline, catalog: CatalogProtocol) -> None:
        """Refuse a partial run whose inputs were never made."""
        inputs = sorted(name for name in pipeline.inputs() if not name.startswith("params:"))
        missing = [
            name for name in inputs if name not in ("parameters", "provenance") and not catalog.exists(name)
        ]
        if missing:
            recipe = missing[0].split(".")[0]
            raise click.ClickException(
                f"inputs of this run must be stored already, got none of {', '.join(missing)}: "
                f"make them with the same --env and --params by kedro run --pipelines={recipe}"
            )


def _declared(context: KedroContext) -> dict[str, Any]:
    """Return the parameters as the files give them, without what was typed."""
    loader = type(context.config_loader)(
        conf_source=context.config_loader.conf_source,
        env=context.config_loader.env,
        base_env=context.config_loader.base_env,
        default_run_env=context.config_loader.default_run_env,
        merge_strategy=context.config_loader.merge_strategy,
    )
    return dict(loader["parameters"])


def _flat_names(tree: dict[str, Any], prefix: str = "") -> Iterator[str]:
    """Yield dotted names of the leaves."""
    for key, value in tree.items():
        if isinstance(value, dict) and value:
            yield from _flat_names(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}"


def _refuse_unknown(name: str, declared: dict[str, Any]) -> None:
    """Raise unless base declares `name`; a misspelt switch would otherwise change nothing, silently."""
    here: Any = declared
    for part in name.split("."):
        if not isinstance(here, dict) or part not in here:
            break
        here = here[part]
    else:
        return
    known = [*declared, *_flat_names(declared)]
    close = difflib.get_close_matches(name, known, n=3) or [
        key for key in declared if not isinstance(declared[key], dict)
    ]
    raise click.ClickException(
        f"--params {name} must be one of the declared parameters, got an unknown one: did you mean {', '.join(close)}?"
    )


def _first_problem(message: str) -> str:
    """Cut Kedro's list of validation problems down to name, reason and value of the first."""
    problems = [line.strip() for line in message.splitlines()[1:] if line.strip()]
    kept = [line for line in problems if not line.startswith("For further information")]
    return " ".join(kept[:4]).lstrip("- ") + " (see conf/base/parameters/recipes)"


def _refuse_source(parameters: dict[str, Any]) -> None:
    """Raise for switches that contradict each other."""
    source, path = parameters["source"], parameters["path"]
    if source not in SOURCES:
        raise click.ClickException(
            f"source must be one of {', '.join(SOURCES)}, got {source}: choose one of them"
        )
    if source == "files" and not path:
        raise click.ClickException(
            "path must be a file or folder when source=files, got none: add path=bars.parquet"
        )
    if source != "files" and path:
        raise click.ClickException(
            f"path must be left out when source={source}, got {path}: add source=files to read it"
        )
    if parameters["tuned"]:
        raise click.ClickException("tuned must be false, got true: no tuned options are stored yet")


def _refuse_missing_gpu() -> None:
    """Raise when the environment asks for a GPU that torch does not see."""
    import torch

    if not torch.cuda.is_available():
        raise click.ClickException(
            "--env=cuda must find a GPU, got none that torch can use: run with --env=local, which needs none"
        )
