"""The last lines of a run: what the report stage summed up, with time and memory put in."""

import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
from kedro.framework.hooks import hook_impl
from kedro.io import CatalogProtocol

from topoquant.hooks.options import flatten, plain
from topoquant.hooks.resources import ResourceHooks
from topoquant.lib.reporting import report_line


def git_revision() -> str:
    """Return the short revision of the code, marked when files were changed since, or 'no git'."""
    command = ["git", "describe", "--always", "--dirty", "--exclude=*"]
    try:
        done = subprocess.run(  # noqa: S603 (a fixed command)
            command, capture_output=True, text=True, check=True, timeout=5
        )
    except (OSError, subprocess.SubprocessError):
        return "no git"
    return done.stdout.strip()


class SummaryHooks:
    """Prints the summary dataset that the report stage saved, else what the run wrote and took."""

    def __init__(self, resources: ResourceHooks) -> None:
        self._resources = resources
        self._summary: dict[str, Any] | None = None
        self._report: object = None
        self._revision = ""
        self._catalog: CatalogProtocol | None = None

    @hook_impl
    def before_pipeline_run(self, run_params: dict[str, Any], catalog: CatalogProtocol) -> None:
        """Say what is about to run, and put in the catalog where it comes from."""
        self._summary, self._catalog, self._revision = None, catalog, git_revision()
        catalog["provenance"] = {
            "started": datetime.now(UTC).isoformat(timespec="seconds"),
            "revision": self._revision,
            "command": self._command(run_params),
            "env": run_params.get("env") or "local",
            "options": dict(plain(catalog.load("parameters"))),
        }
        names = run_params.get("pipeline_names") or [run_params.get("pipeline_name") or "__default__"]
        click.echo(f"topoquant {' '.join(names)} (env {run_params.get('env') or 'local'})", err=True)

    @hook_impl
    def after_dataset_saved(self, dataset_name: str, data: Any) -> None:  # noqa: ANN401
        """Keep the summary when it is made, and where the report went."""
        if dataset_name.endswith(".summary"):
            self._summary = data
        if dataset_name.endswith(".report") and self._catalog is not None:
            self._report = self._catalog.get(dataset_name)._filepath

    @hook_impl(trylast=True)
    def after_pipeline_run(self, run_params: dict[str, Any]) -> None:
        """Print it."""
        times = self._times()
        if self._summary is None:
            click.echo(times)
            return
        click.echo("\n".join([*self._summary["body"], times]))
        place = Path(str(self._report)).resolve()
        shown = place.relative_to(Path.cwd()) if place.is_relative_to(Path.cwd()) else place
        click.echo(report_line(str(shown), f"{self._command(run_params)}  (git {self._revision})"))
        click.echo("\n".join(self._summary["tail"]))

    def _times(self) -> str:
        usage = self._resources.usage
        slowest = sorted(usage, key=lambda name: -usage[name].seconds)[:3]
        parts = ", ".join(f"{name.split('.', 1)[-1]} {usage[name].seconds:.0f} s" for name in slowest)
        minutes, seconds = divmod(round(self._resources.seconds), 60)
        return f"time    {minutes} min {seconds} s, peak {self._resources.peak_bytes / 1e9:.1f} GB; {parts}"

    @staticmethod
    def _command(run_params: dict[str, Any]) -> str:
        names = run_params.get("pipeline_names") or [run_params.get("pipeline_name") or "__default__"]
        words = ["kedro run"]
        if names != ["__default__"]:
            words.append(f"--pipelines={','.join(names)}")
        if run_params.get("env") not in (None, "local"):
            words.append(f"--env={run_params['env']}")
        switches = run_params.get("runtime_params") or run_params.get("extra_params") or {}
        if switches:
            words.append("--params " + ",".join(f"{key}={value}" for key, value in flatten(switches)))
        return " ".join(words)
