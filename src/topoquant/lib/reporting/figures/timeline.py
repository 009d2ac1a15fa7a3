"""Which stretch of time belongs to which set."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from topoquant.lib.reporting.figures.plot import Axis, Size, horizontal_axis, label, svg
from topoquant.lib.reporting.figures.scales import Scale, time_ticks
from topoquant.lib.reporting.formatting import count
from topoquant.lib.reporting.markup import Html, element

TOP, BOTTOM, LEFT, RIGHT, LANE = 8, 38, 86, 14, 30
LANES = ("train", "val", "test", "purged", "embargoed")
LEAST_WIDTH = 2.0


@dataclass(frozen=True, kw_only=True)
class Span:
    """A stretch of time in which every row belongs to the same set and fold.

    Attributes
    ----------
    set : str
        train, val, test, purged or embargoed.
    fold : int
        The fold the rows are held out in, -1 outside train.
    first, last : pandas.Timestamp
        Decision times of its first and last row.
    n_rows : int
        Rows of one symbol.
    """

    set: str
    fold: int
    first: pd.Timestamp
    last: pd.Timestamp
    n_rows: int


def split_spans(splits: pd.DataFrame) -> list[Span]:
    """Cut one symbol's rows into stretches of the same set and fold.

    Parameters
    ----------
    splits : pandas.DataFrame
        Columns symbol, time, set, fold. All symbols are cut at the same instants: the first speaks for all.

    Returns
    -------
    list of Span
        In the order of time.

    Examples
    --------
    >>> times = pd.date_range("2024-01-01", periods=3, freq="D", tz="UTC")
    >>> splits = pd.DataFrame({"symbol": "SYN", "time": times})
    >>> splits = splits.assign(set=["train", "train", "val"], fold=[0, 0, -1])
    >>> [(span.set, span.n_rows) for span in split_spans(splits)]
    [('train', 2), ('val', 1)]
    """
    rows = splits.loc[splits["symbol"] == splits["symbol"].iloc[0]].sort_values("time")
    sets, folds = rows["set"].to_numpy(dtype=str), rows["fold"].to_numpy()
    starts = np.flatnonzero(np.r_[True, (sets[1:] != sets[:-1]) | (folds[1:] != folds[:-1])])
    ends = np.r_[starts[1:], len(rows)] - 1
    times = pd.DatetimeIndex(rows["time"])
    return [
        Span(set=str(sets[a]), fold=int(folds[a]), first=times[a], last=times[b], n_rows=int(b - a + 1))
        for a, b in zip(starts, ends, strict=True)
    ]


def draw_timeline(title: str, spans: Sequence[Span], size: Size) -> Html:
    """Draw one lane per set over one axis of time.

    Parameters
    ----------
    title : str
        What the chart shows, for those who hear it read.
    spans : sequence of Span
        At least one.
    size : Size
        Its width counts; its height follows from the lanes.

    Returns
    -------
    Html
        The SVG element; each stretch says its dates when pointed at. Folds alternate between two shades.
    """
    size = Size(size.width, TOP + BOTTOM + LANE * len(LANES))
    first, last = min(span.first for span in spans), max(span.last for span in spans)
    scale = Scale(first.timestamp(), max(last.timestamp(), first.timestamp() + 1), LEFT, size.width - RIGHT)
    ticks = [(at.timestamp(), text) for at, text in time_ticks(first, last, max(2, size.width // 120))]
    parts = [horizontal_axis(Axis(scale, ticks, "decision time, UTC"), TOP, size.height - BOTTOM)]
    parts += [label(name, 0, TOP + LANE * i + LANE / 2 + 4, class_="row") for i, name in enumerate(LANES)]
    parts += [_span(span, scale) for span in spans]
    return svg(size, title, *parts)


def _span(span: Span, scale: Scale) -> Html:
    """Draw one stretch in its lane."""
    start, end = scale(span.first.timestamp()), scale(span.last.timestamp())
    width = max(LEAST_WIDTH, end - start)
    y = TOP + LANE * LANES.index(span.set)
    fold = "" if span.fold < 0 else f" fold {span.fold}"
    dates = f"{span.first:%Y-%m-%d %H:%M} to {span.last:%Y-%m-%d %H:%M}"
    text = f"{span.set}{fold}: {dates}, {count(span.n_rows)} rows"
    shade = " odd" if span.fold % 2 == 1 and span.fold >= 0 else ""
    box = {
        "x": f"{min(start, scale.end - width):.1f}",
        "y": y + 5,
        "width": f"{width:.1f}",
        "height": LANE - 10,
    }
    name = [label(span.fold, start + width / 2, y + LANE / 2 + 4, class_="inside", anchor="middle")]
    return element(
        "g",
        element("title", text),
        element("rect", **box, class_=f"span {span.set}{shade}"),
        *(name if span.fold >= 0 and width > 16 else []),
    )
