"""The sheet of images in the page and for plotly: pixels that can be read back, nothing from outside."""

import re
import struct
import zlib
from base64 import b64decode, b64encode

import numpy as np

from topoquant.lib.reporting import features_section, sheet_figure
from topoquant.lib.reporting.figures.image_sheet import encode_png, palette

SIZE = 4


def pixels_of(address: str) -> np.ndarray:
    """Levels of a data address, read by the rules of the format."""
    data = b64decode(address.removeprefix("data:image/png;base64,"))
    assert data[:8] == bytes.fromhex("89504e470d0a1a0a")
    place, chunks = 8, {}
    while place < len(data):
        length, name = struct.unpack(">I4s", data[place : place + 8])
        body = data[place + 8 : place + 8 + length]
        assert struct.unpack(">I", data[place + 8 + length : place + 12 + length])[0] == zlib.crc32(
            name + body
        )
        chunks[name], place = body, place + 12 + length
    assert list(chunks) == [b"IHDR", b"PLTE", b"IDAT", b"IEND"]
    width, height, *kind = struct.unpack(">IIBBBBB", chunks[b"IHDR"])
    assert kind == [8, 3, 0, 0, 0]
    assert chunks[b"PLTE"] == palette().tobytes()
    lines = np.frombuffer(zlib.decompress(chunks[b"IDAT"]), np.uint8).reshape(height, width + 1)
    assert not lines[:, 0].any()
    return lines[:, 1:]


def levels(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 255, (SIZE, SIZE)).astype(np.uint8)


def sheet() -> dict:
    methods = ("summation", "markov")
    channels = [
        {"window": window, "method": method, "low": low, "high": 1.0}
        for window in (15, 30)
        for method, low in zip(methods, (-1.0, 0.0), strict=True)
    ]
    samples = [
        {
            "class": f"label {k % 2}", "symbol": "SYN", "time": f"2024-01-0{k + 1}T00:15:00+00:00",
            "line": [0.0, 1.0, 0.25],
            "images": [b64encode(levels(10 * k + c).tobytes()).decode() for c in range(4)],
        }
        for k in range(4)
    ]  # fmt: skip
    return {"size": SIZE, "longest": 30, "channels": channels, "samples": samples}


def ranges() -> dict:
    numbers = {"min": -1.0, "max": 1.0, "mean": 0.25, "std": 0.5, "n_nan": 0, "n_flat": 7, "n_images": 1234}
    return {
        "series": "close", "size": SIZE, "n_rows": 1234, "dropped": {"warm_up": 59, "gap": 0, "unknown": 0},
        "channels": [one | numbers for one in sheet()["channels"]],
    }  # fmt: skip


def test_a_picture_is_a_png_with_these_pixels():
    wide = np.arange(255, dtype=np.uint8)[None]
    np.testing.assert_array_equal(pixels_of(encode_png(wide)), wide)
    np.testing.assert_array_equal(pixels_of(encode_png(levels(1))), levels(1))


def test_the_section_shows_every_image_once_in_its_class():
    html = features_section(ranges(), sheet()).html
    shown = re.findall(r'<image href="([^"]+)"', html)
    assert len(shown) == 4 * 4 + 2  # and a bar of colours per method
    # Samples of label 0 first: the first and the third.
    np.testing.assert_array_equal(pixels_of(shown[0]), levels(0))
    np.testing.assert_array_equal(pixels_of(shown[4]), levels(20))
    np.testing.assert_array_equal(pixels_of(shown[8]), levels(10))
    assert html.index("label 0") < html.index("label 1")
    for word in ("1,234 rows", "59 warm up", "sum 15", "Markov 30", "2024-01-03 00:15", "0.250"):
        assert word in html, word
    assert "src=" not in html
    assert not re.search(r'href="(?!data:image/png)', html)


def test_the_figure_has_a_row_per_sample_and_a_column_per_channel():
    figure = sheet_figure(sheet())
    assert len(figure.data) == 16
    np.testing.assert_array_equal(pixels_of(figure.data[5].source), levels(11))
    assert [one.text for one in figure.layout.annotations] == ["sum 15", "Markov 15", "sum 30", "Markov 30"]
