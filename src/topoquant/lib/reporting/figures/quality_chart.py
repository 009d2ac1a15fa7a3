"""A price over its gaps, and below it how many of the bars that should be there are."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

import pandas as pd

from topoquant.lib.bars import interval_timedelta
from topoquant.lib.reporting.figures.line_chart import number_ticks
from topoquant.lib.reporting.figures.plot import (
    Axis,
    Size,
    horizontal_axis,
    label,
    svg,
    vertical_axis,
)
from topoquant.lib.reporting.figures.scales import Scale, round_ticks, time_ticks, value_range
from topoquant.lib.reporting.formatting import Record, count
from topoquant.lib.reporting.markup import Html, element, join

LEFT, RIGHT, TOP, BOTTOM = 54, 14, 24, 38
LANE, BETWEEN = 26, 26
LEAST_WIDTH = 1.5
# Without it neighbours that end within a pixel show a seam.
CRISP = "crispEdges"
# Prices that differ by more than this are drawn on a log scale.
WIDE_RANGE = 5.0


@dataclass(frozen=True)
class Stretch:
    """A stretch of time and the bars in it.

    Attributes
    ----------
    start, end : pandas.Timestamp
        It is [start, end), cut to where the bars begin and end.
    n_bars, n_expected, n_zero_volume : int
        Bars it has, should have, and has without a trade.
    close : float or None
        The last price in it.
    """

    start: pd.Timestamp
    end: pd.Timestamp
    n_bars: int
    n_expected: int
    n_zero_volume: int
    close: float | None


def stretches(record: Record) -> list[Stretch]:
    """Lay a quality record's coverage out in time.

    Parameters
    ----------
    record : mapping
        Of `QualityReport.to_dict`: interval, first, last, coverage.

    Returns
    -------
    list of Stretch
        In the order of time, those in which a bar should be.

    Examples
    --------
    >>> coverage = {"bucket": "1d", "first": "2024-01-01T00:00:00+00:00", "n_bars": [2, 4],
    ...             "n_expected": [4, 4], "n_zero_volume": [0, 1], "close": [5.0, 6.0]}
    >>> record = {"interval": "6h", "first": "2024-01-01T00:00:00+00:00",
    ...           "last": "2024-01-02T18:00:00+00:00", "coverage": coverage}
    >>> [(str(one.start)[:10], one.n_bars, one.n_expected) for one in stretches(record)]
    [('2024-01-01', 2, 4), ('2024-01-02', 4, 4)]
    """
    coverage = record["coverage"]
    length, origin = interval_timedelta(coverage["bucket"]), pd.Timestamp(coverage["first"])
    first = pd.Timestamp(record["first"])
    end = pd.Timestamp(record["last"]) + interval_timedelta(record["interval"])
    columns = (coverage[name] for name in ("n_bars", "n_expected", "n_zero_volume", "close"))
    return [
        Stretch(max(origin + i * length, first), min(origin + (i + 1) * length, end), *values)
        for i, values in enumerate(zip(*columns, strict=True))
        if values[1] > 0
    ]


def draw_quality(title: str, record: Record, size: Size) -> Html:
    """Draw the price with its gaps shaded over a lane of the bars there are.

    Parameters
    ----------
    title : str
        What the chart shows, for those who hear it read.
    record : mapping
        Of `QualityReport.to_dict`: interval, first, last, coverage, gaps.
    size : Size
        Its size in pixels.

    Returns
    -------
    Html
        The SVG element. In the lane a full height is every bar; bars without a trade are set
        off. Stretches that lack bars say so when pointed at.
    """
    parts_in_time = stretches(record)
    floor = size.height - BOTTOM
    x = Scale(parts_in_time[0].start.timestamp(), parts_in_time[-1].end.timestamp(), LEFT, size.width - RIGHT)
    ticks = time_ticks(parts_in_time[0].start, parts_in_time[-1].end, max(2, size.width // 110))
    across = Axis(x, [(at.timestamp(), text) for at, text in ticks], "time, UTC")
    priced = [(one.end, one.close) for one in parts_in_time if one.close is not None]
    is_log, prices = _price_axis([close for _, close in priced], floor - LANE - BETWEEN)
    points = [
        None if one.close is None
        else (x(one.end.timestamp()), prices.scale(math.log10(one.close) if is_log else one.close))
        for one in parts_in_time
    ]  # fmt: skip
    drawn = [
        horizontal_axis(across, TOP, floor),
        _gaps(record, x, floor),
        vertical_axis(prices, LEFT, size.width - RIGHT),
        element("path", d=_path(points), class_="line c0"),
        label(f"bars per {_bucket_name(record)}", 0, floor - LANE - 7, class_="unit"),
        *_lane(parts_in_time, x, floor),
    ]
    series = {
        "name": "close", "style": "c0", "px": [round(point[0]) for point in points if point is not None],
        "y": [f"{close:,.8g}" for _, close in priced],
    }  # fmt: skip
    labels = [f"{end:%Y-%m-%d %H:%M}" for end, _ in priced]
    hover = {"x": labels, "series": [series], "top": TOP, "bottom": floor}
    return svg(size, title, *drawn, hover=hover)


def _price_axis(closes: Sequence[float], bottom: float) -> tuple[bool, Axis]:
    """Choose a straight or a log scale of prices, and its ticks."""
    if max(closes) <= WIDE_RANGE * min(closes):
        low, high = value_range(closes)
        return False, Axis(Scale(low, high, bottom, TOP), number_ticks(low, high, 4), "close")
    low, high = value_range([math.log10(close) for close in closes])
    if high - low < 2:
        values = [factor * 10.0**k for k in range(math.floor(low), math.ceil(high)) for factor in (1, 2, 5)]
    else:
        values = [10.0**k for k in round_ticks(low, high, 4) if k == int(k)]
    ticks = [(math.log10(value), f"{value:,.8g}") for value in values if low <= math.log10(value) <= high]
    return True, Axis(Scale(low, high, bottom, TOP), ticks, "close, log scale")


def _path(points: Sequence[tuple[float, float] | None]) -> str:
    """Write a line that is broken where there is no price."""
    pen, steps = "M", []
    for point in points:
        if point is not None:
            steps.append(f"{pen}{point[0]:.1f},{point[1]:.1f}")
        pen = "M" if point is None else "L"
    return "".join(steps)


def _gaps(record: Record, x: Scale, floor: float) -> Html:
    """Shade the gaps the record lists."""
    width = interval_timedelta(record["interval"])
    parts = []
    for gap in record["gaps"]:
        start, end = pd.Timestamp(gap["after"]) + width, pd.Timestamp(gap["before"])
        text = f"gap from {start:%Y-%m-%d %H:%M} to {end:%Y-%m-%d %H:%M}: {count(gap['n_missing'])} bars"
        box = _box(x, start, end) | {"y": TOP, "height": floor - TOP}
        parts.append(element("rect", element("title", text), **box, class_="band"))
    return join(parts)


def _lane(parts_in_time: Sequence[Stretch], x: Scale, floor: float) -> list[Html]:
    """Draw how many bars each stretch has; neighbours that lack none are drawn as one."""
    runs: list[list[Stretch]] = []
    for whole, group in groupby(parts_in_time, _is_whole):
        members = list(group)
        runs += [members] if whole else [[one] for one in members]
    return [_run(run, x, floor) for run in runs]


def _is_whole(one: Stretch) -> bool:
    """Tell whether a stretch has every bar, each with a trade."""
    return one.n_bars == one.n_expected and one.n_zero_volume == 0


def _run(run: Sequence[Stretch], x: Scale, floor: float) -> Html:
    """Draw one column of the lane, from its bars with trades up to those without."""
    n_bars, n_expected, n_quiet = (
        sum(getattr(one, name) for one in run) for name in ("n_bars", "n_expected", "n_zero_volume")
    )
    text = f"{run[0].start:%Y-%m-%d %H:%M} to {run[-1].end:%Y-%m-%d %H:%M}: {count(n_bars)} of "
    text += f"{count(n_expected)} bars, {count(n_quiet)} without a trade"
    box = _box(x, run[0].start, run[-1].end)
    traded, quiet = ((n / n_expected) * LANE for n in (n_bars - n_quiet, n_quiet))
    columns = [(floor - traded, traded, "bar c2"), (floor - traded - quiet, quiet, "bar c1")]
    return element(
        "g",
        element("title", text),
        *(
            element(
                "rect", **box, y=f"{top:.1f}", height=f"{height:.1f}", class_=style, shape_rendering=CRISP
            )
            for top, height, style in columns
            if height > 0
        ),
        element("rect", **box, y=f"{floor - LANE}", height=LANE, class_="target"),
    )


def _box(x: Scale, start: pd.Timestamp, end: pd.Timestamp) -> dict[str, object]:
    """Give left edge and width of a stretch, wide enough to be seen."""
    left, right = x(start.timestamp()), x(end.timestamp())
    width = max(LEAST_WIDTH, right - left)
    return {"x": f"{min(left, x.end - width):.1f}", "width": f"{width:.1f}"}


def _bucket_name(record: Record) -> str:
    """Name a stretch in words."""
    bucket = str(record["coverage"]["bucket"])
    return {"1h": "hour", "1d": "day", "7d": "week"}.get(bucket, f"{bucket.removesuffix('d')} days")
