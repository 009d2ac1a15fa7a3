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


KINDS = {
    "identity": "none: no kind lowered the log-loss of blocks it was not fitted on",
    "temperature": "temperature (the logit divided by a number)",
    "platt": "Platt (a line through the logits)",
    "isotonic": "isotonic (steps that never fall)",
}


def calibration_section(
    reliability: pd.DataFrame | None, model_scores: Sequence[Record], calibration: Record | None = None
) -> Section:
    """Show the reliability diagram, ECE and Cox slope, and what the calibrator did.

    Parameters
    ----------
    reliability : pandas.DataFrame or None
        Columns name, p_mean, rate, n: one row per model and bin of predicted probability, test rows.
    model_scores : sequence of mapping
        Rows of the model table: name, ece, cox_slope, log_loss.
    calibration : mapping or None
        `calibrator`, `losses`, `n_rows`, and `before` and `after` on val and, in `test`, on test rows.

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
    text += (
        "itself. A base rate that moved is reported, not corrected: where volatility moved it, probabilities "
    )
    text += "have followed already."
    drawn = [] if reliability is None or reliability.empty else [_diagram(reliability)]
    shown = table(["model", "ECE", "Cox slope", "log-loss"], rows)
    parts = [element("div", *drawn, element("div", shown), class_="pair"), note(text)]
    if calibration is not None:
        parts += [element("h3", "The calibrator of the one prediction"), *_calibrator(calibration)]
    return Section("calibration", "Calibration", join(parts))


def _calibrator(calibration: Record) -> list[Html]:
    """Say which calibrator was chosen, and show the prediction before and after it."""
    kind = calibration["calibrator"]["kind"]
    losses = ", ".join(f"{name} {decimal(loss, 4)}" for name, loss in calibration["losses"].items())
    rate = fraction(calibration["train_rate"])
    text = (
        f"Chosen on {count(calibration['n_rows'])} out-of-fold rows, by log-loss on blocks of time that the "
    )
    text += f"fit had not seen: {losses}. It keeps the order of the rows: no AUC and no position changes. "
    text += f"Skill: 1 less the log-loss over that of always saying the train rate, {rate}."
    places = (("val", calibration), ("test", calibration.get("test") or {}))
    rows = [
        [name, when, *_numbers(place[when])]
        for name, place in places
        for when in ("before", "after")
        if place.get(when)
    ]
    headers = ["rows", "calibration", "ECE", "Cox slope", "intercept", "log-loss", "skill"]
    lead = element("p", element("strong", KINDS[kind]), class_="lead")
    return [lead, table(headers, rows, n_texts=2), note(text)]


def _numbers(record: Record) -> list[str]:
    """Write one row of numbers."""
    return [
        *(fraction(record["ece"]), decimal(record["cox_slope"], 2), decimal(record["cox_intercept"], 2)),
        *(decimal(record["log_loss"], 4), decimal(record["skill"], 4)),
    ]


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
