"""Time and memory: refuses a job larger than the container, and measures every node."""

import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click
import psutil
from kedro.framework.hooks import hook_impl
from kedro.io import CatalogProtocol
from kedro.pipeline.node import Node

from topoquant.hooks.options import plain
from topoquant.lib.sampling.feasibility import estimate_memory, refuse_infeasible

CGROUP_LIMITS = (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"))


@dataclass
class Usage:
    """What one node took, loading and saving included."""

    started: float
    seconds: float = 0.0
    peak_bytes: int = 0
    unsaved: set[str] = field(default_factory=set)


def memory_limit() -> int:
    """Return the container's memory limit in bytes: the host's memory where no cgroup sets less."""
    limits = [psutil.virtual_memory().total]
    for path in CGROUP_LIMITS:
        text = path.read_text().strip() if path.exists() else "max"
        if text.isdigit():
            limits.append(int(text))
    return min(limits)


class ResourceHooks:
    """Samples memory of this process and its children five times a second while nodes run."""

    def __init__(self) -> None:
        self.usage: dict[str, Usage] = {}
        self.started = time.perf_counter()
        self._running: set[str] = set()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def seconds(self) -> float:
        """Wall time since the run started."""
        return time.perf_counter() - self.started

    @property
    def peak_bytes(self) -> int:
        """Largest resident memory seen, children included."""
        return max((usage.peak_bytes for usage in self.usage.values()), default=0)

    @hook_impl
    def before_pipeline_run(self) -> None:
        """Start the sampling thread; the clock runs from the start of the process."""
        self.usage.clear()
        self._running.clear()
        self.started = time.perf_counter() - (time.time() - psutil.Process().create_time())
        self._stop.clear()
        self._thread = threading.Thread(target=self._sample, daemon=True)
        self._thread.start()

    @hook_impl
    def after_pipeline_run(self) -> None:
        """Stop sampling."""
        self._end()

    @hook_impl
    def on_pipeline_error(self) -> None:
        """Stop sampling."""
        self._end()

    @hook_impl
    def before_node_run(self, node: Node) -> None:
        """Open the account of a node."""
        self.usage[node.name] = Usage(time.perf_counter(), unsaved=set(node.outputs))
        self._running.add(node.name)

    @hook_impl
    def after_node_run(self, node: Node, outputs: dict[str, Any], catalog: CatalogProtocol) -> None:
        """Refuse, before anything is saved, bars that the rest of the recipe cannot work on."""
        for name, data in outputs.items():
            if name.endswith(".bars"):
                refuse_oversized(data, name.removesuffix(".bars"), catalog)
        if not node.outputs:
            self._close(node.name)

    @hook_impl
    def after_dataset_saved(self, dataset_name: str, node: Node) -> None:
        """Close a node's account with its last saved output, and say so in one line."""
        usage = self.usage[node.name]
        usage.unsaved.discard(dataset_name)
        if not usage.unsaved:
            self._close(node.name)

    def _close(self, name: str) -> None:
        usage = self.usage[name]
        usage.seconds = time.perf_counter() - usage.started
        self._running.discard(name)
        click.echo(f"  {name:<44} {usage.seconds:7.1f} s  {usage.peak_bytes / 1e9:5.1f} GB", err=True)

    def _sample(self) -> None:
        while not self._stop.wait(0.2):
            self._record(resident_bytes())

    def _record(self, resident: int) -> None:
        for name in list(self._running):
            self.usage[name].peak_bytes = max(self.usage[name].peak_bytes, resident)

    def _end(self) -> None:
        self._stop.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None


def resident_bytes() -> int:
    """Return resident memory of this process and its children."""
    total = 0
    process = psutil.Process()
    for member in [process, *process.children(recursive=True)]:
        try:
            total += member.memory_info().rss
        except psutil.Error:  # a worker that has just ended holds no memory
            continue
    return total


def horizon_of(label: Any) -> int:  # noqa: ANN401  (options of any kind of target, or as they are written)
    """Return the bars after which every target of a row is known."""
    if isinstance(label, dict):
        return int(label["horizon"] if "horizon" in label else max(label["horizons"]))
    return int(label.horizon)


def refuse_oversized(bars: Any, recipe: str, catalog: CatalogProtocol) -> None:  # noqa: ANN401
    """Raise when windows are longer than the bars, or when the job would not fit in memory."""
    # By name: the patterns of the catalog match parameters that no recipe has.
    known = set(catalog.keys())
    options = {
        name: plain(catalog.load(f"params:{recipe}.{name}"))
        for name in ("features_tda", "features_gaf", "window", "split")
        if f"params:{recipe}.{name}" in known
    }
    tda = options.get("features_tda")
    windows = {f"{recipe}.window": options.get("window", 0)}
    if tda is not None:
        windows[f"{recipe}.features_tda.windows"] = max(tda["windows"])
    if "features_gaf" in options:
        windows[f"{recipe}.features_gaf.windows"] = max(options["features_gaf"]["windows"])
    n_bars = bars.groupby("symbol").size()
    horizon = horizon_of(catalog.load(f"params:{recipe}.label"))
    refuse_infeasible(n_bars.to_dict(), windows=windows, horizon=horizon)
    n_rows = catalog.load("params:n_rows")
    needed = estimate_memory(
        n_bars=int(n_bars.sum()),
        n_rows=n_rows,
        n_static=0 if tda is None else _count_topological(tda),
        train=options["split"]["train"],
    )
    limit = memory_limit()
    if needed > limit:
        raise click.ClickException(
            f"estimated memory must be below the container's limit of {limit / 1e9:.1f} GB, "
            f"got {needed / 1e9:.1f} GB for {int(n_bars.sum()):,} bars: "
            "lower n_rows, or set start and end to a shorter span"
        )


def _count_topological(tda: dict[str, Any]) -> int:
    """Count the columns of the topological features."""
    per_window = 2 * tda["n_bins"] + tda["n_layers"] + 9 + (tda["n_bins"] + 4) * tda["sublevel"]
    return int(len(tda["series"]) * len(tda["windows"]) * per_window)
