"""`kedro run`, ending every failure in one line; Kedro finds this module by its name."""

import difflib
import traceback
from pathlib import Path
from typing import Any

import click
from kedro.framework.cli.project import run as kedro_run
from kedro.framework.project import pipelines

from topoquant.hooks.errors import refuse

RUNNERS = ("SequentialRunner", "ThreadRunner")


class RunCommand(click.Command):
    """Kedro's run command; what fails before or outside the hooks ends like what fails inside."""

    def invoke(self, ctx: click.Context) -> Any:  # noqa: ANN401 (whatever the run returns)
        """Refuse unknown pipelines and other runners, then run."""
        refuse_unknown_pipelines(
            [ctx.params["pipeline"]] if ctx.params["pipeline"] else ctx.params["pipelines"]
        )
        refuse_other_runner(ctx.params["runner"])
        try:
            return super().invoke(ctx)
        except (click.exceptions.Exit, click.Abort):
            raise
        except Exception as error:  # noqa: BLE001 (the outermost place: a person reads one line)
            if selects_nothing(error):
                message = f"{str(error).rstrip('.')}: kedro registry describe lists what a pipeline has"
                raise click.ClickException(message) from None
            raise refuse(error) from None


def selects_nothing(error: Exception) -> bool:
    """Whether this is Kedro's answer to names of nodes, tags or namespaces that a pipeline lacks."""
    raised_in = Path(traceback.extract_tb(error.__traceback__)[-1].filename)
    return isinstance(error, ValueError) and raised_in.parts[-3:-1] == ("kedro", "pipeline")


def refuse_unknown_pipelines(names: list[str]) -> None:
    """Raise for a pipeline that is not registered."""
    known = list(pipelines.keys())
    for name in names:
        if name not in known:
            close = difflib.get_close_matches(name, known, n=3, cutoff=0.4) or known
            raise click.ClickException(
                f"--pipelines must be registered, got {name}: did you mean {', '.join(close)}?"
            )


def refuse_other_runner(name: str | None) -> None:
    """Raise for runners under which parallel work inside a node hangs, or one run becomes several."""
    if name and name.rsplit(".", 1)[-1] not in RUNNERS:
        raise click.ClickException(
            f"--runner must be one of {', '.join(RUNNERS)}, got {name}: "
            "leave it out, work is parallel inside nodes (n_jobs)"
        )


@click.group(name="topoquant")
def cli() -> None:
    """Commands of the project."""


run = RunCommand(name="run", params=kedro_run.params, callback=kedro_run.callback, help=kedro_run.help)
cli.add_command(run)
