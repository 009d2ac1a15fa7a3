"""What a second opinion on every signal is worth, and how often intervals held."""

from collections.abc import Sequence
from typing import Any

from topoquant.lib.reporting.figures.bar_chart import draw_bars
from topoquant.lib.reporting.figures.interval_chart import Dot, draw_intervals
from topoquant.lib.reporting.figures.month_chart import MonthRate, draw_months
from topoquant.lib.reporting.figures.plot import NARROW, WIDE, Size, figure, responsive
from topoquant.lib.reporting.formatting import Record, count, decimal, fraction, interval, one_line, signed
from topoquant.lib.reporting.markup import Html, element, join, note, table
from topoquant.lib.reporting.sections.section import Section

STYLES = {"val": "c1", "test": "c2"}
PARTS = {"before": "all signals", "after": "kept", "rejected": "rejected"}
KINDS = {"online": ("c0", "updated"), "fixed": ("c0 dashed", "fixed")}
HOW = """Signals are the outer rows of the one prediction by its out-of-fold quantiles. The auditor is fitted
on out-of-fold train signals; val rows had no part in it, test rows have none in anything. Precision and its
0.99 interval count a row as much as it is unique. Recall is of the rows whose label the signal could have
named."""
CONFORMAL = """An interval is the prediction plus and minus the filtered volatility times a quantile of past
errors so divided, from the second half of val; updated adds an error once its t1 has passed. Nothing is
fitted or chosen on these rows. Rows without a bound are not counted as covered."""


def audited_sections(audited: Record | None) -> list[Section]:
    """Show signals before and after the auditor, and the coverage of intervals.

    Parameters
    ----------
    audited : mapping or None
        auditor (of `audit_signals`, with `val` of `audit_effect`), test (the same of test rows, or empty) and
        intervals (`coverage` of `conformal_coverage`, `spread` of `member_spreads`, by option `draws` of
        `draw_widths`); None without an auditor.

    Returns
    -------
    list of Section
        Anchors ``auditor`` and, where values are predicted or members combined, ``intervals``.
    """
    if audited is None:
        return []
    intervals = audited["intervals"] or {"coverage": {}, "spread": {}}
    sections = [_auditor(audited["auditor"], audited["test"] or {})]
    if intervals["coverage"] or intervals["spread"]:
        sections.append(intervals_section(intervals))
    return sections


def _auditor(auditor: Record, test: Record) -> Section:
    """Write the section of the auditor."""
    lead = element("p", one_line(auditor["reason"]), class_="lead")
    if not auditor["fitted"]:
        return Section("auditor", "Auditor", join([lead, note(HOW)]))
    effects = {"val": auditor["val"], "test": test} if test else {"val": auditor["val"]}
    drawings = [_precisions(effects), *([_gains(auditor["gains"])] if auditor["gains"] else [])]
    rows = [
        [f"{name}, {PARTS[part]}", *_cells(effect[part])]
        for name, effect in effects.items()
        for part in PARTS
    ]
    heads = ["signals", "number", "independent", "precision", "0.99 interval", "recall"]
    parts = [
        *(lead, element("div", *drawings, class_="pair"), table(heads, rows)),
        *(element("p", _difference(name, effect)) for name, effect in effects.items()),
        note(f"The gate keeps signals with a probability of {fraction(auditor['gate'])} or more. {HOW}"),
    ]
    return Section("auditor", "Auditor", join(parts))


def _cells(record: Record) -> list[str]:
    """Write one row of counts."""
    return [
        *(count(record["n_signals"]), count(record["effective_n"]), fraction(record["precision"])),
        *(
            interval(record["precision_low"], record["precision_high"], 3),
            fraction(record["recall"]),
        ),
    ]


def _difference(name: str, effect: Record) -> str:
    """Say in words what the intervals allow to say."""
    if effect["before"]["n_signals"] == effect["after"]["n_signals"]:
        return f"On {name} rows no signal is rejected."
    if effect["difference"] is None:
        return f"On {name} rows kept and rejected signals cannot be compared: one of them has none."
    bounds = interval(effect["difference_low"], effect["difference_high"], 3, sign=True)
    said = "kept and rejected signals are not told apart from chance"
    if effect["improves"]:
        said = "kept signals are right more often"
    elif effect["difference_high"] < 0:
        said = "kept signals are right less often"
    return f"On {name} rows {said}: precision {signed(effect['difference'])} {bounds} over the rejected."


def _precisions(effects: dict[str, Record]) -> Html:
    """Draw precision before and after."""
    dots = [
        Dot(
            name=f"{name}, {PARTS[part]}", value=effect[part]["precision"],
            low=effect[part]["precision_low"], high=effect[part]["precision_high"], style=STYLES[name],
        )
        for name, effect in effects.items()
        for part in PARTS
        if effect[part]["precision"] is not None
    ]  # fmt: skip
    if not dots:
        return note("No signal has a known target.")
    title = "Precision of signals"
    wide, narrow = (Size(size.width, 64 + 30 * len(dots)) for size in (WIDE, NARROW))
    drawing = responsive(
        lambda size: draw_intervals(title, dots, [], "share of right signals", size), wide, narrow
    )
    return figure(title, drawing, caption="With 0.99 intervals on independent rows.")


def _gains(gains: dict[str, float]) -> Html:
    """Draw what the auditor's trees look at most."""
    title = "What the auditor looks at"
    drawing = responsive(
        lambda size: draw_bars(title, gains, "share of the trees' gain", size.width), WIDE, NARROW
    )
    return figure(title, drawing, caption="Of the final fit, the ten largest.")


def intervals_section(intervals: Record) -> Section:
    """Show how often intervals held, and how far members and draws are apart.

    Parameters
    ----------
    intervals : mapping
        `coverage` of `conformal_coverage`, `spread` of `member_spreads` and perhaps `draws` of `draw_widths`;
        any may be empty.

    Returns
    -------
    Section
        Anchor ``intervals``.

    Examples
    --------
    >>> intervals_section({"coverage": {}, "spread": {}}).anchor
    'intervals'
    """
    coverage = intervals["coverage"]
    parts: list[Html] = []
    for name, record in coverage.items():
        shown = element("div", _coverage_table(record))
        parts.append(element("div", _coverage_figure(name, record), shown, class_="pair"))
    if coverage:
        parts.append(note(CONFORMAL))
    parts += _uncertainty(coverage, intervals["spread"], intervals.get("draws", ()))
    return Section("intervals", "Intervals", join(parts))


def _coverage_figure(name: str, record: Record) -> Html:
    """Draw coverage by month against what was asked for."""
    wanted = 1 - record["miscoverage"]
    rates = [
        MonthRate(name=said, month=one["month"], rate=one["coverage"], n=one["n"], style=style)
        for kind, (style, said) in KINDS.items()
        for one in _months(record[kind])
        if one["coverage"] is not None
    ]
    if not rates:
        text = f"{name}: {count(record['n_calibration'])} calibration rows are too few to bound anything."
        return note(text)
    title = f"Coverage of the intervals of {name} by month"
    drawing = responsive(lambda size: draw_months(title, rates, size, rule=wanted))
    text = f"Grey: {fraction(wanted)}, asked for. {count(record['n_calibration'])} calibration rows."
    if record["n_left_out"]:
        text += f" {count(record['n_left_out'])} rows without a volatility are left out."
    return figure(title, drawing, keys=list(KINDS.values()), caption=text)


def _coverage_table(record: Record) -> Html:
    """Write coverage by month."""
    fixed = {one["month"]: one for one in record["fixed"]}
    rows = [
        [
            *(one["month"], count(one["n"]), count(one["n_infinite"]), fraction(one["coverage"])),
            *(
                interval(one["coverage_low"], one["coverage_high"], 3),
                fraction(fixed[one["month"]]["coverage"]),
            ),
            decimal(one["median_width"], 4),
        ]
        for one in record["online"]
    ]
    heads = ["month", "rows", "no bound", "updated", "0.99 interval", "fixed", "median width"]
    return table(heads, rows)


def _uncertainty(
    coverage: dict[str, Record], spread: dict[str, Record], draws: Sequence[Record]
) -> list[Html]:
    """Put the ways to be unsure beside each other."""
    rows: list[list[Any]] = [
        [f"spread of members, {name}", "logits", count(one["n"]), *_quantiles(one)]
        for name, one in spread.items()
    ]
    rows += [
        [
            f"{fraction(one['level'], 2)} of {one['n_draws']} draws of {one['member']}, {name}",
            *("probability", count(width["n"]), *_quantiles(width)),
        ]
        for one in draws
        for name, width in one["widths"].items()
    ]  # fmt: skip
    for name, record in coverage.items():
        whole = record["online"][-1]
        width = decimal(whole["median_width"], 4)
        rows.append([f"conformal width of {name}, test", "as the target", count(whole["n"]), "-", width, "-"])
    if not rows:
        return []
    heads = ["uncertainty", "unit", "rows", "0.1 quantile", "median", "0.9 quantile"]
    return [element("h3", "How unsure"), table(heads, rows, n_texts=2)]


def _quantiles(one: Record) -> list[str]:
    """Write three quantiles."""
    return [decimal(one[name], 3) for name in ("low", "median", "high")]


def _months(rows: Sequence[Record]) -> list[Record]:
    """Leave out the line of all months."""
    return [one for one in rows if one["month"] != "all"]
