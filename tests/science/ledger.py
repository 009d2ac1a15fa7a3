"""What has been measured already: one line per measurement, so that a run that was stopped goes on."""

import hashlib
import json
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path
from typing import Any

from tests.science.figures import Figure, Result, Unit

PROJECT = Path(__file__).parents[2]
READ = ("src/topoquant/lib", "conf/base/parameters/recipes", "tests/science")


def code_fingerprint() -> str:
    """Fingerprint of all that a number depends on: the library, the recipes, and this folder."""
    digest = hashlib.sha256()
    for folder in READ:
        for path in sorted((PROJECT / folder).rglob("*")):
            if path.suffix in (".py", ".yml"):
                digest.update(str(path.relative_to(PROJECT)).encode() + path.read_bytes())
    return digest.hexdigest()[:16]


class Ledger:
    """Results by figure and unit, of one state of the code; those of other states are left alone."""

    def __init__(self, path: Path, code: str) -> None:
        self.path, self.code = path, code
        self.known: dict[tuple[str, str], Result] = {}
        if path.exists():
            text = path.read_text()
            for line in text.splitlines():
                self._take(line)
            if text and not text.endswith("\n"):  # what comes next begins a line of its own
                with path.open("a") as file:
                    file.write("\n")

    def _take(self, line: str) -> None:
        try:
            entry = json.loads(line)
        except json.JSONDecodeError:  # the line at which an earlier run was killed
            return
        if entry["code"] == self.code:
            self.known[entry["figure"], entry["unit"]] = entry["result"]

    def add(self, figure: str, unit: Unit, result: Result) -> None:
        """Write a result before anything else happens."""
        self.known[figure, name_of(unit)] = result
        self.path.parent.mkdir(parents=True, exist_ok=True)
        entry = {"figure": figure, "unit": name_of(unit), "code": self.code, "result": result}
        with self.path.open("a") as file:
            file.write(json.dumps(entry) + "\n")

    def missing(self, figure: Figure) -> list[Unit]:
        """Units of a figure that are still to be measured."""
        return [unit for unit in figure.units if (figure.name, name_of(unit)) not in self.known]

    def results(self, figure: Figure) -> list[Result]:
        """Results of a figure, in the order of its units."""
        return [self.known[figure.name, name_of(unit)] for unit in figure.units]


def name_of(unit: Unit) -> str:
    """One spelling of a unit."""
    return " ".join(map(str, unit))


def measure_missing(ledger: Ledger, figures: list[Figure], n_jobs: int) -> Iterator[tuple[str, Any]]:
    """Measure what is missing, in processes side by side; yield (figure, unit) as each is written."""
    wanted = [(figure, unit) for figure in figures for unit in ledger.missing(figure)]
    if not wanted:
        return
    with ProcessPoolExecutor(n_jobs) as pool:
        running = {pool.submit(figure.measure, *unit): (figure.name, unit) for figure, unit in wanted}
        try:
            for done in as_completed(running):
                name, unit = running[done]
                ledger.add(name, unit, done.result())
                yield name, unit
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
