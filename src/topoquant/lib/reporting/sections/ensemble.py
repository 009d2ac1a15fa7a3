"""Which prediction was chosen, what it was chosen from, and how members are weighed."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from topoquant.lib.reporting.figures.bar_chart import draw_bars
from topoquant.lib.reporting.figures.line_chart import Line, LineChart, draw_lines
from topoquant.lib.reporting.figures.plot import NARROW, WIDE, figure, responsive
from topoquant.lib.reporting.formatting import Record, count, decimal, fraction, one_line
from topoquant.lib.reporting.markup import Html, element, join, note, table
from topoquant.lib.reporting.sections.section import Section

# Inputs of a stack that sees regimes: `<member> x <probability>`; p_range is 1 less the others.
TIMES = " x "
VOID = "no gate: "
STATES = {"range": None, "trend": "p_trend", "panic": "p_panic"}


def ensemble_section(choices: Record) -> Section:
    """Show the final prediction, its rivals' log-loss on val, the gate, and what members weigh.

    Parameters
    ----------
    choices : mapping
        final (name, reason, log_loss by prediction), naive (member, log_loss by member) and, where there
        are: fallback of final, gate, stack (intercept, weights by input), boosted_stack (importance by
        input), weights (columns, unknown, rows), adaptive (time, weights by member, and its options).

    Returns
    -------
    Section
        Anchor ``ensemble``.
    """
    final, naive = choices["final"], choices["naive"]
    why, *notes = str(final["reason"]).split("; ")
    lead = element("p", element("strong", final["name"]), f": {one_line(why)}", class_="lead")
    rivals = [["prediction", name, decimal(loss, 4)] for name, loss in final.get("log_loss", {}).items()]
    rivals += [["naive", name, decimal(loss, 4)] for name, loss in naive.get("log_loss", {}).items()]
    shown = element("div", table(["chosen among", "name", "log-loss, first half of val"], rivals, n_texts=2))
    drawn = [*_stack(choices.get("stack")), *_boosted(choices.get("boosted_stack"))]
    drawn += [*_table(choices.get("weights")), *_path(choices.get("adaptive"))]
    parts = [lead, *_decisions(choices, notes), element("div", shown, *drawn, class_="pair")]
    parts.append(note(f"Naive is {naive['member']}. Test rows had no part in any choice."))
    return Section("ensemble", "Ensemble", join(parts))


def _decisions(choices: Record, notes: list[str]) -> list[Html]:
    """Say what was fallen back from, what the gate decided, and what could not be made."""
    fallback, gate = choices["final"].get("fallback"), choices.get("gate")
    said: dict[str, str] = {}
    if fallback:
        text = f"{fallback['from']} was fitted and is not used: its log-loss on the first half of val is "
        said["Fall-back"] = f"{text}{fallback['loss']:.4f} higher."
    if gate:
        said["No gate" if gate["use"] == "void" else "Gate"] = f"{gate['reason'].removeprefix(VOID)}."
    told = {gate["reason"]} if gate else set()
    left = [one for one in notes if one not in told and not (fallback and one.startswith("fell back from"))]
    if left:
        said["Left out"] = f"{'; '.join(left)}."
    return [element("p", element("strong", name), f": {one_line(text)}") for name, text in said.items()]


def _stack(stack: Record | None) -> list[Html]:
    """Draw the weights of the logistic stack, or write them by regime where it sees regimes."""
    if not stack:
        return []
    weights, intercept = stack["weights"], float(stack["intercept"])
    if not any(name in weights for name in STATES.values()):
        caption = f"Intercept {decimal(intercept, 3)} (logits). Fitted on out-of-fold rows."
        return [_bars("Weights of the stack", weights, "weight on the member's logit", caption)]
    members = [name for name in weights if TIMES not in name and name not in STATES.values()]
    rows = [[name, *(decimal(_in_state(weights, name, p), 3) for p in STATES.values())] for name in members]
    constants = [intercept + (weights[p] if p else 0.0) for p in STATES.values()]
    rows.append(["intercept (logits)", *(decimal(value, 3) for value in constants)])
    caption = (
        "Where a regime is certain; between them weights are mixed by its probabilities. Out-of-fold rows."
    )
    return [figure("Weights of the stack", table(["on the logit of", *STATES], rows), caption=caption)]


def _in_state(weights: Mapping[str, float], member: str, probability: str | None) -> float:
    """Add to the weight of a member what a regime adds."""
    return weights[member] + (weights[f"{member}{TIMES}{probability}"] if probability else 0.0)


def _boosted(boosted: Record | None) -> list[Html]:
    """Draw what the boosted stack looks at."""
    if not boosted:
        return []
    caption = "Share of the gain of all splits. Fitted on out-of-fold rows."
    return [_bars("Importances of the boosted stack", boosted["importance"], "share of the gain", caption)]


def _bars(title: str, values: Mapping[str, float], unit: str, caption: str) -> Html:
    """Draw one bar per name."""
    drawing = responsive(lambda size: draw_bars(title, values, unit, size.width), WIDE, NARROW)
    return figure(title, drawing, caption=caption)


def _table(weights: Record | None) -> list[Html]:
    """Write the table of weights, one column per regime, where a regime changes one."""
    columns = weights["columns"] if weights else {}
    if not weights or all(column == columns["default"] for column in columns.values()):
        return []
    rows = [[name, *(fraction(column[name]) for column in columns.values())] for name in columns["default"]]
    n_rows = weights["rows"]
    default = sum(n for rule, n in n_rows.items() if rule not in columns)
    seen = [count(default) if name == "default" else count(n_rows.get(name, 0)) for name in columns]
    rows += [["train and val rows", *seen]] if n_rows else []
    caption = "Shares of the members of this recipe, by the rule of the row."
    if weights["unknown"]:
        caption += (
            f" Not in the table, and so 1/{len(rows) - bool(n_rows)} each: {', '.join(weights['unknown'])}."
        )
    return [figure("Weights by regime", table(["member", *columns], rows), caption=caption)]


def _path(adaptive: Record | None) -> list[Html]:
    """Draw how weights followed recent losses."""
    if not adaptive:
        return []
    times = pd.to_datetime(list(adaptive["time"]), utc=True)
    x = np.array([time.timestamp() for time in times])
    lines = [
        Line(name=name, x=x, y=np.asarray(values, dtype=float), style=f"c{i % 6}")
        for i, (name, values) in enumerate(adaptive["weights"].items())
    ]
    chart = LineChart(
        title="Adaptive weights over time", lines=lines, x_label="time (UTC)", y_label="weight", in_time=True
    )
    drawing = responsive(lambda size: draw_lines(chart, size), WIDE, NARROW)
    caption = (
        f"{adaptive['symbol']}, train and val rows. By the loss of the last {count(adaptive['window'])} "
        f"predictions that were resolved by then, half-life {decimal(adaptive['half_life'], 0)}."
    )
    keys = [(line.style, line.name) for line in lines]
    return [figure("Adaptive weights", drawing, keys=keys, caption=caption)]
