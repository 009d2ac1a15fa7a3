"""The session of a run: with `only_stale=true` its runner leaves out what is fresh."""

from collections.abc import Iterable
from concurrent.futures import Executor
from typing import Any

from kedro.framework.session import KedroSession
from kedro.io import CatalogProtocol
from kedro.pipeline import Pipeline
from kedro.runner import AbstractRunner, SequentialRunner
from pluggy import PluginManager

from topoquant.hooks import FINGERPRINTS


class StaleRunner(AbstractRunner):
    """Hands another runner the nodes to run, as Kedro's runners do for `--only-missing-outputs`."""

    def __init__(self, runner: AbstractRunner) -> None:
        super().__init__()
        self._runner = runner

    def run(
        self,
        pipeline: Pipeline,
        catalog: CatalogProtocol,
        hook_manager: PluginManager | None = None,
        run_id: str | None = None,
        only_missing_outputs: bool = False,
    ) -> dict[str, Any]:
        """Run the part that the hooks found stale, or the whole."""
        if FINGERPRINTS.chosen is not None:
            pipeline = pipeline.only_nodes(*FINGERPRINTS.chosen)
        if not pipeline.nodes:
            return {}
        return self._runner.run(pipeline, catalog, hook_manager, run_id, only_missing_outputs)

    def _get_executor(self, max_workers: int) -> Executor | None:
        return self._runner._get_executor(max_workers)

    def _run(self, *arguments: Any, **named: Any) -> None:  # noqa: ANN401 (handed on)
        self._runner._run(*arguments, **named)


class Session(KedroSession):
    """Kedro's session."""

    def run(
        self,
        pipeline_name: str | None = None,
        pipeline_names: list[str] | None = None,
        tags: Iterable[str] | None = None,
        runner: AbstractRunner | None = None,
        **selection: Any,  # noqa: ANN401 (handed on)
    ) -> dict[str, Any]:
        """Run a pipeline, or what is stale of it."""
        staged = StaleRunner(runner or SequentialRunner())
        return super().run(pipeline_name, pipeline_names, tags, staged, **selection)
