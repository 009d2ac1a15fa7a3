"""Which bars came in, and what is missing from them."""

from collections.abc import Sequence

from topoquant.lib.reporting.formatting import Record, count, day, one_line
from topoquant.lib.reporting.markup import Html, element, join, note, table
from topoquant.lib.reporting.sections.section import Section

SHOWN_GAPS = 20


def data_section(quality: Sequence[Record]) -> Section:
    """Show the quality of each symbol's bars and where their gaps are.

    Parameters
    ----------
    quality : sequence of mapping
        Per symbol: symbol, interval, source, n_bars, first, last, n_gaps, n_missing_bars, longest_gap_bars,
        n_duplicates_dropped, n_zero_volume; optionally gaps (after, before, n_missing), absent_columns,
        notes.

    Returns
    -------
    Section
        Anchor ``data``.
    """
    headers = ["symbol", "interval", "source", "bars", "first", "last", "gaps", "missing bars", "longest gap"]
    headers += ["duplicates dropped", "zero volume"]
    rows = [
        [
            *(record["symbol"], record["interval"], record["source"], count(record["n_bars"])),
            *(day(record["first"]), day(record["last"]), count(record["n_gaps"])),
            *(count(record.get("n_missing_bars")), count(record.get("longest_gap_bars"))),
            *(count(record.get("n_duplicates_dropped")), count(record.get("n_zero_volume"))),
        ]
        for record in quality
    ]
    parts = [table(headers, rows, n_texts=3), note("Times are UTC. A gap is a gap: nothing was filled.")]
    return Section("data", "Data", join([*parts, _remarks(quality), _gaps(quality)]))


def _remarks(quality: Sequence[Record]) -> Html:
    """List absent columns and notes."""
    lines = []
    for record in quality:
        if record.get("absent_columns"):
            lines.append(f"{record['symbol']}: the source has no {', '.join(record['absent_columns'])}")
        lines += [f"{record['symbol']}: {one_line(text)}" for text in record.get("notes", ())]
    return element("ul", *(element("li", line) for line in lines)) if lines else Html("")


def _gaps(quality: Sequence[Record]) -> Html:
    """List the first gaps of every symbol."""
    rows = [
        [record["symbol"], str(gap["after"])[:16], str(gap["before"])[:16], count(gap["n_missing"])]
        for record in quality
        for gap in list(record.get("gaps", ()))[:SHOWN_GAPS]
    ]
    if not rows:
        return Html("")
    return join(
        [element("h3", "Gaps"), table(["symbol", "after", "before", "missing bars"], rows, n_texts=3)]
    )
