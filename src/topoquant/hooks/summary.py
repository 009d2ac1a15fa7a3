"""The last lines of a run: what the report stage summed up, with time and memory put in."""

import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
from kedro.framework.hooks import hook_impl
from kedro.io import CatalogProtocol
from kedro.pipeline import Pipeline

from topoquant.hooks.commands import command_of, pipelines_of
from topoquant.hooks.fingerprints import FingerprintHooks
from topoquant.hooks.options import plain
from topoquant.hooks.resources import ResourceHooks
from topoquant.lib.reporting import ablation_lines, report_line, search_lines, walk_lines


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

    def __init__(self, resources: ResourceHooks, fingerprints: FingerprintHooks) -> None:
        self._resources = resources
        self._fingerprints = fingerprints
        self._summary: dict[str, Any] | None = None
        self._summary_name = ""
        self._found: list[str] = []
        self._report: object = None
        self._revision = ""
        self._catalog: CatalogProtocol | None = None

    @hook_impl
    def before_pipeline_run(self, run_params: dict[str, Any], catalog: CatalogProtocol) -> None:
        """Say what is about to run, and put in the catalog where it comes from."""
        self._summary, self._catalog, self._revision = None, catalog, git_revision()
        self._found = []
        catalog["provenance"] = {
            "started": datetime.now(UTC).isoformat(timespec="seconds"),
            "revision": self._revision,
            "command": command_of(run_params),
            "env": run_params.get("env") or "local",
            "options": dict(plain(catalog.load("parameters"))),
        }
        names = " ".join(pipelines_of(run_params))
        click.echo(f"topoquant {names} (env {run_params.get('env') or 'local'})", err=True)
        for line in self._fingerprints.announced():
            click.echo(line, err=True)

    @hook_impl
    def after_dataset_saved(self, dataset_name: str, data: Any) -> None:  # noqa: ANN401
        """Keep the summary when it is made, and where the report went; a whole run's before a view's."""
        if dataset_name.endswith(".summary") and self._is_wider(dataset_name):
            self._keep(dataset_name, data)
        recipe, _, name = dataset_name.partition(".")
        if name.startswith("tuned_"):
            self._found = search_lines(data, recipe)
        if name.startswith("walk_scores_"):
            self._found = walk_lines(data)
        if name.startswith("ablation_findings_"):
            self._found = ablation_lines(data)

    @hook_impl(trylast=True)
    def after_pipeline_run(
        self, run_params: dict[str, Any], pipeline: Pipeline, catalog: CatalogProtocol
    ) -> None:
        """Print it."""
        fresh = self._fingerprints.said()
        times = "\n".join(filter(None, [self._times(), fresh]))
        if self._summary is None and fresh:
            self._load_kept(pipeline, catalog)
        if self._summary is None:
            click.echo("\n".join([times, *self._found]))
            return
        click.echo("\n".join([*self._summary["body"], times]))
        place = Path(str(self._report)).resolve()
        shown = place.relative_to(Path.cwd()) if place.is_relative_to(Path.cwd()) else place
        click.echo(report_line(str(shown), f"{command_of(run_params)}  (git {self._revision})"))
        click.echo("\n".join(self._summary["tail"]))

    def _load_kept(self, pipeline: Pipeline, catalog: CatalogProtocol) -> None:
        """Take the summary that an earlier run made and this one found fresh, where it was asked for."""
        for name in sorted(pipeline.all_outputs()):
            if name.endswith(".summary") and self._is_wider(name):
                self._keep(name, catalog.load(name))

    def _is_wider(self, name: str) -> bool:
        """Say whether a summary speaks of no less than the one that is kept."""
        return self._summary is None or name.count(".") <= self._summary_name.count(".")

    def _keep(self, name: str, summary: dict[str, Any]) -> None:
        """Keep a summary, and where its report lies."""
        self._summary, self._summary_name = summary, name
        if self._catalog is not None:
            self._report = self._catalog.get(f"{name.removesuffix('summary')}report")._filepath

    @hook_impl(tryfirst=True)
    def on_pipeline_error(
        self, run_params: dict[str, Any], pipeline: Pipeline, catalog: CatalogProtocol
    ) -> None:
        """Print it too where a run fails after its report: a leak stops a run, not its last lines.

        That of one view is no verdict on a run that failed before it had seen the others.
        """
        if self._summary is not None and self._summary_name.count(".") == 1:
            self.after_pipeline_run(run_params, pipeline, catalog)

    def _times(self) -> str:
        usage = self._resources.usage
        slowest = sorted(usage, key=lambda name: -usage[name].seconds)[:3]
        parts = ", ".join(f"{name.split('.', 1)[-1]} {usage[name].seconds:.0f} s" for name in slowest)
        minutes, seconds = divmod(round(self._resources.seconds), 60)
        peak = f"{self._resources.peak_bytes / 1e9:.1f} GB"
        return f"time    {minutes} min {seconds} s" + (f", peak {peak}; {parts}" if parts else "")
