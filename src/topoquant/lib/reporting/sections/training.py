"""How each member learnt."""

from collections.abc import Sequence

import pandas as pd

from topoquant.lib.reporting.figures.line_chart import Line, LineChart, draw_lines
from topoquant.lib.reporting.figures.plot import figure, responsive
from topoquant.lib.reporting.formatting import Record, count, duration
from topoquant.lib.reporting.markup import Html, element, join, note, table
from topoquant.lib.reporting.sections.section import Section


def training_section(training_records: Sequence[Record]) -> Section:
    """Show what each member's training cost and its losses by epoch.

    Parameters
    ----------
    training_records : sequence of mapping
        Per member: member, model, n_parameters (or None), fit_seconds, n_epochs, best_epoch, n_train_rows,
        n_features, model_hash, history (sequence of fold, epoch, train_loss, val_loss, learning_rate).

    Returns
    -------
    Section
        Anchor ``members``.
    """
    headers = [
        "member",
        "model",
        "parameters",
        "features",
        "train rows",
        "epochs",
        "best epoch",
        "fit",
        "hash",
    ]
    rows = [
        [
            *(
                record["member"],
                record["model"],
                count(record.get("n_parameters")),
                count(record.get("n_features")),
            ),
            *(
                count(record.get("n_train_rows")),
                count(record.get("n_epochs")),
                count(record.get("best_epoch")),
            ),
            *(duration(record.get("fit_seconds")), str(record.get("model_hash") or "-")[:8]),
        ]
        for record in training_records
    ]
    curves = [_curves(record) for record in training_records if len(record.get("history") or ()) > 1]
    parts = [element("div", *curves, class_="pair"), table(headers, rows, n_texts=2)]
    parts.append(
        note("Early stopping watches the purged last tenth of each fit's own train rows, never val or test.")
    )
    return Section("members", "Members", join(parts))


def _curves(record: Record) -> Html:
    """Draw one member's losses: the final fit in full, its folds faint."""
    history = pd.DataFrame(list(record["history"]))
    folds = history["fold"].astype(str)
    strong = "final" if (folds == "final").any() else folds.iloc[-1]
    lines: list[Line] = []
    for fold in [*(fold for fold in folds.unique() if fold != strong), strong]:
        rows = history.loc[folds == fold].sort_values("epoch")
        faint = "" if fold == strong else " faint"
        for column, name, style in (
            ("train_loss", "train", "c6 dashed"),
            ("val_loss", "early stopping", "c0"),
        ):
            y = pd.to_numeric(rows[column], errors="raise").to_numpy(float)
            if pd.notna(y).any():
                lines.append(Line(name=name, x=rows["epoch"].to_numpy(float), y=y, style=f"{style}{faint}"))
    if not lines:
        return Html("")
    chart = LineChart(
        title=f"Losses of {record['member']}", lines=lines, x_label="epoch", y_label="loss, nats"
    )
    keys = [("c6 dashed", "train"), ("c0", "early stopping rows")]
    return figure(str(record["member"]), responsive(lambda size: draw_lines(chart, size)), keys=keys)
