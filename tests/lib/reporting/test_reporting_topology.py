"""Figures of the shapes of windows show the bars and curves they are given."""

import numpy as np
import pandas as pd
import pytest

from topoquant.lib.reporting.figures import betti_map_figure, window_figure

SQUARE = {
    "name": "square", "h0": [1.0, 1.0, 1.0], "h1": [[1.0, 1.41]], "levels": [0.0, 1.2, 2.0],
    "betti_h0": [3, 0, 0], "betti_h1": [0, 1, 0],
}  # fmt: skip
EMPTY = {"name": "flat", "h0": [], "h1": [], "levels": [0.0], "betti_h0": [0], "betti_h1": [0]}


def test_every_bar_is_a_point_and_the_diagonal_reaches_the_longest():
    figure = window_figure([SQUARE, EMPTY])
    diagonal, h0, h1 = figure.data[:3]
    assert list(diagonal.x) == [0, 1.41]
    assert list(zip(h0.x, h0.y, strict=True)) == [(0, 1)] * 3
    assert list(zip(h1.x, h1.y, strict=True)) == [(1, 1.41)]
    assert {trace.legendgroup for trace in figure.data[1:]} == {"square", "flat"}


def test_a_curve_has_no_line_where_nothing_is_alive():
    curves = [trace for trace in window_figure([SQUARE]).data if trace.xaxis == "x2"]
    assert [list(trace.y) for trace in curves] == [[3, None, None], [None, 1, None]]


def test_the_map_has_levels_from_below_and_times_from_the_left():
    times = pd.Series(pd.date_range("2024-01-01", periods=4, freq="h", tz="UTC"))
    closes = pd.DataFrame({"open_time": times, "close": [1.0, 2.0, 3.0, 4.0]})
    curves = np.arange(12.0).reshape(4, 3)
    price, h0, h1 = betti_map_figure(closes, [("H0", curves), ("H1", curves * 0)], times, 0.5).data
    assert list(price.y) == [1, 2, 3, 4]
    np.testing.assert_array_equal(h0.z, curves.T)
    assert list(h0.y) == [0, 0.25, 0.5]
    assert [place for place, _ in h0.colorscale] == sorted(place for place, _ in h0.colorscale)
    assert h0.colorscale[0][0] == 0
    assert h0.colorscale[-1][0] == 1
    assert np.max(h1.z) == 0


@pytest.mark.parametrize("n", [401, 5000])
def test_long_histories_are_thinned(n):
    times = pd.Series(pd.date_range("2024-01-01", periods=n, freq="h", tz="UTC"))
    closes = pd.DataFrame({"open_time": times, "close": np.arange(1.0, n + 1)})
    price, heat = betti_map_figure(closes, [("H1", np.zeros((n, 100)))], times, 1.0).data
    assert len(price.x) == min(n, 2000)
    assert heat.z.shape == (60, 400)
    assert heat.y[-1] == 1.0
