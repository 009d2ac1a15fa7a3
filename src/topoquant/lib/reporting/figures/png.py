"""A plotly figure as a picture, drawn by matplotlib: no browser, no network, no other program."""

from collections.abc import Mapping
from io import BytesIO
from typing import TYPE_CHECKING, Any

from topoquant.lib.errors import bad_input
from topoquant.lib.reporting.figures.png_traces import DRAWN, stored_values

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from plotly.graph_objects import Figure

WIDTH, HEIGHT, DPI = 900, 520, 110
INCH = 100.0
PER_LETTER = 0.0072
SCALE_WIDTH = 0.05
N_TICKS_PER_WIDTH = 8
# Dates alone say enough where a panel spans more days.
DAYS = 3.0
Document = Mapping[str, Any]
# left, right, bottom and top, as shares of the picture.
Area = tuple[float, float, float, float]


def draw_png(figure: "Figure") -> bytes:
    r"""Draw a plotly figure as a PNG of 990 pixels' width, on white, whatever the reader's colours.

    Parameters
    ----------
    figure : plotly.graph_objects.Figure
        Of scatter, bar, heatmap and image traces on one or several panels.

    Returns
    -------
    bytes
        The file. Equal figures give equal bytes.

    Raises
    ------
    InputError
        For a trace of any other type.

    Examples
    --------
    >>> from topoquant.lib.reporting.figures.plotly_figures import titled_figure
    >>> draw_png(titled_figure("Equity", "time (UTC)", "value").add_scatter(x=[0, 1], y=[1, 2]))[:4]
    b'\x89PNG'
    """
    # Without pyplot, which keeps every figure and looks for a screen.
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415 - heavy
    from matplotlib.figure import Figure as Canvas  # noqa: PLC0415 - heavy

    document = figure.to_plotly_json()
    layout = document["layout"]
    height = (layout.get("height") or HEIGHT) / INCH
    canvas = Canvas(figsize=(WIDTH / INCH, height), dpi=DPI, facecolor="white")
    FigureCanvasAgg(canvas)
    if title := _text(layout.get("title")):
        canvas.suptitle(title, x=0.01, ha="left", fontsize=12, fontweight="bold")
    area = _area(document, height)
    axes = {name: canvas.add_axes(_box(layout, name, area)) for name in _panels(document)}
    for trace in document["data"]:
        if trace["type"] not in DRAWN:
            raise bad_input(
                "type of trace", f"one of {', '.join(DRAWN)}", trace["type"], "draw it with these"
            )
        DRAWN[trace["type"]](axes[_panel(trace)], trace, layout)
    for name, panel in axes.items():
        _dress(panel, layout, name)
    _annotate(canvas, axes, layout, area)
    file = BytesIO()
    canvas.savefig(file, format="png", metadata={"Software": None})
    return file.getvalue()


def _panel(trace: Document) -> tuple[str, str]:
    """Name the two axes a trace is drawn on, as the layout does."""
    return trace.get("xaxis") or "x", trace.get("yaxis") or "y"


def _panels(document: Document) -> list[tuple[str, str]]:
    """Name every panel that holds a trace; one where there is none."""
    return list(dict.fromkeys(_panel(trace) for trace in document["data"])) or [("x", "y")]


def _axis(layout: Document, short: str) -> Document:
    """Find an axis by the name traces give it: `x2` is `xaxis2`."""
    found: Document = layout.get(f"{short[0]}axis{short[1:]}") or {}
    return found


def _area(document: Document, height: float) -> Area:
    """Measure where panels may stand: inside margins that hold labels, title and the scale of colours."""
    scales = [
        one for one in document["data"] if one["type"] == "heatmap" and one.get("showscale") is not False
    ]
    right = 0.97 - SCALE_WIDTH * bool(scales)
    return 0.11 + _name_width(document), right, 0.62 / height, 1 - 0.72 / height


def _box(layout: Document, panel: tuple[str, str], area: Area) -> tuple[float, float, float, float]:
    """Place a panel where the layout has it."""
    left, right, bottom, top = area
    across, up = (_axis(layout, name).get("domain") or (0.0, 1.0) for name in panel)
    width, tall = (right - left) * (across[1] - across[0]), (top - bottom) * (up[1] - up[0])
    return left + (right - left) * across[0], bottom + (top - bottom) * up[0], width, tall


def _name_width(document: Document) -> float:
    """Measure the room that names along a vertical axis ask for, as a share of the width."""
    names = [
        one for trace in document["data"] for one in stored_values(trace.get("y")) if isinstance(one, str)
    ]
    longest = max((len(name) for name in names), default=0)
    return min(max(longest - 6, 0) * PER_LETTER, 0.25)


def _dress(panel: "Axes", layout: Document, name: tuple[str, str]) -> None:
    """Give a panel its labels, scales, ranges and legend."""
    for axis, short in ((panel.xaxis, name[0]), (panel.yaxis, name[1])):
        settings = _axis(layout, short)
        axis.set_label_text(_text(settings.get("title")), fontsize=8)
        if settings.get("type") == "log":
            (panel.set_xscale if short[0] == "x" else panel.set_yscale)("log")
        if settings.get("range") is not None and settings.get("type") != "log":
            (panel.set_xlim if short[0] == "x" else panel.set_ylim)(*settings["range"])
        if settings.get("autorange") == "reversed":
            (panel.invert_xaxis if short[0] == "x" else panel.invert_yaxis)()
        if settings.get("showticklabels") is False:
            axis.set_ticks([])
    _thin_ticks(panel)
    panel.tick_params(labelsize=8)
    panel.margins(x=0.02)
    if not panel.images and not panel.collections:
        panel.grid(visible=True, color="#E4E7EA", linewidth=0.6)
    panel.set_axisbelow(True)
    for side in ("top", "right"):
        panel.spines[side].set_visible(False)
    handles, labels = panel.get_legend_handles_labels()
    if labels:
        panel.legend(handles, labels, fontsize=7, frameon=False, loc="best")


def _thin_ticks(panel: "Axes") -> None:
    """Leave no more ticks below a panel than can stand beside each other."""
    from matplotlib.dates import AutoDateLocator, DateFormatter  # noqa: PLC0415 - heavy
    from matplotlib.ticker import AutoLocator, MaxNLocator  # noqa: PLC0415 - heavy

    most = max(2, int(N_TICKS_PER_WIDTH * panel.get_position().width))
    if isinstance(panel.xaxis.get_major_locator(), AutoDateLocator):
        panel.xaxis.set_major_locator(AutoDateLocator(minticks=2, maxticks=max(3, int(most * 1.4))))
        first, last = panel.get_xlim()
        panel.xaxis.set_major_formatter(DateFormatter("%Y-%m-%d" if last - first > DAYS else "%m-%d %H:%M"))
    elif isinstance(panel.xaxis.get_major_locator(), AutoLocator):
        panel.xaxis.set_major_locator(MaxNLocator(nbins=most))


def _annotate(canvas: Any, axes: Mapping[Any, "Axes"], layout: Document, area: Area) -> None:  # noqa: ANN401 (heavy)
    """Write the heads of panels, shades and words that stand on the figure."""
    left, right, bottom, top = area
    for note in layout.get("annotations") or ():
        if note.get("xref") == "paper" and note.get("yref") == "paper":
            x, y = left + (right - left) * note["x"], bottom + (top - bottom) * note["y"]
            canvas.text(x, y, plain_text(note["text"]), ha="center", va="bottom", fontsize=9)
    first = next(iter(axes.values()))
    for shape in layout.get("shapes") or ():
        if shape.get("type") == "rect" and shape.get("yref") == "paper":
            start, end = stored_values([shape["x0"], shape["x1"]])
            first.axvspan(start, end, color="#7A7F87", alpha=0.2, linewidth=0)
        elif shape.get("type") == "line" and shape.get("x0") == shape.get("x1"):
            first.axvline(shape["x0"], color="#009E73", linestyle="--", linewidth=1)


def _text(title: object) -> str:
    """Read the text of a title, however it is stored."""
    text = title.get("text") if isinstance(title, Mapping) else title
    return plain_text(str(text)) if text else ""


def plain_text(text: str) -> str:
    """Turn the line breaks of a plotly text into plain ones.

    Parameters
    ----------
    text : str
        With `<br>`.

    Returns
    -------
    str
        With newlines.

    Examples
    --------
    >>> plain_text("loops<br>distance").splitlines()
    ['loops', 'distance']
    """
    return text.replace("<br>", "\n")
