"""Refuses to load what is stale, leaves out what is fresh when asked to, and writes what made what."""

from dataclasses import asdict, replace
from typing import Any

import click
from kedro.framework.context import KedroContext
from kedro.framework.hooks import hook_impl
from kedro.framework.project import pipelines
from kedro.io import CatalogProtocol
from kedro.pipeline import Pipeline
from kedro.pipeline.node import Node

from topoquant.datasets.fingerprint import remove_record, write_record
from topoquant.hooks.commands import command_of
from topoquant.hooks.makers import Makers, Making
from topoquant.hooks.sources import Sources
from topoquant.hooks.trials import tried, walked

# Tags of what is about one member, and no part of a recipe.
ONE_MEMBER = {"tune", "walk_forward", "ablate"}
# A line names this many datasets; with more of them stale, the whole recipe is refreshed.
SHOWN = 3


class FingerprintHooks:
    """Writes a fingerprint beside every stored dataset and compares it before the dataset is loaded."""

    def __init__(self) -> None:
        self._sources = Sources()
        self._context: KedroContext | None = None
        self._makers: Makers | None = None
        self._makings: dict[str, Making] = {}
        self.n_nodes = 0
        self.chosen: dict[str, str] | None = None

    @hook_impl
    def after_context_created(self, context: KedroContext) -> None:
        """Keep the context: its configuration is read when the run starts."""
        self._context, self._sources.root = context, context.project_path

    # After ParameterHooks, before anything that writes.
    @hook_impl(tryfirst=True)
    def before_pipeline_run(
        self, run_params: dict[str, Any], pipeline: Pipeline, catalog: CatalogProtocol
    ) -> None:
        """Refuse a run that would load what is stale; find what is stale in it where that is asked."""
        assert self._context is not None  # noqa: S101 (Kedro makes the context first)
        parameters = dict(self._context.config_loader["parameters"])
        self._makers = Makers(dict(pipelines), catalog, parameters, self._sources)
        self._makings.clear()
        self.n_nodes, self.chosen = len(pipeline.nodes), None
        stale = {name: why for name in sorted(pipeline.inputs()) if (why := self._makers.reason(name))}
        if stale:
            raise click.ClickException(self._refusal(stale, run_params))
        if parameters["only_stale"]:
            self.chosen = self._makers.stale_part(pipeline)
        elif asked := {node.name: "for itself" for node in pipeline.nodes if ONE_MEMBER & node.tags}:
            # What it reads is made if need be; the search or the walk itself goes on from where it stopped.
            self.chosen = self._makers.stale_part(pipeline) | asked

    @hook_impl
    def before_node_run(self, node: Node) -> None:
        """Note what the node is given, and forget what made its outputs."""
        assert self._makers is not None  # noqa: S101 (set when the run started)
        if self.chosen is not None and node.name not in self.chosen:
            raise click.ClickException(
                f"only_stale must be run by kedro run, got another session that runs {node.name}: "
                "make it with topoquant.session.Session"
            )
        self._makings[node.name] = self._makers.making(node)
        for name in node.outputs:
            if path := self._makers.path(name):
                remove_record(path)

    @hook_impl
    def after_dataset_saved(self, dataset_name: str, node: Node) -> None:
        """Write the fingerprint beside the dataset."""
        assert self._makers is not None  # noqa: S101 (set when the run started)
        path = self._makers.path(dataset_name)
        if path is None:
            return
        making = self._makings[node.name]
        # Once more, for a node imports some of its code while it runs.
        made_by = replace(making.fingerprint, code=self._makers.marked(making.fingerprint.code))
        record = {
            "dataset": dataset_name,
            "node": node.name,
            "made_by": made_by.to_dict(),
            "files": {name: asdict(content) for name, content in making.files.items()},
        }
        write_record(path, record, self._makers.content(path))

    def tried(self, recipe: str, pipeline: Pipeline) -> tuple[str, ...]:
        """Return the fingerprints of the predictions that a run scores: of a walk, or of a whole recipe."""
        if self._makers is None:
            return ()
        found = walked(self._makers, recipe, pipeline) or tried(self._makers, recipe)
        return tuple(found.values())

    def announced(self) -> list[str]:
        """Say which nodes run because they are stale, and why."""
        chosen = self.chosen or {}
        return [
            f"  stale: {name} ({why})"
            for name, why in chosen.items()
            if not why.startswith(("after ", "for "))
        ]

    def said(self) -> str | None:
        """Say how much of the run was fresh, where it was asked to run only what is stale."""
        if self.chosen is None:
            return None
        if not self.chosen:
            return f"fresh   nothing is stale: {self.n_nodes} of {self.n_nodes} nodes were fresh, none ran"
        fresh = self.n_nodes - len(self.chosen)
        return (
            f"fresh   {fresh} of {self.n_nodes} nodes; {len(self.chosen)} were stale or came after, and ran"
        )

    def _refusal(self, stale: dict[str, str], run_params: dict[str, Any]) -> str:
        """Name one stale input, why it is stale, and the command that refreshes all of them."""
        first, why = next(iter(stale.items()))
        more = f" and {len(stale) - 1} more" if len(stale) > 1 else ""
        assert self._makers is not None  # noqa: S101 (set when the run started)
        nodes = {self._makers.by_output[name].name for name in stale}
        whole = next(
            name
            for name, pipeline in self._makers.pipelines.items()
            if name != "__default__" and nodes <= {node.name for node in pipeline.nodes}
        )
        outputs = tuple(stale) if len(stale) <= SHOWN else ()
        command = command_of(run_params, pipelines=[whole], to_outputs=outputs, switches={"only_stale": True})
        return (
            f"inputs of this run must be fresh, got {first}{more} made otherwise than it would be now "
            f"({why}): refresh by {command}"
        )
