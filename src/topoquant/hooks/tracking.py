"""MLflow: options, metrics, figures and where they came from, for every run."""

import logging
import math
import warnings
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, cast

import click
import mlflow
from kedro.framework.context import KedroContext
from kedro.framework.hooks import hook_impl
from kedro.io import CatalogProtocol
from kedro.pipeline import Pipeline

from topoquant.datasets.tried import TriedDataset, trial_tags
from topoquant.hooks.fingerprints import FingerprintHooks
from topoquant.hooks.options import flatten, plain
from topoquant.hooks.summary import git_revision
from topoquant.lib.fingerprints import digest_of

if TYPE_CHECKING:
    from topoquant.datasets.plotly import AtomicPlotlyDataset

# kedro-mlflow defines a pyfunc model without type hints, and mlflow warns of it past every filter; nobody
# here logs such a model. Recording is the one way to keep it off the screen.
with warnings.catch_warnings(record=True):
    from kedro_mlflow.framework.hooks import MlflowHook

# Both set their own levels on import, whatever conf/logging.yml says.
for name in ("kedro_mlflow", "mlflow", "alembic"):
    logging.getLogger(name).setLevel(logging.WARNING)


class TrackingHooks(MlflowHook):
    """kedro-mlflow's hook, with typed options flattened and ordinary files sent as metrics and artifacts.

    A dataset is sent when its catalog entry says so: `metadata: {mlflow: metrics}`, `{mlflow: artifact}` or
    `{mlflow: figure}`, which sends a figure and its picture to the folder `figures`.
    """

    def __init__(self, fingerprints: FingerprintHooks) -> None:
        super().__init__()
        self._fingerprints = fingerprints
        self._env = "local"
        self._catalog: CatalogProtocol | None = None

    @hook_impl
    def after_context_created(self, context: KedroContext) -> None:
        """Close a run that an earlier session in this process left open, then set mlflow up."""
        while mlflow.active_run() is not None:
            mlflow.end_run()
        self._env = context.env or "local"
        super().after_context_created(context)

    @hook_impl
    def before_pipeline_run(
        self, run_params: dict[str, Any], pipeline: Pipeline, catalog: CatalogProtocol
    ) -> None:
        """Start the run and tag it with what it came from."""
        super().before_pipeline_run(run_params=run_params, pipeline=pipeline, catalog=catalog)
        self._catalog = catalog
        recipes = sorted({node.namespace.split(".")[0] for node in pipeline.nodes if node.namespace})
        self._prepare_log(pipeline, catalog)
        if self._is_mlflow_enabled:
            tags = {"git_revision": git_revision(), "environment": self._env, "recipe": "+".join(recipes)}
            mlflow.set_tags(tags)

    @hook_impl
    def after_dataset_saved(self, dataset_name: str, data: Any) -> None:  # noqa: ANN401
        """Send the dataset if its catalog entry asks for it."""
        if not self._is_mlflow_enabled:
            return
        assert self._catalog is not None  # noqa: S101 (set when the run started)
        dataset = self._catalog.get(dataset_name)
        wanted = (getattr(dataset, "metadata", None) or {}).get("mlflow")
        short = dataset_name.split(".", 1)[-1]
        if wanted == "metrics":
            mlflow.log_metrics(dict(_numbers(data, short)))
        elif wanted == "artifact":
            mlflow.log_artifact(str(dataset._filepath), artifact_path=short)
        elif wanted == "figure":
            figure = cast("AtomicPlotlyDataset", dataset)
            for path in (figure.picture, figure._filepath):
                mlflow.log_artifact(str(path), artifact_path="figures")
        if short == "verdict":
            mlflow.set_tags({"verdict": data["word"], "tradeable": data["tradeable"]})
        elif dataset_name.endswith(".trials"):
            # Test rows were scored: from here on the run counts, even if it fails. The views of a recipe
            # are tried on one market, so that they have one record.
            recipe = dataset_name.split(".", 1)[0]
            mlflow.set_tags(trial_tags(recipe, data["market"], data["own"]))
        elif short.startswith("walk_scores_"):
            recipe = dataset_name.removesuffix(f".{short}")
            mlflow.set_tags(trial_tags(recipe, data["market"], data["own"]))
        elif short.startswith("trials_"):
            recipe = dataset_name.removesuffix(f".{short}")
            tuned = self._catalog.load(f"{recipe}.tuned_{short.removeprefix('trials_')}")
            _record_search(recipe, tuned, data.to_dict("records"))

    def _prepare_log(self, pipeline: Pipeline, catalog: CatalogProtocol) -> None:
        """Tell the log of trials what this run tries, and that nothing is recorded where tracking is off."""
        for name in sorted(pipeline.inputs()):
            if name.endswith(".tried"):
                recipe = name.removesuffix(".tried")
                own = self._fingerprints.tried(recipe, pipeline)
                cast(TriedDataset, catalog.get(name)).prepare(own, tracked=self._is_mlflow_enabled)
                if not self._is_mlflow_enabled:
                    click.echo(f"  tracking is off: {recipe} counts the trials of this run alone", err=True)

    def _log_param(self, name: str, value: Any) -> None:  # noqa: ANN401
        for leaf, number in flatten({name: plain(value)}):
            super()._log_param(leaf, number)


def _numbers(tree: Any, prefix: str) -> Iterator[tuple[str, float]]:  # noqa: ANN401
    """Yield the finite numbers of a JSON document; a list of named rows is keyed by name."""
    if isinstance(tree, list):
        tree = {row["name"]: row for row in tree if isinstance(row, dict) and "name" in row}
    for name, value in flatten({prefix: tree}):
        if isinstance(value, bool) or not isinstance(value, int | float):
            continue
        if math.isfinite(value):
            # mlflow allows only these characters in names
            yield "".join(c if c.isalnum() or c in "_-./ " else "_" for c in name), float(value)


def _record_search(recipe: str, tuned: dict[str, Any], trials: list[dict[str, Any]]) -> None:
    """Record every new trial as a nested run: it is one more prediction that was tried on the market."""
    wanted = f"tags.study = '{tuned['study']}'"
    known = {run.data.tags["trial"] for run in mlflow.search_runs(filter_string=wanted, output_format="list")}
    for trial in trials:
        number = str(trial["number"])
        if number in known:
            continue
        values = {name: trial[name] for name in tuned["values"]}
        own = digest_of({"study": tuned["study"], **{name: repr(one) for name, one in values.items()}})
        with mlflow.start_run(run_name=f"{tuned['member']} trial {number}", nested=True):
            mlflow.log_params(values)
            mlflow.log_metrics(dict(_numbers({"loss": trial["loss"], "n_folds": trial["n_folds"]}, "trial")))
            mlflow.set_tags({"study": tuned["study"], "trial": number, "state": trial["state"]})
            mlflow.set_tags(trial_tags(recipe, tuned["market"], [own]))
