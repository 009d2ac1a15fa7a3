"""Which rows train, validate and test."""

import pandas as pd

from topoquant.lib.reporting.figures.plot import Size, figure, responsive
from topoquant.lib.reporting.figures.timeline import LANES, draw_timeline, split_spans
from topoquant.lib.reporting.formatting import count
from topoquant.lib.reporting.markup import join, note, table
from topoquant.lib.reporting.sections.section import Section


def splits_section(splits: pd.DataFrame) -> Section:
    """Show the sets and folds over time, and how many rows each has.

    Parameters
    ----------
    splits : pandas.DataFrame
        Columns symbol, time, set, fold, kept; one row per bar of every symbol.

    Returns
    -------
    Section
        Anchor ``splits``.
    """
    spans = split_spans(splits)
    title = "Sets and folds over time"
    drawing = responsive(lambda size: draw_timeline(title, spans, size), Size(1136, 0))
    rows = []
    for name in LANES:
        here = splits.loc[splits["set"] == name]
        if len(here):
            first, last = f"{here['time'].min():%Y-%m-%d %H:%M}", f"{here['time'].max():%Y-%m-%d %H:%M}"
            rows.append([name, first, last, count(len(here)), count(int(here["kept"].sum()))])
    n_all, n_kept = (
        int((splits["set"] == "train").sum()),
        int(((splits["set"] == "train") & splits["kept"]).sum()),
    )
    thinned = (
        f" Train rows were thinned to {count(n_kept)} of {count(n_all)} (n_rows)." if n_kept < n_all else ""
    )
    text = "Numbers in the lane of train are folds: the block of rows each fold holds out. "
    text += f"Rows whose labels reach into another set are purged.{thinned}"
    train, val = (splits.loc[splits["set"] == name, "time"] for name in ("train", "val"))
    if len(val) and bool((train > val.min()).any()):
        text += " Val lies within train, in blocks chosen by the rate of their labels: it serves choices, "
        text += "never claims."
    shown = table(["set", "first", "last", "rows", "kept"], rows, n_texts=3)
    return Section(
        "splits", "Splits", join([figure(title, drawing, caption=text), shown, note("Times are UTC.")])
    )
