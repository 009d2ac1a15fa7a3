"""Who makes which dataset, of what, and whether what is stored was made so."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from kedro.io import CatalogProtocol
from kedro.pipeline import Pipeline
from kedro.pipeline.node import Node

from topoquant.datasets.fingerprint import Content, content_of, read_record, stored_path
from topoquant.hooks.files import is_left_out, known_content, named_files
from topoquant.hooks.sources import Sources
from topoquant.lib.fingerprints import (
    INPUT_CHANGED,
    Code,
    CodeReader,
    Fingerprint,
    digest_of,
    flat_options,
    roots_of,
    what_changed,
)

# Last words of options that say where, how patiently or on how many processors: the result is the same.
IMMATERIAL = frozenset(
    {
        *("data_root", "dask_address", "n_jobs", "only_stale"),
        *("listing_url", "timeout_seconds", "file_timeout_seconds", "n_retries", "backoff_seconds"),
        *("max_wait_seconds", "publication_days", "page_size"),
    }
)
# Modules that word refusals and draw progress.
SILENT = ("topoquant.lib.errors", "topoquant.lib.progress", "topoquant.progress")
OWN_FUNCTION = re.compile(r"(\w+(?:\.\w+)*):(\w+)")
# Where the name to import is not the name to install.
DISTRIBUTIONS = {"gph": "giotto-ph", "gtda": "giotto-tda", "sklearn": "scikit-learn", "talib": "ta-lib"}
DISTRIBUTIONS |= {"xgboost": "xgboost-cpu"}


@dataclass(frozen=True)
class Making:
    """What makes a dataset now, and how the files it is made from were found."""

    fingerprint: Fingerprint
    files: dict[str, Content]


class Makers:
    """The nodes of every registered pipeline by what they make.

    Parameters
    ----------
    pipelines : mapping of str to Pipeline
        Every registered one: a partial run loads what nodes outside of it have made.
    catalog : CatalogProtocol
        Where datasets are stored.
    parameters : mapping
        As the configuration gives them, for every pipeline alike: not made into typed options.
    sources : Sources
        The code.
    """

    def __init__(
        self,
        pipelines: Mapping[str, Pipeline],
        catalog: CatalogProtocol,
        parameters: Mapping[str, Any],
        sources: Sources,
    ) -> None:
        self.pipelines = pipelines
        self.by_output: dict[str, Node] = {}
        for pipeline in pipelines.values():
            for node in pipeline.nodes:
                for name in node.outputs:
                    self.by_output.setdefault(name, node)
        self._catalog, self._parameters, self._sources = catalog, parameters, sources
        self._reader = CodeReader(sources.read, silent=SILENT)
        self._code: dict[str, Code] = {}
        self._contents: dict[Path, Content] = {}
        self._reasons: dict[str, str | None] = {}

    def path(self, dataset: str) -> Path | None:
        """Return where a dataset is stored."""
        return stored_path(self._catalog.get(dataset))

    def making(self, node: Node, before: Mapping[str, Content] | None = None) -> Making:
        """Say what makes the outputs of a node now; files that are as they were `before` are not read."""
        options = self.options(node)
        files = {
            name: content_of(path, (before or {}).get(name))
            for name, path in named_files(options).items()
            if path.exists()
        }
        code = self._code_of(node, options)
        fingerprint = Fingerprint(
            code=self.marked(code.modules),
            packages={name: _version(name) for name in code.packages},
            options=options,
            inputs=dict(self._inputs(node)),
            files={name: content.digest for name, content in files.items()},
        )
        return Making(fingerprint, files)

    def options(self, node: Node) -> dict[str, Any]:
        """Return the options of a node: its parameters, what its function holds, and its wiring."""
        found: dict[str, Any] = {}
        for name in node.inputs:
            if name == "parameters" or name.startswith("params:"):
                dotted = name.removeprefix("params:")
                found |= flat_options(dotted, self._parameter(dotted), immaterial=IMMATERIAL)
        held = roots_of(node.func)[1]
        found |= flat_options(f"function of {node.name}", held)
        return {**found, f"wiring of {node.name}": digest_of([node._inputs, node._outputs])}

    def reason(self, dataset: str) -> str | None:
        """Say why a stored dataset is stale; None for a fresh one, and for one that no node makes."""
        if dataset not in self._reasons:
            self._reasons[dataset] = next(self._find_reasons(dataset), None)
        return self._reasons[dataset]

    def stale_part(self, pipeline: Pipeline) -> dict[str, str]:
        """Return the nodes that an up-to-date state needs to run, each with why, in the order of the run."""
        why: dict[str, str] = {}
        makers = {name: node for node in pipeline.nodes for name in node.outputs}
        for node in pipeline.nodes:
            reasons = (self.reason(name) for name in node.outputs if self.path(name) is not None)
            after = next((makers[name].name for name in node.inputs if self._runs(name, makers, why)), None)
            if found := next(filter(None, reasons), None):
                why[node.name] = found
            elif after:
                why[node.name] = f"after {after}"
        for node in reversed(pipeline.nodes):  # what only lives in memory is made again for who needs it
            if node.name in why:
                for name in node.inputs:
                    if name in makers and self.path(name) is None:
                        why.setdefault(makers[name].name, f"for {node.name}")
        return {node.name: why[node.name] for node in pipeline.nodes if node.name in why}

    @staticmethod
    def _runs(dataset: str, makers: Mapping[str, Node], chosen: Mapping[str, str]) -> bool:
        return dataset in makers and makers[dataset].name in chosen

    def _find_reasons(self, dataset: str) -> Iterator[str]:
        """Yield why a dataset is stale: what happened to itself, to its maker, then upstream."""
        node = self.by_output.get(dataset)
        if node is None:
            return
        path = self.path(dataset)
        own = [] if path is None else list(self._find_own_reasons(node, path))
        # That an input has another content says less than why it has.
        yield from (one for one in own if not one.startswith(INPUT_CHANGED))
        for name in node.inputs:
            if found := self.reason(name):
                yield found if found.startswith("its input ") else f"its input {name}: {found}"
        yield from own

    def _find_own_reasons(self, node: Node, path: Path) -> Iterator[str]:
        """Compare what is stored with its record, and the record with what would be written now."""
        if not path.exists() and not is_left_out(path):
            yield "it is not there"
            return
        try:
            found = read_record(path)
            if found is None:
                yield "it has no fingerprint"
                return
            record, content = found
            before = Fingerprint.from_dict(record["made_by"])
            files = {name: Content(**one) for name, one in record["files"].items()}
        except (KeyError, TypeError, ValueError, AttributeError):
            yield "its fingerprint is damaged"
            return
        if self.content(path, content).digest != content.digest:
            yield "it was changed after it was made"
        yield from what_changed(before, self.making(node, files).fingerprint)

    def content(self, path: Path, known: Content | None = None) -> Content:
        """Return what a path holds now, read as rarely as can be."""
        self._contents[path] = content_of(path, self._contents.get(path, known))
        return self._contents[path]

    def _inputs(self, node: Node) -> Iterator[tuple[str, str]]:
        """Yield the inputs of a node, stored ones by content; a log, a cache or what a hook gives is none."""
        for name in node.inputs:
            if name == "parameters" or name.startswith("params:"):
                continue
            path = self.path(name)
            if path is not None and path.exists():
                yield name, self.content(path, known_content(path)).digest
            elif path is not None:
                yield name, "absent"
            elif name in self.by_output:
                yield name, digest_of(self.making(self.by_output[name]).fingerprint.to_dict())

    def _code_of(self, node: Node, options: Mapping[str, Any]) -> Code:
        """Follow the code of a node, of how its outputs are stored, and of functions its options name."""
        if node.name not in self._code:
            strings = set(_strings(options.values()))
            roots, _ = roots_of(node.func)
            for name in node.outputs:
                kind = type(self._catalog.get(name))
                roots.append((kind.__module__, kind.__qualname__))
            roots += [(one[1], one[2]) for one in map(OWN_FUNCTION.fullmatch, strings) if one]
            self._code[node.name] = self._reader.reach(roots, strings)
        return self._code[node.name]

    def marked(self, code: Mapping[str, str]) -> dict[str, str]:
        """Mark modules that were edited while the process lived: nobody knows which of the two was run."""
        return {
            name: f"{digest.split()[0]} edited" if self._sources.is_edited(name) else digest
            for name, digest in code.items()
        }

    def _parameter(self, dotted: str) -> Any:  # noqa: ANN401
        """Return a parameter by its dotted name."""
        here: Any = self._parameters
        for part in dotted.split(".") if dotted != "parameters" else ():
            here = here.get(part) if isinstance(here, Mapping) else None
        return here


def _strings(values: Iterable[Any]) -> Iterator[str]:
    """Yield every string in nested lists and mappings."""
    for value in values:
        if isinstance(value, str):
            yield value
        elif isinstance(value, Mapping):
            yield from _strings(value.values())
        elif isinstance(value, list):
            yield from _strings(value)


@cache
def _version(package: str) -> str:
    try:
        return version(DISTRIBUTIONS.get(package, package))
    except PackageNotFoundError:
        return "unknown"
