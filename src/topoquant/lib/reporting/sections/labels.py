"""What is predicted, and how often it is true."""

from topoquant.lib.reporting.formatting import Record, count, fraction, one_line
from topoquant.lib.reporting.markup import element, facts, join, note, table
from topoquant.lib.reporting.sections.section import Section

SETS = ("train", "val", "test")


def labels_section(label_summary: Record, label_threshold: Record | None, dropped: Record) -> Section:
    """Show the target, its threshold, and its rate and independent rows per set.

    Parameters
    ----------
    label_summary : mapping
        text, and by set: rate, n, mean_uniqueness, effective_n.
    label_threshold : mapping or None
        threshold, fitted, rate_wanted, horizon, side, target_id.
    dropped : mapping
        Rows without a target or features, by reason.

    Returns
    -------
    Section
        Anchor ``label``.
    """
    columns = ("rate", "n", "mean_uniqueness", "effective_n")
    rows = [[name, *(label_summary.get(column, {}).get(name) for column in columns)] for name in SETS]
    shown = [
        [name, fraction(rate), count(n), fraction(unique), count(effective)]
        for name, rate, n, unique, effective in rows
    ]
    parts = [
        element("p", one_line(label_summary["text"]), class_="lead"),
        table(["set", "rate", "rows", "mean uniqueness", "independent rows"], shown),
        note("Independent rows: the summed uniqueness, since labels whose horizons overlap share bars."),
    ]
    if label_threshold is not None:
        parts.append(facts(_threshold(label_threshold)))
    parts.append(facts({f"dropped: {name.replace('_', ' ')}": count(n) for name, n in dropped.items()}))
    return Section("label", "Target", join(parts))


def _threshold(record: Record) -> dict[str, object]:
    """Write how the threshold came about."""
    pairs: dict[str, object] = {
        "threshold": fraction(record.get("threshold"), 4),
        "horizon, bars": record.get("horizon", "-"),
        "side": record.get("side") or "none",
        "target id": record.get("target_id", "-"),
    }
    if record.get("fitted"):
        pairs["fitted on"] = (
            f"{count(record.get('n_rows'))} train rows, rate wanted {fraction(record.get('rate_wanted'))}"
        )
    return pairs
