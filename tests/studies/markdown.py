"""Cells and tables of Markdown."""

from collections.abc import Iterable, Sequence

from tests.studies.results import Results
from topoquant.lib.reporting.formatting import fraction, interval, one_line, signed


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Write a table; a bar within a cell is escaped."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(
        "| " + " | ".join(one_line(cell).replace("|", "\\|") for cell in line) + " |" for line in lines
    )


def share(value: float | None, low: float | None, high: float | None, digits: int = 3) -> str:
    """Write a fraction with its interval."""
    return f"{fraction(value, digits)} {interval(low, high, digits)}".strip()


def difference(value: float | None, low: float | None, high: float | None, digits: int = 3) -> str:
    """Write a difference with its interval, signs shown."""
    return (
        "-" if value is None else f"{signed(value, digits)} {interval(low, high, digits, sign=True)}".strip()
    )


def number(value: float | None, digits: int = 1) -> str:
    """Write a number, or a dash for none."""
    return "-" if value is None else f"{value:,.{digits}f}"


def labelled(results: Results, view: str | None = None) -> str:
    """Say what a run, or a view of it, is about."""
    return results.run.about if view is None else f"{results.run.about}, {view}"
