"""What is predicted, how often it is true and when, and what to beware of."""

from collections.abc import Sequence

from topoquant.lib.reporting.figures.interval_chart import Dot, draw_intervals
from topoquant.lib.reporting.figures.month_chart import MonthRate, draw_months
from topoquant.lib.reporting.figures.plot import NARROW, WIDE, Size, figure, responsive
from topoquant.lib.reporting.formatting import Record, count, decimal, fraction, one_line, signed
from topoquant.lib.reporting.markup import Html, element, facts, join, note, table
from topoquant.lib.reporting.sections.section import Section

SETS = ("train", "val", "test")
STYLES = {"train": "c0", "val": "c1", "test": "c2"}
CLASSES = {"-1": "label -1", "0": "label 0", "1": "label 1"}
ENDS = {"upper": "upper", "lower": "lower", "both": "both in one bar", "time": "time limit"}
INDEPENDENT = "Unique: the mean uniqueness, since overlapping horizons share bars. Independent: its sum."
DRIFT = """Errors: standard errors of two shares of as many independent rows. A base rate that moved is
reported, not corrected."""
VOLATILITY = """A logistic regression on features that do not know which way the price went, fitted on train
rows. By chance: what a blind guess passes once in a hundred, given the independent rows."""
RETURNS = """Returns from the fill to the exit, before costs; median: of their size. Those of test rows are
left to the backtest."""


def labels_section(label_summary: Record, target: Record | None, dropped: Record) -> Section:
    """Show the target: what to beware of, its rate over time and in calm and wild markets, its rows.

    Parameters
    ----------
    label_summary : mapping
        Of `summarise_labels`.
    target : mapping or None
        horizon, side, target_id and, where the kind of target has one, threshold; where it was
        fitted, fitted, n_rows and rate_wanted.
    dropped : mapping
        Rows without a target or features, by reason.

    Returns
    -------
    Section
        Anchor ``label``.
    """
    parts = [
        _warnings(label_summary),
        element("p", one_line(label_summary["text"]), class_="lead"),
        element("div", _month_figure(label_summary), _regime_figure(label_summary), class_="pair"),
        _sets(label_summary),
        note(f"{INDEPENDENT} {_thinned(label_summary)}".strip()),
    ]
    if target is not None:
        parts.append(facts(_target(target)))
    own = {name: label_summary["dropped"][name] for name in ("filtered", "invalid")}
    lost = {**dropped, **{name: n for name, n in own.items() if n}}
    parts.append(facts({f"dropped: {name.replace('_', ' ')}": count(n) for name, n in lost.items()}))
    blocks = [write(label_summary) for write in (_classes, _drift, _volatility, _returns, _touched, _symbols)]
    parts.append(element("div", *(element("div", block) for block in blocks if block), class_="pair"))
    return Section("label", "Target", join([*parts, _folded(label_summary)]))


def _warnings(summary: Record) -> Html:
    """List what to beware of, or say that there is nothing."""
    if not summary["warnings"]:
        return note("Nothing about the label asks for a warning.")
    return element("ul", *(_one_warning(one) for one in summary["warnings"]), class_="findings")


def _one_warning(warning: Record) -> Html:
    """Write one warning, or a note of what is as expected."""
    is_note = warning["severity"] == "note"
    sign, shape, word = ("i", "sign ok", "note") if is_note else ("!", "sign warning", "warning")
    mark = element("span", sign, class_=shape, aria_label=word)
    name = element("strong", warning["name"].replace("_", " "))
    return element("li", mark, element("div", name, " ", element("span", one_line(warning["text"]))))


def _month_figure(summary: Record) -> Html:
    """Draw the rate by month, one colour per set."""
    names = {"rate": "", "rate_lower": ", label -1"}
    shown = [column for column in names if column in summary["months"][0]]
    rates = [
        MonthRate(
            name=f"{one['set']}{names[column]}",
            month=one["month"],
            rate=one[column],
            n=one["n"],
            style=STYLES[one["set"]] + (" dashed" if names[column] else ""),
        )
        for column in shown
        for one in summary["months"]
    ]
    title = f"Rate of {summary['rate_of']} by month"
    rule = summary["rate"]["train"]
    drawing = responsive(lambda size: draw_months(title, rates, size, rule=rule))
    keys = list(dict.fromkeys((rate.style, rate.name) for rate in rates))
    text = f"Columns: rows of each month. Grey: the rate of all train rows, {fraction(rule)}."
    return figure(title, drawing, keys=keys, caption=text)


def _regime_figure(summary: Record) -> Html:
    """Draw the rate in calm, normal and wild markets."""
    if not summary["regimes"]:
        return note("Too few bars to tell calm from wild ones.")
    dots = [
        Dot(
            name=f"{one['regime']}, {one['set']}",
            value=one["rate"],
            low=None,
            high=None,
            style=STYLES[one["set"]],
        )
        for one in summary["regimes"]
    ]
    title, unit = "Rate by regime", f"rate of {summary['rate_of']}"
    wide, narrow = (Size(size.width, 64 + 30 * len(dots)) for size in (WIDE, NARROW))
    drawing = responsive(lambda size: draw_intervals(title, dots, [], unit, size), wide, narrow)
    edges = [
        f"{'' if one['symbol'] is None or len(summary['regime_edges']) == 1 else one['symbol'] + ': '}"
        f"calm to {fraction(one['calm_to'], 4)}, wild from {fraction(one['wild_from'], 4)}"
        for one in summary["regime_edges"]
    ]
    text = "Terciles of the average range of a bar over train rows, known at the time: "
    return figure(title, drawing, caption=f"{text}{'; '.join(edges)}. Test rows are not looked at.")


def _sets(summary: Record) -> Html:
    """Write rates and rows per set."""
    rows = [
        [
            *(name, fraction(summary["rate"][name]), count(summary["n"][name])),
            *(fraction(summary["mean_uniqueness"][name]), count(summary["effective_n"][name])),
        ]
        for name in SETS
    ]
    return table(["set", "rate", "rows", "unique", "independent"], rows)


def _thinned(summary: Record) -> str:
    """Say that train rows were thinned, where they were."""
    kept, every = summary["train_rows"]["kept"], summary["train_rows"]["all"]
    return "" if kept == every else f"Train rows were thinned to {count(kept)} of {count(every)} (n_rows)."


def _target(record: Record) -> dict[str, object]:
    """Write what the target is, and how its threshold came about."""
    pairs: dict[str, object] = {
        "horizon, bars": record["horizon"],
        "side": record["side"],
        "target id": record["target_id"],
    }
    if record.get("threshold") is not None:
        pairs = {"threshold": fraction(record["threshold"], 4), **pairs}
    if record.get("fitted"):
        wanted = fraction(record["rate_wanted"])
        pairs["fitted on"] = f"{count(record['n_rows'])} train rows, rate wanted {wanted}"
    return pairs


def _classes(summary: Record) -> Html:
    """Write rows and independent rows of every class."""
    signs = {"0": "at or below 0", "1": "above 0"}
    names = signs if summary["kind"] == "continuous" else CLASSES
    rows = []
    for value in summary["classes"]["train"]:
        counts = [summary["classes"][name][value] for name in SETS]
        rows.append([names[value], *(count(one["n"]) for one in counts)])
        rows.append(["independent", *(count(one["effective_n"]) for one in counts)])
    return join([element("h3", "Classes"), table(["class", *SETS], rows)])


def _drift(summary: Record) -> Html:
    """Write how far the rates moved."""
    rows = [
        [
            f"{one['first']} to {one['second']}{', label -1' if one['class'] == '-1' else ''}",
            signed(one["difference"]),
            decimal(one["ratio"], 2),
            decimal(one["z"], 1),
        ]
        for one in summary["drift"]
    ]
    shown = table(["rate from", "difference", "ratio", "errors"], rows)
    return join([element("h3", "Base rate between sets"), shown, note(DRIFT)])


def _touched(summary: Record) -> Html:
    """Write which barrier ended the rows of every set."""
    if summary["touched"] is None:
        return Html("")
    rows = [[ENDS[end], *(fraction(summary["touched"][name][end], 4) for name in SETS)] for end in ENDS]
    text = "Shares of rows. A bar that touches both barriers counts as stopped."
    return join([element("h3", "What ended a row"), table(["touched", *SETS], rows), note(text)])


def _volatility(summary: Record) -> Html:
    """Write what volatility alone can tell."""
    rows = [
        [one["question"], fraction(one["auc"]), fraction(one["chance"]), count(one["n"])]
        for one in summary["volatility"]
    ]
    missing = "; ".join(
        f"{one['question']}: {one['reason']}" for one in summary["volatility"] if one["reason"]
    )
    text = f"{VOLATILITY} {f'Not measured: {missing}.' if missing else ''}".strip()
    shown = table(["what it tells", "AUC", "by chance", "val rows"], rows)
    return join([element("h3", "Volatility alone"), shown, note(text)])


def _returns(summary: Record) -> Html:
    """Write the moments of returns."""
    rows = [
        [
            f"{column}, {name}",
            *(fraction(one["std"], 4), fraction(one["median_abs"], 4), signed(one["mean"], 5)),
            fraction(one["positive"]),
        ]
        for column, sets in summary["returns"].items()
        for name, one in sets.items()
    ]
    if not rows:
        return Html("")
    headers = ["return", "std", "median", "mean", "above 0"]
    return join([element("h3", "Returns"), table(headers, rows), note(RETURNS)])


def _symbols(summary: Record) -> Html:
    """Write the rate of every symbol, where there are several."""
    if not summary["symbols"]:
        return Html("")
    return join([element("h3", "Symbols"), _rates(summary["symbols"], "symbol")])


def _folded(summary: Record) -> Html:
    """Write the numbers behind both charts, folded away."""
    shown = [_rates(summary["regimes"], "regime")] if summary["regimes"] else []
    title = element("summary", "Rates and rows by regime and by month")
    return element("details", title, *shown, _rates(summary["months"], "month"))


def _rates(records: Sequence[Record], name: str) -> Html:
    """Write rates and rows by the values of a column."""
    rates = [column for column in ("rate", "rate_lower") if column in records[0]]
    rows = [
        [one[name], one["set"], count(one["n"]), *(fraction(one[column]) for column in rates)]
        for one in records
    ]
    return table([name, "set", "rows", *("rate", "label -1")[: len(rates)]], rows, n_texts=2)
