"""The session of a run: what is about one member is cut down to it, and a runner leaves out what is fresh."""

from collections.abc import Iterable
from concurrent.futures import Executor
from typing import Any

import click
from kedro.framework.session import KedroSession
from kedro.io import CatalogProtocol
from kedro.pipeline import Pipeline
from kedro.runner import AbstractRunner, SequentialRunner
from pluggy import PluginManager

from topoquant.hooks import FINGERPRINTS
from topoquant.hooks.fingerprints import ONE_MEMBER
from topoquant.lib.errors import InputError, bad_input


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
        """Run a pipeline, or what is stale of it; of `tune`, `walk_forward`, `ablate` what `member` names."""
        named = {*(pipeline_names or ()), pipeline_name} - {None}
        if asked := sorted(named & ONE_MEMBER):
            _refuse_others(asked, sorted(map(str, named - ONE_MEMBER)))
            selection["to_nodes"] = selection.get("to_nodes") or [self._last_node(one) for one in asked]
        staged = StaleRunner(runner or SequentialRunner())
        return super().run(pipeline_name, pipeline_names, tags, staged, **selection)

    def _last_node(self, pipeline: str) -> str:
        """Name the last node about the member that was asked for."""
        from topoquant.pipeline_registry import last_node  # noqa: PLC0415 (imports every stage)

        try:
            return last_node(pipeline, (self.store.get("runtime_params") or {}).get("member"))
        except InputError as error:
            raise click.ClickException(str(error)) from None


def _refuse_others(asked: list[str], others: list[str]) -> None:
    """Raise for pipelines beside one that is about a member: they would be cut down to what it reads."""
    if others:
        error = bad_input(
            "--pipelines", f"{' and '.join(asked)} alone", f"{', '.join(others)} beside it",
            "run them one after the other",
        )  # fmt: skip
        raise click.ClickException(str(error))
