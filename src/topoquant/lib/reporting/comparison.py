"""Runs side by side: a page, a figure and last lines."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

from topoquant.lib.reporting.figures.interval_chart import Dot, Mark, draw_intervals
from topoquant.lib.reporting.figures.plot import NARROW, WIDE, Size, figure, responsive
from topoquant.lib.reporting.figures.plotly_figures import BLUE, titled_figure
from topoquant.lib.reporting.formatting import (
    Record,
    count,
    day,
    decimal,
    fraction,
    interval,
    is_missing,
    one_line,
    signed,
)
from topoquant.lib.reporting.markup import Html, element, join, note, table
from topoquant.lib.reporting.page import html_document
from topoquant.lib.reporting.summary_tables import difference_texts

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

ROW_HEIGHT, AXIS_HEIGHT = 27, 64
RUNS = """The newest first. AUC, gain over naive and net return are of the final prediction on its own test
rows; intervals are 0.99. A better number on another market or of another target is not a better model."""
PAIRS = """On the test rows both runs hold, with the same resampled blocks of time for both. Above 0 the first
is better; an interval that holds 0 does not tell them apart. Gain in nats per row."""
HEADERS = (
    *("run", "market", "target", "test period", "verdict", "tradeable", "rows", "AUC", "0.99 interval"),
    *("gain over naive", "timing t", "DSR", "net return", "started", "revision"),
)


def comparison_page(comparison: pd.DataFrame, pairs: Sequence[Record], provenance: Record) -> str:
    """Write the page of a comparison.

    Parameters
    ----------
    comparison : pandas.DataFrame
        Of `comparison_table`, at least one row.
    pairs : sequence of mapping
        Of `compare_runs`.
    provenance : mapping
        started, revision, command: of the comparison itself.

    Returns
    -------
    str
        One HTML document that needs nothing but itself.
    """
    rows = _records(comparison)
    title = element("h1", element("small", "topoquant"), "compare")
    said = element("span", f"{provenance['started']} · {provenance['revision']}", class_="run")
    masthead = element("div", title, element("span", counts_text(comparison, pairs)), said, class_="masthead")
    compared = [one for one in pairs if one["reason"] is None]
    refused = [one for one in pairs if one["reason"] is not None]
    parts = [
        element("header", masthead),
        element("section", element("h2", "Runs"), _auc_chart(rows), _runs(rows), note(RUNS), id="runs"),
        element("section", element("h2", "Every two runs"), _pairs(compared), _refused(refused), id="pairs"),
        element("section", element("h2", "Repeat"), element("pre", str(provenance["command"])), id="repeat"),
    ]
    return html_document("compare · topoquant", join(parts))


def comparison_lines(comparison: pd.DataFrame, pairs: Sequence[Record]) -> dict[str, list[str]]:
    """Write the last lines of a comparison.

    Parameters
    ----------
    comparison : pandas.DataFrame
        Of `comparison_table`.
    pairs : sequence of mapping
        Of `compare_runs`.

    Returns
    -------
    dict
        `body`: one line per run and per pair that was compared; `tail`: how many there were.

    Examples
    --------
    >>> pair = {"first": "a", "second": "b", "n": 9, "reason": "no test row in common"}
    >>> comparison_lines(pd.DataFrame(), [pair])["tail"]
    ['0 runs, 0 of 1 pairs compared; the page says why others are not']
    """
    width = max((len(name) for name in comparison.get("name", ())), default=0)
    body = [_run_line(row, width) for row in _records(comparison)]
    for pair in pairs:
        if pair["reason"] is None:
            texts = ", ".join(difference_texts(pair).values())
            body.append(f"paired  {pair['first']} less {pair['second']}: {texts} on {count(pair['n'])} rows")
    others = "; the page says why others are not" if any(pair["reason"] for pair in pairs) else ""
    return {"body": body, "tail": [f"{counts_text(comparison, pairs)}{others}"]}


def counts_text(comparison: pd.DataFrame, pairs: Sequence[Record]) -> str:
    """Say how many runs there are and how many pairs could be compared.

    Parameters
    ----------
    comparison : pandas.DataFrame
        One row per run.
    pairs : sequence of mapping
        reason.

    Returns
    -------
    str
        A few words.

    Examples
    --------
    >>> counts_text(pd.DataFrame({"name": ["a", "b"]}), [{"reason": None}])
    '2 runs, 1 of 1 pairs compared'
    """
    n_compared = sum(pair["reason"] is None for pair in pairs)
    return f"{len(comparison)} run{'s' * (len(comparison) != 1)}, {n_compared} of {len(pairs)} pairs compared"


def runs_figure(comparison: pd.DataFrame) -> "Figure":
    """Draw the AUC of every run with its interval.

    Parameters
    ----------
    comparison : pandas.DataFrame
        Of `comparison_table`.

    Returns
    -------
    plotly.graph_objects.Figure
        One dot per run that has an AUC, the newest on top.

    Examples
    --------
    >>> table = pd.DataFrame({"name": ["trigger 1"], "symbols": ["SYN"], "auc": [0.6], "auc_low": [0.5],
    ...                       "auc_high": [0.7]})
    >>> list(runs_figure(table).data[0].y)
    ['trigger 1 SYN']
    """
    drawn = titled_figure("Final predictions of runs", "AUC on the run's own test rows, 0.99 interval", "")
    rows = comparison.dropna(subset=["auc"])
    error = {
        "type": "data",
        "array": rows["auc_high"] - rows["auc"],
        "arrayminus": rows["auc"] - rows["auc_low"],
    }
    names = [f"{row['name']} {row['symbols']}" for row in _records(rows)]
    drawn.add_scatter(
        x=rows["auc"], y=names, error_x=error, mode="markers", marker={"color": BLUE, "size": 10}
    )
    return drawn.update_yaxes(autorange="reversed")


def _records(comparison: pd.DataFrame) -> list[dict[str, Any]]:
    """Read a table row by row."""
    return [{str(name): value for name, value in row.items()} for row in comparison.to_dict("records")]


def _run_line(row: Record, width: int) -> str:
    """Write one run."""
    auc = f"AUC {fraction(row['auc'])} {interval(row['auc_low'], row['auc_high'])}".rstrip()
    market = f"{row['symbols']} {row['interval']} {row['source']}"
    return one_line(
        f"run {row['name']:<{width}}  {market}, {row['target_id']}: {auc}, {row['verdict']}"
    ).replace("run ", "run     ", 1)


def _auc_chart(rows: Sequence[Record]) -> Html:
    """Draw every run that has an AUC."""
    dots = [
        Dot(
            name=row["name"],
            value=row["auc"],
            low=_end(row["auc_low"]),
            high=_end(row["auc_high"]),
            style="c0",
        )
        for row in rows
        if not is_missing(row["auc"])
    ]
    if not dots:
        return note("No run of these has an AUC.")
    height = AXIS_HEIGHT + ROW_HEIGHT * len(dots)
    marks = [Mark(name="chance", value=0.5, style="rule")]
    title = "Final predictions: AUC on each run's own test rows"
    drawing = responsive(
        lambda size: draw_intervals(title, dots, marks, "AUC, 0.99 interval", size),
        Size(WIDE.width, height), Size(NARROW.width, height),
    )  # fmt: skip
    return element("div", figure(title, drawing), class_="pair")


def _end(value: float) -> float | None:
    """Read an end of an interval."""
    return None if is_missing(value) else value


def _runs(rows: Sequence[Record]) -> Html:
    """Write the table of runs."""
    cells = [
        [
            *(row["name"], f"{row['symbols']} {row['interval']} {row['source']}", row["target_id"]),
            *(f"{day(row['first'])} to {day(row['last'])}", row["verdict"], row["tradeable"]),
            *(count(row["n_rows"]), fraction(row["auc"]), interval(row["auc_low"], row["auc_high"], 3)),
            *(
                signed(row["gain"]),
                decimal(row["timing_t"]),
                fraction(row["dsr"], 2),
                signed(row["net_return"]),
            ),
            *(str(row["started"])[:16].replace("T", " "), str(row["revision"])),
        ]
        for row in rows
    ]
    return table(HEADERS, cells, n_texts=6)


def _pairs(pairs: Sequence[Record]) -> Html:
    """Write the differences of the pairs that were compared."""
    if not pairs:
        return note("No two of these runs answer one question.")
    rows = []
    for pair in pairs:
        auc, gain = (
            f"{signed(pair[name], n)} {interval(pair[f'{name}_low'], pair[f'{name}_high'], n, sign=True)}"
            for name, n in (("auc", 3), ("gain", 4))
        )
        rows.append([pair["first"], pair["second"], auc, gain, count(pair["n"])])
    headers = ["first", "second", "AUC, first less second", "log-loss gain", "rows"]
    return join([table(headers, rows, n_texts=2), note(PAIRS)])


def _refused(pairs: Sequence[Record]) -> Html:
    """Write why the others were not compared."""
    if not pairs:
        return Html("")
    rows: list[list[Any]] = [[pair["first"], pair["second"], one_line(pair["reason"])] for pair in pairs]
    head = element("h3", "Not comparable")
    return join([head, table(["first", "second", "why"], rows, n_texts=3)])
