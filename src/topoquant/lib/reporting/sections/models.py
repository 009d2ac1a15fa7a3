"""How good each model is, beside what is naive and what is possible."""

from collections.abc import Sequence

from topoquant.lib.reporting.facts import power_text
from topoquant.lib.reporting.figures.interval_chart import Dot, Mark, draw_intervals
from topoquant.lib.reporting.figures.plot import NARROW, WIDE, Size, figure, responsive
from topoquant.lib.reporting.formatting import (
    Record,
    count,
    decimal,
    duration,
    fraction,
    interval,
    is_missing,
    signed,
)
from topoquant.lib.reporting.markup import Html, element, join, note, table
from topoquant.lib.reporting.sections.section import Section

STYLES = {"naive": "c6", "baseline": "c6", "member": "c0", "ensemble": "c2", "permuted": "c3"}
EXPLAINED = """AUC, gain (log-loss of naive minus its own, nats), ECE and Cox slope are measured on test rows;
oof AUC on train rows, each scored by the fold that held it out. Timing t: the mean of (position less its
mean) times next-open return over its block-bootstrap error, before costs. p: one-sided, of timing t (of the
gain where the target has no side); Holm and BHY: the same, for as many tests as rows. Intervals are 0.99, by
block bootstrap."""
ROW_HEIGHT, LEAST_ROW_HEIGHT, AXIS_HEIGHT = 27, 16, 64


def models_section(model_scores: Sequence[Record], ceiling: float | None, power: Record | None) -> Section:
    """Show the model table and each model's gain over naive.

    Parameters
    ----------
    model_scores : sequence of mapping
        Rows of the model table.
    ceiling : float or None
        The AUC no model can beat, on a market whose law is known.
    power : mapping or None
        What signal would have been found, as in `SummaryFacts`.

    Returns
    -------
    Section
        Anchor ``models``.
    """
    headers = [
        "model",
        "what",
        "rows",
        "AUC",
        "0.99 interval",
        "gain over naive",
        "0.99 interval",
        "timing t",
        "p",
        "Holm",
        "BHY",
    ]
    headers += ["ECE", "Cox slope", "log-loss", "std of logit", "oof AUC", "fit"]
    charts = dict.fromkeys([model_chart(model_scores, ceiling), gain_chart(model_scores)])
    parts = [element("div", *charts, class_="pair")]
    parts.append(table(headers, [_row(row) for row in model_scores], n_texts=2))
    parts.append(note(EXPLAINED))
    parts.append(element("p", f"Power: {power_text(power)}."))
    return Section("models", "Models", join(parts))


def model_chart(
    model_scores: Sequence[Record],
    ceiling: float | None,
    height: int | None = None,
    title: str = "Models: AUC on test rows",
) -> Html:
    """Draw each model's AUC with its interval against naive and ceiling.

    Parameters
    ----------
    model_scores : sequence of mapping
        Rows of the model table; those without an AUC are left out. Where none has one, the gains are drawn.
    ceiling : float or None
        The AUC no model can beat.
    height : int or None
        Least height in pixels; without it, the height follows from the number of models.
    title : str
        Of the chart.

    Returns
    -------
    Html
        A figure, or a line saying that there is nothing to draw.
    """
    rows = [row for row in model_scores if not is_missing(row.get("auc"))]
    if not rows:
        return gain_chart(model_scores)
    naive = [Mark(name="naive", value=row["auc"], style="rule") for row in rows if row["role"] == "naive"]
    top = [] if ceiling is None else [Mark(name="ceiling", value=ceiling, style="ceiling")]
    dots = [_dot(row, "auc") for row in rows]
    return _interval_figure(title, "AUC, 0.99 interval", dots, [*naive, *top], height)


def gain_chart(model_scores: Sequence[Record]) -> Html:
    """Draw each model's gain over naive with its interval.

    Parameters
    ----------
    model_scores : sequence of mapping
        Rows of the model table; naive and those without a gain are left out.

    Returns
    -------
    Html
        A figure, or a line saying that there is nothing to draw.
    """
    rows = [row for row in model_scores if not is_missing(row.get("gain")) and row["role"] != "naive"]
    if not rows:
        return note("No model of this run has a gain over naive.")
    mark = [Mark(name="naive", value=0.0, style="rule")]
    dots = [_dot(row, "gain") for row in rows]
    return _interval_figure(
        "Gain over naive", "log-loss of naive minus its own, nats, 0.99 interval", dots, mark, None
    )


def _interval_figure(
    title: str, unit: str, dots: Sequence[Dot], marks: Sequence[Mark], height: int | None
) -> Html:
    """Draw rows of dots at both widths."""
    tall = max(height or 0, AXIS_HEIGHT + (LEAST_ROW_HEIGHT if height else ROW_HEIGHT) * len(dots))
    wide, narrow = (Size(size.width, tall) for size in (WIDE, NARROW))
    drawing = responsive(lambda size: draw_intervals(title, dots, marks, unit, size), wide, narrow)
    return figure(title, drawing)


def _dot(row: Record, column: str) -> Dot:
    """Make a row's dot."""
    ends = (row.get(f"{column}_low"), row.get(f"{column}_high"))
    low, high = (None if is_missing(end) else end for end in ends)
    return Dot(
        name=str(row["name"]), value=row[column], low=low, high=high, style=STYLES.get(row["role"], "c0")
    )


def _row(row: Record) -> list[str]:
    """Write one row of the table."""
    what = f"{row['role']}: {row['note']}" if row.get("note") else str(row["role"])
    auc, gain = (
        interval(row.get(f"{name}_low"), row.get(f"{name}_high"), 3, sign=name == "gain")
        for name in ("auc", "gain")
    )
    return [
        *(str(row["name"]), what, count(row.get("n")), fraction(row.get("auc")), auc),
        *(signed(row.get("gain")), gain, decimal(row.get("timing_t"))),
        *(fraction(row.get(name)) for name in ("p", "p_holm", "p_bhy")),
        *(fraction(row.get("ece")), decimal(row.get("cox_slope"), 2), decimal(row.get("log_loss"), 4)),
        *(decimal(row.get("logit_std"), 2), fraction(row.get("oof_auc")), duration(row.get("fit_seconds"))),
    ]
