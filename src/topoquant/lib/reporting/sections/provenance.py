"""Everything needed to get the same numbers again."""

import json
from collections.abc import Mapping, Sequence

from topoquant.lib.reporting.formatting import Record, duration, one_line
from topoquant.lib.reporting.markup import Html, element, facts, join, table
from topoquant.lib.reporting.sections.section import Section


def provenance_section(
    provenance: Mapping[str, object],
    options: Mapping[str, object],
    timings: Sequence[Record] = (),
    trials: Sequence[Record] = (),
) -> Section:
    """Show revision and fingerprints, where the time went, what was tried, and every option.

    Parameters
    ----------
    provenance : mapping of str to object
        What each thing is called and its value: git revision, versions, data fingerprint, number of trials.
    options : mapping of str to object
        The options of every stage, as they were resolved; anything JSON can hold.
    timings : sequence of mapping
        Per stage: node, seconds and, where known, peak_gb.
    trials : sequence of mapping
        What was tried on the same market before, one record each, all with the same keys.

    Returns
    -------
    Section
        Anchor ``provenance``.
    """
    parts = [facts(provenance)] if provenance else []
    if timings:
        ordered = sorted(timings, key=lambda record: -record["seconds"])
        rows = [
            [record["node"], duration(record["seconds"]), _gigabytes(record.get("peak_gb"))]
            for record in ordered
        ]
        parts += [element("h3", "Where the time went"), table(["node", "time", "peak memory"], rows)]
    if trials:
        headers = list(trials[0])
        rows = [[one_line(trial[name]) for name in headers] for trial in trials]
        parts += [element("h3", "What was tried"), table(headers, rows, n_texts=len(headers))]
    if options:
        parts.append(element("h3", "Options"))
        parts += [_options(name, value) for name, value in options.items()]
    return Section("provenance", "Options and provenance", join(parts))


def _options(name: str, value: object) -> Html:
    """Fold away the options of one stage."""
    written = json.dumps(value, indent=2, default=str, ensure_ascii=False)
    return element("details", element("summary", name), element("pre", written))


def _gigabytes(value: float | None) -> str:
    """Write a peak of memory."""
    return "-" if value is None else f"{value:.1f} GB"
