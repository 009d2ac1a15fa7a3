"""Charts to zoom into hold the same numbers, and travel inside the page."""

import gzip
import json
import re
from base64 import b64decode
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from topoquant.lib.reporting import build_page, equity_figure
from topoquant.lib.reporting.figures.plotly_figures import titled_figure
from topoquant.lib.reporting.zoom import ZoomChart, pack_figure, plotly_html, zoom_html


def unpacked(column):
    """Times as the page's script makes them."""
    steps = column.get("steps") or [column["step"]] * (column["n"] - 1)
    seconds = column["start"] // 1000 + np.cumsum([0, *steps])
    return pd.DatetimeIndex(seconds.astype("datetime64[s]"), tz="UTC")


@pytest.mark.parametrize("gap", [0, 5])
def test_times_and_numbers_come_back(gap):
    time = pd.date_range("2024-01-01", periods=100, freq="15min", tz="UTC").delete(slice(40, 40 + gap))
    values = np.random.default_rng(0).normal(1, 0.1, len(time))
    figure = titled_figure("a", "time", "value").add_scatter(x=time, y=values).add_scatter(x=time, y=-values)
    packed = json.loads(json.dumps(pack_figure(figure), allow_nan=False))
    x, y = (packed["columns"][packed["data"][0][name]["column"]] for name in ("x", "y"))
    assert (unpacked(x) == time).all()
    assert np.allclose(y, values, rtol=1e-5)
    # One column of times serves both traces.
    assert packed["data"][1]["x"] == packed["data"][0]["x"]
    assert len(packed["columns"]) == 3


def test_missing_numbers_are_null_and_names_stay():
    figure = titled_figure("a", "b", "c").add_scatter(x=["one", "two"], y=[1.0, np.nan])
    packed = pack_figure(figure)
    assert packed["data"][0]["x"] == ["one", "two"]
    assert packed["data"][0]["y"] == [1.0, None]


def test_no_text_of_a_figure_ends_its_script():
    figure = titled_figure("</script><b><!--<script>", "", "").add_scatter(x=[0], y=[0])
    written = str(zoom_html(ZoomChart("data", "zoom", figure)))
    assert written.count("</script>") == 1
    # Behind both of these a browser looks past the end of the script.
    assert "<!--" not in written
    (packed,) = re.findall(r'json">(.*?)</script>', written)
    assert json.loads(packed)["layout"]["title"]["text"] == "</script><b><!--<script>"


def test_plotly_travels_once_and_only_with_a_chart(run):
    page = build_page(run["front"](), run["sections"]())
    assert 'id="plotly"' not in page
    charts = tuple(ZoomChart(name, "Zoom", equity_figure(run["equity"]())) for name in ("data", "backtest"))
    page = build_page(run["front"](), run["sections"](), charts)
    assert page.count('<details class="zoom">') == 2
    (packed,) = re.findall(r'id="plotly">([^<]+)<', page)
    assert b"Plotly" in gzip.decompress(b64decode(packed))
    assert len(page) < 3_000_000


def test_plotly_is_packed_alike_each_time():
    plotly_html.cache_clear()
    first = plotly_html()
    plotly_html.cache_clear()
    assert plotly_html() == first


def test_a_front_without_equity_still_zooms_into_bars(run):
    chart = ZoomChart("data", "Zoom", titled_figure("a", "b", "c").add_scatter(x=[0, 1], y=[1, 2]))
    page = build_page(replace(run["front"](), equity=None), run["sections"](), (chart,))
    assert page.count('<details class="zoom">') == 1
