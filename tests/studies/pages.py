"""From the runs of a study to its page: every mark of the template is replaced by a table or a number."""

import re
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

from tests.studies import cost_tables, score_tables, trading_tables, verdict_tables
from tests.studies.claims import CLAIMS
from tests.studies.markdown import table
from tests.studies.plan import HERE, Run
from tests.studies.results import Results
from tests.studies.running import read_record

TEMPLATES = HERE / "templates"
MARK = re.compile(r"\{\{ (?P<name>[a-z_]+)(?: (?P<runs>[\w ]+))? \}\}")
Block = Callable[[Sequence[Results]], str]


def write_page(study: str, runs: Sequence[Run], store: Path, folder: Path) -> Path:
    """Fill the template of a study and put the page into a folder; return its path."""
    results = {run.name: Results(run, store) for run in runs if read_record(run, store) is not None}
    missing = [run.name for run in runs if run.name not in results]
    folder.mkdir(parents=True, exist_ok=True)
    page = folder / f"{study}.md"
    unfinished = page.with_suffix(".part")
    unfinished.write_text(fill((TEMPLATES / f"{study}.md").read_text(), results, missing))
    unfinished.replace(page)
    return page


def fill(template: str, results: Mapping[str, Results], missing: Sequence[str] = ()) -> str:
    """Replace every mark: `{{ block }}` of all runs of the study, `{{ block run run }}` of those named.

    Runs that are missing leave out their rows, and the place of a table says which they are. A number within
    a sentence is that of the runs there are, or a question mark.
    """

    def block(found: re.Match[str]) -> str:
        names = (found["runs"] or " ".join([*results, *missing])).split()
        if found["name"] not in BLOCKS or not set(names) <= {*results, *missing}:
            known = f"one of {', '.join(BLOCKS)} of {', '.join(results)}"
            raise ValueError(f"a mark must be {known}, got {found[0]}: correct the template")
        asked = [results[name] for name in names if name in results]
        absent = ", ".join(f"`{name}`" for name in names if name in missing)
        parts = [BLOCKS[found["name"]](asked)] if asked else []
        if found[0] not in template.splitlines():
            return parts[0] if parts else "?"
        return "\n\n".join([*parts, f"Not run yet: {absent}."] if absent else parts)

    page = MARK.sub(block, template)
    if "{{" in page:
        raise ValueError(
            f"a mark must be {{{{ name }}}}, got {page[page.index('{{') :][:40]}: correct the template"
        )
    return page


def claimed(runs: Sequence[Results]) -> str:
    """The number that a study of each kind prints first, beside the verdict."""
    rows = [
        [
            f"`{results.run.recipe}`",
            results.run.about,
            CLAIMS[results.run.recipe](results),
            verdict_tables.verdict_of(results),
        ]
        for results in runs
    ]  # fmt: skip
    return table(("recipe", "target", "what would have been claimed", "verdict"), rows)


def _each(one: Callable[[Results], str], runs: Sequence[Results]) -> str:
    """One table per run, under its name where there are several."""
    if len(runs) == 1:
        return one(runs[0])
    return "\n\n".join(f"**{results.run.about}**\n\n{one(results)}" for results in runs)


BLOCKS: dict[str, Block] = {
    "verdicts": verdict_tables.verdicts,
    "sizes": verdict_tables.sizes,
    "horizon_verdicts": verdict_tables.horizon_verdicts,
    "power": verdict_tables.power,
    "models": partial(_each, score_tables.models),
    "accuracy": partial(_each, score_tables.accuracy),
    "symbols": partial(_each, score_tables.symbols),
    "ablation": partial(_each, score_tables.ablation),
    "beside_lightgbm": partial(score_tables.beside, baseline="lightgbm"),
    "flatness": score_tables.flatness,
    "regressions": score_tables.regressions,
    "strategies": partial(_each, trading_tables.strategies),
    "auditor": partial(_each, trading_tables.auditor),
    "intervals": partial(_each, trading_tables.intervals),
    "costs": cost_tables.costs,
    "topology": partial(cost_tables.node_seconds, name="make_tda_features"),
    "processor_time": cost_tables.longest,
    "peak_memory": cost_tables.largest,
    "commands": cost_tables.commands,
    "claimed": claimed,
}
