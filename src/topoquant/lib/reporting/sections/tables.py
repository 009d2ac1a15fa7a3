"""Tables that came from elsewhere: how they were read, and how they differ."""

from collections.abc import Sequence

from topoquant.lib.reporting.formatting import Record, count
from topoquant.lib.reporting.markup import Html, element, join, note, table
from topoquant.lib.reporting.sections.section import Section
from topoquant.lib.reporting.summary_tables import difference_texts

MATCHED = """Rows are joined on symbol and decision time. Not read: rows of other symbols, at whose time no
bar ended, between the sets (purged or embargoed), and train rows of which it is not known that the model had
not seen them. A score is calibrated on the first half of val; a probability is judged as it is."""
PAIRED = """On the same test rows, and with the same resampled blocks of time for both. Above 0 the first is
better; an interval that holds 0 does not tell them apart. Gain in nats per row, timing before costs."""


def tables_section(matched: Sequence[Record], paired: Sequence[Record]) -> Section:
    """Show what each table is, and every two of them side by side.

    Parameters
    ----------
    matched : sequence of mapping
        Of `match_table`.
    paired : sequence of mapping
        Of `paired_differences`.

    Returns
    -------
    Section
        Anchor ``tables``.
    """
    headers = ["table", "column", "keyed by", "calibrator", "rows", "val", "test", "train", "not read"]
    parts: list[Html] = [table(headers, [_row(record) for record in matched], n_texts=4), note(MATCHED)]
    if paired:
        head = ["first", "second", "AUC", "log-loss gain", "timing per bar", "rows"]
        parts += [element("h3", "Side by side"), table(head, [_pair(one) for one in paired], n_texts=2)]
        parts.append(note(PAIRED))
    return Section("tables", "Tables", join(parts))


def _row(record: Record) -> list[str]:
    """Write one table."""
    calibrator = record.get("calibrator")
    unread = sum(record[name] for name in ("n_other_symbols", "n_no_bar", "n_between", "n_train_unread"))
    return [
        *(str(record["name"]), f"{record['column']} ({record['scale']})", str(record["key"])),
        "-" if calibrator is None else str(calibrator["calibrator"]["kind"]),
        count(record["n_rows"]),
        *(f"{count(record[f'n_{one}'])} of {count(record[f'all_{one}'])}" for one in ("val", "test")),
        *(count(record["n_train"]), count(unread)),
    ]


def _pair(record: Record) -> list[str]:
    """Write one pair."""
    texts = difference_texts(record)
    shown = [texts.get(name, "- -").split(" ") for name in ("auc", "gain", "timing")]
    numbers = [" ".join(part for part in words if part[0] in "+-[0.") for words in shown]
    return [str(record["first"]), str(record["second"]), *numbers, count(record["n"])]
