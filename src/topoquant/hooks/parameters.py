"""Refuses runtime parameters, options and environments that cannot work, before any node runs."""

import difflib
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click
from kedro.framework.context import KedroContext
from kedro.framework.hooks import hook_impl
from kedro.io import CatalogProtocol
from kedro.pipeline import Pipeline
from kedro.validation import ParameterValidationError

from topoquant.hooks.member_refusals import refuse_ablation, refuse_untuned, refuse_walk
from topoquant.hooks.options import flatten
from topoquant.lib.bars.request import SOURCES
from topoquant.lib.errors import InputError

# Views of a recipe of several horizons are called logret_<horizon>.
VIEW = "logret_"
# One problem as pydantic words it, inside Kedro's sentence about the parameter.
_PROBLEM = re.compile(
    r"for parameter '(?P<options>[\w.]+)'.*?\n(?P<field>\S+)\n"
    r"\s+(?P<reason>.+?) \[type=\w+, input_value=(?P<got>.*), input_type"
)
# What an options class refuses by a rule of its own, in its own words.
_REFUSAL = re.compile(
    r"for parameter '(?P<options>[\w.]+)'.*?\n(?:(?P<field>\S+)\n)?\s+Value error, "
    r"(?P<said>.+?) \[type=value_error"
)


class ParameterHooks:
    """Checks what was typed against what conf/base declares."""

    # First of all hooks: what is refused here has written nothing, not even a run in mlflow.
    @hook_impl(tryfirst=True)
    def after_context_created(self, context: KedroContext) -> None:
        """Refuse unknown switches, bad options and a device that is not there."""
        _refuse_environment(context)
        if typed := [name for name, _ in flatten(context.config_loader.runtime_params or {})]:
            # In this order: the last loader made is the one that `${globals:...}` asks from here on.
            base = _declared(context, context.config_loader.base_env)
            declared = _declared(context, context.env)
            for name in typed:
                if not _is_open(name, base):
                    _refuse_unknown(name, declared)
        try:
            parameters = context.params
        except ParameterValidationError as error:
            raise click.ClickException(_first_problem(str(error))) from None
        _refuse_source(parameters, context.config_loader["globals"]["symbol"])
        _refuse_views(context.config_loader["parameters"])
        if context.config_loader["globals"].get("device") == "cuda":
            _refuse_missing_gpu()

    @hook_impl(tryfirst=True)
    def before_pipeline_run(
        self, pipeline: Pipeline, catalog: CatalogProtocol, run_params: dict[str, Any]
    ) -> None:
        """Refuse a partial run whose inputs were never made."""
        inputs = sorted(name for name in pipeline.inputs() if not name.startswith("params:"))
        missing = [
            name for name in inputs if name not in ("parameters", "provenance") and not catalog.exists(name)
        ]
        if missing:
            recipe = missing[0].split(".")[0]
            shown = ", ".join(missing[:3]) + (f" and {len(missing) - 3} more" if len(missing) > 3 else "")
            raise click.ClickException(
                f"inputs of this run must be stored already, got none of {shown}: "
                f"make them with the same --env and --params by kedro run --pipelines={recipe}"
            )
        _refuse_paths(pipeline.inputs(), catalog)
        refuse_untuned(pipeline.inputs(), catalog, run_params)
        refuse_walk(pipeline, catalog)
        refuse_ablation(pipeline, catalog)
        if "params:dask_address" in pipeline.inputs():
            _refuse_missing_cluster(catalog.load("params:dask_address"))
        if "params:export_onnx" in pipeline.inputs() and catalog.load("params:export_onnx"):
            _refuse_missing_exporter()


def _declared(context: KedroContext, env: str | None) -> dict[str, Any]:
    """Return the parameters as the files of an environment give them, without what was typed."""
    loader = type(context.config_loader)(
        conf_source=context.config_loader.conf_source,
        env=env,
        base_env=context.config_loader.base_env,
        default_run_env=context.config_loader.default_run_env,
        merge_strategy=context.config_loader.merge_strategy,
    )
    return dict(loader["parameters"])


def _refuse_environment(context: KedroContext) -> None:
    """Raise unless conf has a folder for the environment."""
    conf = Path(context.config_loader.conf_source)
    known = sorted(path.name for path in conf.iterdir() if path.is_dir() and path.name != "base")
    if context.env and context.env not in known:
        raise click.ClickException(
            f"--env must be one of {', '.join(known)}, got {context.env}: "
            f"choose one of them, or make {conf / context.env}"
        )


def _is_open(name: str, base: dict[str, Any]) -> bool:
    """Say whether `name` lies in what base leaves empty: a person's own keys, or a block that is absent.

    Of a block with options of its own the types then say what may be in it.
    """
    here: Any = base
    for part in name.split("."):
        if not isinstance(here, dict) or part not in here:
            return here is None or here == {}
        here = here[part]
    return False


def _refuse_unknown(name: str, declared: dict[str, Any]) -> None:
    """Raise unless base declares `name`; a misspelt switch would otherwise change nothing, silently."""
    here: Any = declared
    for part in name.split("."):
        if not isinstance(here, dict) or part not in here:
            break
        here = here[part]
    else:
        return
    known = dict.fromkeys([*declared, *(key for key, _ in flatten(declared))])
    close = difflib.get_close_matches(name, known, n=3) or [
        key for key in declared if not isinstance(declared[key], dict)
    ]
    raise click.ClickException(
        f"--params {name} must be one of the declared parameters, got an unknown one: "
        f"did you mean {', '.join(close)}?"
    )


def _first_problem(message: str) -> str:
    """Cut Kedro's list of validation problems down to name, allowed and got of the first."""
    refused, found = _REFUSAL.search(message), _PROBLEM.search(message)
    if refused is not None and (found is None or refused.start() <= found.start()):
        place = ".".join(filter(None, (refused["options"], refused["field"])))
        return f"{place}: {refused['said']}"
    if found is None:
        return f"options must fit their types, got {' '.join(message.split())}: correct the option"
    reason = found["reason"].split(", unable")[0].removeprefix("Input should be ")
    reason = {"Field required": "given", "Unexpected keyword argument": "a known option"}.get(reason, reason)
    return (
        f"{found['options']}.{found['field']} must be {reason}, got {found['got']}: "
        "correct it in --params or in conf/base/parameters/recipes"
    )


def _refuse_source(parameters: dict[str, Any], made_up: str) -> None:
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
    if source != "synthetic" and parameters["symbol"] == made_up:
        raise click.ClickException(
            f"symbol must be named when source={source}, got {made_up}, the synthetic market's: "
            "add symbol=BTCUSDT"
        )
    if not isinstance(parameters["only_stale"], bool):
        raise click.ClickException(
            f"only_stale must be true or false, got {parameters['only_stale']}: write only_stale=true"
        )
    if not isinstance(parameters["tuned"], bool | str):
        raise click.ClickException(
            f"tuned must be true, false or names of members joined by +, got {parameters['tuned']}: "
            "write tuned=true"
        )


def _refuse_views(parameters: Mapping[str, Any]) -> None:
    """Raise for a recipe whose horizons are not those of its views: a view without a forecast has no rows."""
    for recipe, block in parameters.items():
        label = block.get("label") if isinstance(block, dict) else None
        if not isinstance(label, dict) or "horizons" not in label:
            continue
        views = {name: one["label"]["horizon"] for name, one in block.items() if name.startswith(VIEW)}
        said = ""
        if wrong := next((name for name, horizon in views.items() if name != f"{VIEW}{horizon}"), None):
            said = f"{wrong}.label.horizon must be {wrong.removeprefix(VIEW)}, as the view is called"
            said += f", got {views[wrong]}"
        elif views and sorted(label["horizons"]) != sorted(views.values()):
            known = ", ".join(map(str, sorted(views.values())))
            said = f"label.horizons must be {known}, one per view, got {label['horizons']}"
        elif views and label["reference"] != "open":
            said = f"label.reference must be open, which views are measured from, got {label['reference']}"
        if said:
            raise click.ClickException(
                f"{recipe}.{said}: keep it, or change the horizons of RECIPES[{recipe!r}], label and views"
            )


def _refuse_paths(inputs: set[str], catalog: CatalogProtocol) -> None:
    """Raise for files that this run would not read, or would take for something else."""
    source, path, bars = (
        catalog.load(name) if name in catalog else None
        for name in ("params:source", "params:path", "params:bars")
    )
    said = ""
    if not any(name.removeprefix("params:").startswith("judge") for name in inputs):
        if source not in (None, "files") and path:
            said = f"path must be left out when source={source}, got {path}: add source=files to read it"
        elif bars:
            said = f"bars must be left out but for a judge, got {bars}: name them with path"
    elif "params:path" in inputs and not path:
        said = "path must be a file of predictions, or several with + between, got none: add path=p.parquet"
    elif source == "files" and not bars:
        said = (
            "bars must be a file or folder when a judge has source=files, got none: "
            "add bars=bars.parquet, for path names the predictions"
        )
    elif source != "files" and bars:
        said = f"bars must be left out when source={source}, got {bars}: add source=files to read them"
    if said:
        raise click.ClickException(said)


def _refuse_missing_gpu() -> None:
    """Raise when the environment asks for a GPU that torch does not see."""
    import torch  # noqa: PLC0415 (takes seconds, and only this environment needs it)

    if not torch.cuda.is_available():
        raise click.ClickException(
            "--env=cuda must find a GPU, got none that torch can use: run with --env=local, which needs none"
        )


def _refuse_missing_cluster(address: str | None) -> None:
    """Raise when a Dask cluster is asked for that nobody can reach, or that has no workers."""
    if address is None:
        return
    from topoquant.lib.executors import connect  # noqa: PLC0415 (few runs need it)

    try:
        with connect(address):
            pass
    except InputError as error:
        raise click.ClickException(str(error)) from None


def _refuse_missing_exporter() -> None:
    """Raise when models are to be exported without the packages for it: training comes first, and is long."""
    from topoquant.lib.training.onnx_packages import check_onnx_packages  # noqa: PLC0415 (few runs need it)

    try:
        check_onnx_packages()
    except InputError as error:
        raise click.ClickException(str(error)) from None
