"""Where the line between signal and no signal is drawn."""

from topoquant.lib.reporting.formatting import Record, count, fraction, interval
from topoquant.lib.reporting.markup import join, note, table
from topoquant.lib.reporting.sections.section import Section


def operating_point_section(val: Record | None, test: Record | None) -> Section:
    """Show the threshold chosen on val, and what it did on test.

    Parameters
    ----------
    val, test : mapping or None
        threshold, precision, precision_low, precision_high, recall, n_signals, effective_n.

    Returns
    -------
    Section
        Anchor ``operating-point``.
    """
    rows = [
        [name, *_cells(record)]
        for name, record in (("val, second half", val), ("test", test))
        if record is not None
    ]
    headers = ["rows", "threshold", "precision", "0.99 interval", "recall", "signals", "independent rows"]
    if not rows:
        return Section("operating-point", "Operating point", note("No threshold was chosen."))
    text = "The threshold is a probability, chosen on the second half of val and applied to test as it is."
    return Section("operating-point", "Operating point", join([table(headers, rows), note(text)]))


def _cells(record: Record) -> list[str]:
    """Write one row."""
    bounds = interval(record.get("precision_low"), record.get("precision_high"), 3)
    return [
        *(fraction(record.get("threshold")), fraction(record.get("precision")), bounds),
        *(fraction(record.get("recall")), count(record.get("n_signals")), count(record.get("effective_n"))),
    ]
