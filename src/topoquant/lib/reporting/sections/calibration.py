"""Whether a probability of .3 comes true three times in ten."""

from collections.abc import Sequence

import pandas as pd

from topoquant.lib.reporting.figures.line_chart import Line, LineChart, draw_lines
from topoquant.lib.reporting.figures.plot import Size, figure, responsive
from topoquant.lib.reporting.formatting import Record, count, decimal, fraction, is_missing
from topoquant.lib.reporting.markup import Html, element, join, note, table
from topoquant.lib.reporting.sections.section import Section

SQUARE = Size(560, 380)
NARROW_SQUARE = Size(340, 320)


def calibration_section(reliability: pd.DataFrame | None, model_scores: Sequence[Record]) -> Section:
    """Show the reliability diagram, ECE and Cox slope.

    Parameters
    ----------
    reliability : pandas.DataFrame or None
        Columns name, p_mean, rate, n: one row per model and bin of predicted probability, test rows.
    model_scores : sequence of mapping
        Rows of the model table: name, ece, cox_slope, log_loss.

    Returns
    -------
    Section
        Anchor ``calibration``.
    """
    scored = [row for row in model_scores if not is_missing(row.get("ece"))]
    rows = [
        [row["name"], fraction(row["ece"]), decimal(row.get("cox_slope"), 2), decimal(row.get("log_loss"), 4)]
        for row in scored
    ]
    text = "ECE: mean distance between probability and rate. Cox slope: 1 is calibrated, below 1 too sure of "
    text += "itself. Calibration is reported, not corrected: a base rate that moved is left as it is."
    drawn = [] if reliability is None or reliability.empty else [_diagram(reliability)]
    shown = table(["model", "ECE", "Cox slope", "log-loss"], rows)
    parts = [element("div", *drawn, element("div", shown), class_="pair"), note(text)]
    return Section("calibration", "Calibration", join(parts))


def _diagram(reliability: pd.DataFrame) -> Html:
    """Draw rate against probability beside the diagonal."""
    top = float(max(reliability["p_mean"].max(), reliability["rate"].max())) * 1.06
    ends = pd.Series([0.0, top]).to_numpy()
    lines = [Line(name="perfect", x=ends, y=ends, style="c6 dashed faint")]
    groups = list(reliability.groupby("name", sort=False))
    for i, (name, bins) in enumerate(groups):
        ordered = bins.sort_values("p_mean")
        x, y = ordered["p_mean"].to_numpy(float), ordered["rate"].to_numpy(float)
        lines.append(Line(name=str(name), x=x, y=y, style=f"c{i % 6}", markers=True))
    chart = LineChart(
        title="Reliability: observed rate against predicted probability",
        lines=lines,
        x_label="mean predicted probability",
        y_label="observed rate",
        bounds=(0.0, top),
    )
    drawing = responsive(lambda size: draw_lines(chart, size), SQUARE, NARROW_SQUARE)
    keys = [(line.style.split()[0], line.name) for line in lines]
    caption = f"Bins of {count(reliability['n'].min())} to {count(reliability['n'].max())} test rows."
    return figure("Reliability", drawing, keys=keys, caption=caption)
