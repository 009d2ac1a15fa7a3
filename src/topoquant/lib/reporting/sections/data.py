"""Which bars came in, what is missing from them, and what else was found."""

from collections.abc import Sequence

from topoquant.lib.reporting.figures.plot import Size, figure, responsive
from topoquant.lib.reporting.figures.quality_chart import draw_quality
from topoquant.lib.reporting.formatting import Record, count, day, decimal, fraction, one_line
from topoquant.lib.reporting.markup import Html, element, join, note, table
from topoquant.lib.reporting.sections.section import Section

SHOWN_GAPS, SHOWN_WICKS = 20, 3
SIZE, ONE_SIZE = Size(560, 250), Size(1136, 250)
FLOW_COLUMN = "taker_buy_volume"
KEYS = (("c0", "close"), ("area", "gap"), ("c2", "bars with trades"), ("c1", "bars without a trade"))
EXPLAINED = "Times are UTC. A gap is a gap: nothing was filled."


def data_section(quality: Sequence[Record]) -> Section:
    """Show the quality of each symbol's bars, what they look like, and where their gaps are.

    Parameters
    ----------
    quality : sequence of mapping
        Per symbol: symbol, interval, source, n_bars, first, last, n_gaps, n_missing_bars, longest_gap_bars,
        n_duplicates_dropped, n_zero_volume; optionally n_blank_rows, largest_move, largest_move_at,
        move_limit, far_wicks, n_far_wicks, calendar, coverage, gaps (after, before, n_missing),
        absent_columns, notes.

    Returns
    -------
    Section
        Anchor ``data``.
    """
    headers = ["symbol", "interval", "source", "bars", "first", "last", "gaps", "missing bars", "longest gap"]
    headers += ["duplicates dropped", "blank rows", "zero volume"]
    rows = [
        [
            *(record["symbol"], record["interval"], record["source"], count(record["n_bars"])),
            *(day(record["first"]), day(record["last"]), count(record["n_gaps"])),
            *(count(record.get("n_missing_bars")), count(record.get("longest_gap_bars"))),
            *(count(record.get("n_duplicates_dropped")), count(record.get("n_blank_rows"))),
            count(record.get("n_zero_volume")),
        ]
        for record in quality
    ]
    parts = [table(headers, rows, n_texts=3), note(EXPLAINED), _charts(quality)]
    return Section("data", "Data", join([*parts, _remarks(quality), _gaps(quality)]))


def _charts(quality: Sequence[Record]) -> Html:
    """Draw each symbol's bars, two beside each other; a single one takes the whole width."""
    drawn = [record for record in quality if _is_drawable(record)]
    figures = [_chart(record, ONE_SIZE if len(drawn) == 1 else SIZE) for record in drawn]
    return element("div", *figures, class_="pair") if len(figures) > 1 else join(figures)


def _chart(record: Record, wide: Size) -> Html:
    """Draw one symbol's bars."""
    title = f"{record['symbol']} close and missing bars".strip()
    n_gaps, n_shaded = record["n_gaps"], len(record["gaps"])
    partly = f"The first {count(n_shaded)} of {count(n_gaps)} gaps are shaded; the lane below counts all."
    drawing = responsive(lambda size: draw_quality(title, record, size), wide)
    return figure(title, drawing, keys=_keys(record), caption=partly if n_shaded < n_gaps else "")


def _is_drawable(record: Record) -> bool:
    """Tell whether there is a line to draw."""
    return sum(close is not None for close in record.get("coverage", {}).get("close", ())) > 1


def _keys(record: Record) -> list[tuple[str, str]]:
    """Name what the chart of a record shows."""
    absent = {"area": not record.get("gaps"), "c1": not record.get("n_zero_volume")}
    return [(style, name) for style, name in KEYS if not absent.get(style, False)]


def _remarks(quality: Sequence[Record]) -> Html:
    """List absent columns, what was found about moves and stamps, and notes."""
    lines = [
        f"{record['symbol']}: {text}".removeprefix(": ") for record in quality for text in _lines(record)
    ]
    return element("ul", *(element("li", line) for line in lines)) if lines else Html("")


def _lines(record: Record) -> list[str]:
    """Write the remarks on one symbol."""
    lines = []
    absent = list(record.get("absent_columns", ()))
    if absent:
        consequence = ": order-flow channels are absent" if FLOW_COLUMN in absent else ""
        lines.append(f"the source has no {', '.join(absent)}{consequence}")
    if record.get("calendar"):
        calendar = record["calendar"]
        share = f"{fraction(calendar['agreement'], 2)} over {count(calendar['n_common'])} returns"
        lines.append(f"stamps are in step with {calendar['reference']}: signs of returns agree by {share}")
    if record.get("largest_move"):
        limit = record.get("move_limit")
        rule = "" if limit is None else f"; beyond {decimal(limit, 1)} bars are refused"
        at = str(record["largest_move_at"])[:16]
        lines.append(f"the largest move is a factor of {decimal(record['largest_move'], 3)}, at {at}{rule}")
    if record.get("n_far_wicks"):
        shown = ", ".join(
            f"{wick['price']:,.8g} at {str(wick['open_time'])[:16]} ({count(wick['factor'])} times off)"
            for wick in record["far_wicks"][:SHOWN_WICKS]
        )
        more = ", ..." if record["n_far_wicks"] > SHOWN_WICKS else ""
        lines.append(f"highs or lows far from the rest of their bar, taken for trades: {shown}{more}")
    return [*lines, *(one_line(text) for text in record.get("notes", ()))]


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
