"""Images of windows side by side: inside the page as pixels, and as a plotly figure."""

import struct
import zlib
from base64 import b64decode, b64encode
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from topoquant.lib.reporting.figures.plot import Size, svg
from topoquant.lib.reporting.formatting import Record
from topoquant.lib.reporting.markup import Html, element, join

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

N_LEVELS = 255
# From the lower to the upper end of the scale: blue over a pale middle to vermilion (Okabe and Ito, 2008).
ENDS = ((0, 114, 178), (240, 240, 236), (213, 94, 0))
LINE = Size(100, 100)
SHORT = {
    "summation": "sum",
    "difference": "diff",
    "markov": "Markov",
    "recurrence": "recur",
    "spectrogram": "spectr",
}


def palette() -> NDArray[np.uint8]:
    """Colours of the levels from 0 to 254, shape (255, 3).

    Returns
    -------
    ndarray of uint8

    Examples
    --------
    >>> palette()[[0, 127, 254]].tolist()
    [[0, 114, 178], [240, 240, 236], [213, 94, 0]]
    """
    place = np.linspace(0.0, 2.0, N_LEVELS)
    columns = [np.interp(place, [0.0, 1.0, 2.0], channel) for channel in zip(*ENDS, strict=True)]
    return np.stack(columns, axis=1).round().astype(np.uint8)


def encode_png(levels: NDArray[np.uint8]) -> str:
    """Write levels as a data address of a PNG in the palette's colours.

    Parameters
    ----------
    levels : ndarray of uint8, shape (height, width)
        From 0 to 254.

    Returns
    -------
    str
        Eight bits per pixel, as the PNG specification (ISO/IEC 15948) has it.

    Examples
    --------
    >>> encode_png(np.zeros((2, 2), np.uint8))[:22]
    'data:image/png;base64,'
    """
    height, width = levels.shape
    lines = np.zeros((height, width + 1), np.uint8)  # each line begins with its filter, which is none
    lines[:, 1:] = levels
    parts = [
        (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)),
        (b"PLTE", palette().tobytes()),
        (b"IDAT", zlib.compress(lines.tobytes(), 9)),
        (b"IEND", b""),
    ]
    chunks = (
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in parts
    )
    return f"data:image/png;base64,{b64encode(bytes.fromhex('89504e470d0a1a0a') + b''.join(chunks)).decode()}"


def sheet_levels(image: str, size: int) -> NDArray[np.uint8]:
    """Read one image of a sheet.

    Parameters
    ----------
    image : str
        Base64 of size x size bytes.
    size : int
        Pixels per side.

    Returns
    -------
    ndarray of uint8, shape (size, size)
        From 0 to 254.

    Examples
    --------
    >>> sheet_levels("AP7+AA==", 2).tolist()
    [[0, 254], [254, 0]]
    """
    return np.frombuffer(b64decode(image), np.uint8).reshape(size, size)


def channel_title(channel: Record) -> str:
    """Name a channel in few letters.

    Parameters
    ----------
    channel : mapping
        window and method.

    Returns
    -------
    str
        Method and window.

    Examples
    --------
    >>> channel_title({"window": 15, "method": "summation"})
    'sum 15'
    """
    return f"{SHORT[channel['method']]} {channel['window']}"


def draw_sheet(sheet: Record, of_class: str) -> Html:
    """Draw the samples of one class: a row per sample, the series and then a column per channel.

    Parameters
    ----------
    sheet : mapping
        Of `image_sheet`.
    of_class : str
        The class.

    Returns
    -------
    Html
        A grid that shrinks with the page; every picture is inside it.

    Examples
    --------
    >>> channel = {"window": 2, "method": "summation", "low": -1.0, "high": 1.0}
    >>> sample = {"class": "label 1", "symbol": "SYN", "time": "2024-01-01T00:00:00+00:00",
    ...           "line": [0.0, 1.0], "images": ["AP7+AA=="]}
    >>> sheet = {"size": 2, "longest": 2, "channels": [channel], "samples": [sample]}
    >>> draw_sheet(sheet, "label 1").count("<image")
    1
    """
    heads = ["series", *(channel_title(one) for one in sheet["channels"])]
    cells = [element("span", head, class_="mark") for head in heads]
    for sample in [one for one in sheet["samples"] if one["class"] == of_class]:
        name = f"{sample['symbol']} {sample['time'][:16].replace('T', ' ')}"
        cells += [element("span", name, class_="when"), _line(sample["line"], name)]
        for channel, image in zip(sheet["channels"], sample["images"], strict=True):
            picture = encode_png(sheet_levels(image, sheet["size"]))
            cells.append(_picture(picture, f"{channel_title(channel)}, {name}"))
    return element("div", join(cells), class_="sheet", style=f"--n: {len(heads)}")


def draw_scale(low: float, high: float) -> Html:
    """Draw the colours between two ends.

    Parameters
    ----------
    low, high : float
        Values at the ends.

    Returns
    -------
    Html
        A bar between two numbers.

    Examples
    --------
    >>> draw_scale(-1.0, 1.0).count("<image")
    1
    """
    bar = encode_png(np.arange(N_LEVELS, dtype=np.uint8)[None])
    numbers = [element("span", f"{value:g}", class_="mark") for value in (low, high)]
    return element("div", numbers[0], _picture(bar, "colours", width=12), numbers[1], class_="scale")


def sheet_figure(sheet: Record) -> "Figure":
    """Draw the sheet as a plotly figure, for notebooks and previews in kedro-viz.

    Parameters
    ----------
    sheet : mapping
        Of `image_sheet`.

    Returns
    -------
    plotly.graph_objects.Figure
        A row per sample, a column per channel.

    Examples
    --------
    >>> channel = {"window": 2, "method": "summation", "low": -1.0, "high": 1.0}
    >>> sample = {"class": "label 1", "symbol": "SYN", "time": "2024-01-01T00:00:00+00:00",
    ...           "line": [0.0, 1.0], "images": ["AP7+AA=="]}
    >>> sheet = {"size": 2, "longest": 2, "channels": [channel], "samples": [sample]}
    >>> [trace.type for trace in sheet_figure(sheet).data]
    ['image']
    """
    from plotly.subplots import make_subplots  # noqa: PLC0415 - a heavy import that few callers need

    channels, samples = sheet["channels"], sheet["samples"]
    titles = [channel_title(one) for one in channels]
    figure = make_subplots(
        rows=max(len(samples), 1), cols=len(channels), column_titles=titles,
        horizontal_spacing=0.01, vertical_spacing=0.01,
    )  # fmt: skip
    for row, sample in enumerate(samples, start=1):
        for column, image in enumerate(sample["images"], start=1):
            source = encode_png(sheet_levels(image, sheet["size"]))
            figure.add_image(source=source, row=row, col=column)
        label = f"{sample['class']}<br>{sample['time'][:16].replace('T', ' ')}"
        figure.update_yaxes(title_text=label, row=row, col=1)
    figure.update_xaxes(showticklabels=False).update_yaxes(showticklabels=False)
    figure.update_layout(
        template="plotly_white", title={"text": "Images of windows", "x": 0.01},
        margin={"l": 60, "r": 20, "t": 80, "b": 20}, height=110 + 130 * len(samples),
    )  # fmt: skip
    return figure


def _picture(address: str, name: str, *, width: int = 1) -> Html:
    """Put a picture into a box of its own, its pixels sharp."""
    image = element("image", href=address, width=width, height=1, preserveAspectRatio="none")
    return element("svg", image, viewBox=f"0 0 {width} 1", role="img", aria_label=name, class_="pixels")


def _line(values: Sequence[float], name: str) -> Html:
    """Draw the longest window of a sample."""
    step = LINE.width / max(len(values) - 1, 1)
    points = " ".join(f"{k * step:.1f},{LINE.height * (0.95 - 0.9 * y):.1f}" for k, y in enumerate(values))
    drawn = element("polyline", points=points, class_="line c6", vector_effect="non-scaling-stroke")
    return svg(LINE, f"series, {name}", drawn)
