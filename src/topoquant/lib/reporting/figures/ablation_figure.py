"""What each part of the features is worth, as a plotly figure: dots with their intervals."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pandas as pd

from topoquant.lib.reporting.figures.plotly_figures import BLUE, GREEN, GREY, ORANGE, RED, titled_panels

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

SETS = {"oof": "train rows, out of fold", "val": "val rows"}
# By what an interval tells, and by what a variant is for.
FINDINGS = {
    "earns": ("above chance", GREEN),
    "nothing": ("not told from chance", GREY),
    "hurts": ("below chance", RED),
    "unknown": ("too few rows", GREY),
}
KINDS = {
    "reference": ("sign-blind", ORANGE), "alone": ("alone", GREY), "added": ("one after another", BLUE)
}  # fmt: skip
# What a panel shows of which variants, and the words on its axis.
PANELS = {
    "lost": "log-loss lost without it (nats)",
    "over_blind": "log-loss gained when added to the sign-blind columns (nats)",
    "gain": "log-loss gained over the base rate (nats)",
}
ROW, AROUND = 26, 330  # pixels of a row, and of what stands around the rows


def ablation_figure(table: pd.DataFrame, found: Mapping[str, Any]) -> "Figure":
    """Draw what is lost without each part, what each adds to volatility, and what parts gain together.

    Parameters
    ----------
    table : DataFrame
        Of an ablation: a row per variant and set.
    found : mapping
        Its record: `member`, `parts` (`name`, `finding`, `beside_finding`) and `beside_all`.

    Returns
    -------
    plotly.graph_objects.Figure
        Three panels below each other: the log-loss without each part less that with all of them; what each
        part, and all of them, gain when they are added to the sign-blind columns; and the gain over the base
        rate of each part alone, of parts added one after another and of the sign-blind columns. On the left
        train rows out of fold, on the right val rows, all with 0.99 intervals. The two first are coloured by
        what follows out of fold.

    Examples
    --------
    >>> row = {f"{name}{end}": 0.1 for name in PANELS for end in ("", "_low", "_high")}
    >>> about = [("without tda", "without", "tda"), ("tda alone", "alone", "tda"), ("both", "beside", "tda")]
    >>> table = pd.DataFrame([{**row, "set": "oof", "variant": v, "kind": k, "part": p} for v, k, p in about])
    >>> part = {"name": "tda", "finding": "earns", "beside_finding": "nothing"}
    >>> found = {"member": "lightgbm", "parts": [part], "beside_all": {"finding": "nothing"}}
    >>> [trace.name for trace in ablation_figure(table, found).data if trace.name]
    ['above chance', 'not told from chance', 'alone']
    """
    sets = [name for name in SETS if (table["set"] == name).any()]
    shown = {name: _panels(table.loc[table["set"] == name], found) for name in sets}
    n_rows = [len(rows) for rows in shown[sets[0]].values()]
    heads = ("lost without it", "added to sign-blind", "gained over the base rate")
    figure = titled_panels(
        f"What each part of the features is worth to {found['member']}", len(PANELS), len(sets),
        heads=[f"{head}: {SETS[name]}" for head in heads for name in sets],
        row_heights=[n + 1 for n in n_rows],
    )  # fmt: skip
    for column, name in enumerate(sets, start=1):
        for row, (key, rows) in enumerate(shown[name].items(), start=1):
            _add_panel(figure, rows, key, {"row": row, "col": column})
    return figure.update_layout(height=AROUND + ROW * sum(n_rows))


def _panels(table: pd.DataFrame, found: Mapping[str, Any]) -> dict[str, pd.DataFrame]:
    """Choose the variants of every panel, each with the name and the style of its row."""
    parts = {part["name"]: part for part in found["parts"]}
    without, beside = (table.loc[table["kind"] == kind] for kind in ("without", "beside"))
    added = {name: part["beside_finding"] for name, part in parts.items()}
    whole = found["beside_all"]["finding"]
    rest = table.loc[table["kind"].isin(list(KINDS))]
    return {
        "lost": without.assign(
            row=without["part"],
            style=without["part"].map({name: one["finding"] for name, one in parts.items()}),
        ),
        "over_blind": beside.assign(
            row=beside["part"].fillna("all"), style=beside["part"].map(added).fillna(whole)
        ),
        "gain": rest.assign(row=rest["variant"], style=rest["kind"]),
    }


def _add_panel(figure: "Figure", rows: pd.DataFrame, key: str, place: Mapping[str, int]) -> None:
    """Add a dot with its interval per row, in the style of its kind, and the line of no difference."""
    # The line goes first: it puts the rows in their order.
    figure.add_scatter(
        x=[0.0] * len(rows), y=list(rows["row"]), mode="lines", line={"color": GREY, "dash": "dot"},
        showlegend=False, hoverinfo="skip", **place,
    )  # fmt: skip
    for style, (words, colour) in (FINDINGS | KINDS).items():
        own = rows.loc[rows["style"] == style]
        if own.empty:
            continue
        ends = {"array": own[f"{key}_high"] - own[key], "arrayminus": own[key] - own[f"{key}_low"]}
        is_named = place["col"] == 1 and words not in {trace.name for trace in figure.data}
        figure.add_scatter(
            x=own[key], y=list(own["row"]), error_x={"type": "data", **ends}, mode="markers",
            name=words if is_named else None, legendgroup=words, showlegend=is_named,
            marker={"color": colour, "size": 9}, **place,
        )  # fmt: skip
    figure.update_xaxes(title_text=PANELS[key], **place)
    # Rows are named on the left alone.
    figure.update_yaxes(autorange="reversed", showticklabels=place["col"] == 1, **place)
