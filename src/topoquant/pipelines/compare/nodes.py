"""Read what runs recorded, compare every two, and show it."""

from typing import Any, Protocol

import pandas as pd

from topoquant.lib.errors import bad_input
from topoquant.lib.judge import CompareOptions, RecordedRun, compare_runs, comparison_table
from topoquant.lib.reporting import comparison_lines, comparison_page, runs_figure
from topoquant.progress import show

Record = dict[str, Any]


class Store(Protocol):
    """Runs that were tracked."""

    def latest(self, n_runs: int, *, recipe: str | None, symbols: str | None) -> list[Any]:
        """Return the newest."""


def compare_recorded(
    recorded: Store, options: CompareOptions, seed: int
) -> tuple[pd.DataFrame, list[Record]]:
    """Put the newest runs side by side."""
    found = recorded.latest(options.n_runs, recipe=options.recipe, symbols=options.symbols)
    if not found:
        raise bad_input("runs to compare", "at least one with a verdict", 0, "kedro run first, tracking on")
    runs = [RecordedRun(run_id=one.run_id, report=one.report, rows=one.rows) for one in found]
    return comparison_table(runs), compare_runs(runs, seed=seed, progress=show("compare_recorded"))


def draw_comparison(comparison: pd.DataFrame) -> Any:  # noqa: ANN401 (plotly is imported where a figure is made)
    """Draw what every run found."""
    return runs_figure(comparison)


def show_comparison(comparison: pd.DataFrame, pairs: list[Record], provenance: Record) -> tuple[str, Record]:
    """Write the page and the last lines."""
    return comparison_page(comparison, pairs, provenance), comparison_lines(comparison, pairs)
