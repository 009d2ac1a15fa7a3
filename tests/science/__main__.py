"""`python -m tests.science`: measure the whole bar; a run that was stopped goes on where it was."""

import argparse
import time
from pathlib import Path

from tests.science.clean import leak_figures
from tests.science.figures import Figure
from tests.science.ledger import PROJECT, Ledger, code_fingerprint, measure_missing
from tests.science.markets import market_figures
from tests.science.promises import promise_figures
from tests.science.whole import whole_figures

PARTS = {
    "markets": market_figures,
    "leaks": leak_figures,
    "promises": promise_figures,
    "whole": whole_figures,
}
PAGE = PROJECT / "docs" / "science.md"
BEGIN, END = "<!-- measured by make science -->", "<!-- end of what make science measured -->"
WORDS = {True: "yes", False: "**no**", None: "-"}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.science", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="part", help=f"any of {', '.join(PARTS)}; all if none")
    parser.add_argument("--jobs", type=int, default=2, help="processes side by side (default 2)")
    parser.add_argument(
        "--ledger", type=Path, default=PROJECT / "data" / "science.jsonl", help="results so far"
    )
    parser.add_argument(
        "--write", action="store_true", help=f"put the table into {PAGE.relative_to(PROJECT)}"
    )
    arguments = parser.parse_args()
    unknown = sorted(set(arguments.parts) - set(PARTS))
    if unknown:
        parser.error(f"part must be one of {', '.join(PARTS)}, got {', '.join(unknown)}")
    if arguments.write and arguments.parts:
        parser.error("--write needs the whole bar: name no part")
    figures = [figure for part in arguments.parts or PARTS for figure in PARTS[part]()]
    ledger = Ledger(arguments.ledger, code_fingerprint())
    measure(ledger, figures, arguments.jobs)
    lines = table(ledger, figures)
    print("\n".join(lines))
    if arguments.write:
        write_page(PAGE, lines)
    failed = [figure.name for figure in figures if figure.judge(ledger.results(figure)).holds is False]
    if failed:
        raise SystemExit(f"{len(failed)} of {len(figures)} figures do not hold: {'; '.join(failed)}")


def measure(ledger: Ledger, figures: list[Figure], n_jobs: int) -> None:
    """Measure what is missing, a line for each."""
    n_all = sum(len(figure.units) for figure in figures)
    n_missing = sum(len(ledger.missing(figure)) for figure in figures)
    print(f"{n_all - n_missing} of {n_all} measurements in {ledger.path}", flush=True)
    began = time.monotonic()
    for n_done, (name, unit) in enumerate(measure_missing(ledger, figures, n_jobs), start=1):
        seconds = time.monotonic() - began
        left = seconds / n_done * (n_missing - n_done)
        print(
            f"{n_done:>4} of {n_missing}  {seconds:>5.0f} s, about {left:.0f} s left  {name}: {unit}",
            flush=True,
        )


def table(ledger: Ledger, figures: list[Figure]) -> list[str]:
    """The bar as a table of Markdown."""
    lines = ["| what | has to be | measured | holds |", "|---|---|---|---|"]
    for figure in figures:
        answer = figure.judge(ledger.results(figure))
        lines.append(f"| {figure.name} | {figure.bar} | {answer.measured} | {WORDS[answer.holds]} |")
    return lines


def write_page(page: Path, lines: list[str]) -> None:
    """Put the table between its two marks."""
    text = page.read_text()
    before, rest = text.split(BEGIN)
    _, after = rest.split(END)
    page.write_text("\n".join([f"{before}{BEGIN}", "", *lines, "", f"{END}{after}"]))


if __name__ == "__main__":
    main()
