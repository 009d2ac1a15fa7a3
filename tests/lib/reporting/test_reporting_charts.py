"""Charts: values land on their pixels, ticks are round, spans cover the rows."""

import json
import math
import re
from html import unescape
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from topoquant.lib.errors import InputError
from topoquant.lib.reporting import calibration_figure, equity_figure, loss_figure, model_figure, model_table
from topoquant.lib.reporting.figures import (
    Dot,
    Line,
    LineChart,
    Mark,
    Size,
    draw_bars,
    draw_intervals,
    draw_lines,
    draw_timeline,
    split_spans,
)
from topoquant.lib.reporting.figures.scales import round_ticks, tick_digits, time_ticks, value_range

UTC = "UTC"


@given(st.floats(-1e6, 1e6), st.floats(1e-6, 1e6))
def test_ticks_are_round_ascending_and_inside(low, spread):
    high = low + spread
    if high - low < 1e-9 * max(abs(low), abs(high), 1.0):
        return
    ticks = round_ticks(low, high)
    assert 2 <= len(ticks) <= 12
    assert all(a < b for a, b in pairwise(ticks))
    slack = 1e-6 * spread + 1e-9 * abs(low)
    assert low - slack <= ticks[0]
    assert ticks[-1] <= high + slack


@pytest.mark.parametrize("hours", [2, 30, 24 * 9, 24 * 45, 24 * 300, 24 * 365 * 4, 24 * 365 * 15])
def test_time_ticks_fit_and_stay_inside(hours):
    first = pd.Timestamp("2021-02-03 04:05", tz=UTC)
    last = first + pd.Timedelta(hours=hours)
    ticks = time_ticks(first, last, 5)
    assert 1 <= len(ticks) <= 5
    assert all(first <= instant <= last for instant, _ in ticks)
    assert len({text for _, text in ticks}) == len(ticks)


@given(st.lists(st.floats(-1e9, 1e9) | st.just(float("nan")), max_size=6))
def test_range_is_never_empty_and_covers_what_is_finite(values):
    low, high = value_range(values)
    assert low < high
    assert all(low <= value <= high for value in values if not math.isnan(value))


def test_digits_tell_ticks_apart():
    assert tick_digits([0.1, 0.2]) == 1
    assert tick_digits([0.0025, 0.005]) == 4


def test_line_is_drawn_where_its_values_are_and_broken_at_nan():
    y = np.array([0.0, 1.0, np.nan, 1.0])
    line = Line(name="net", x=np.arange(4.0), y=y, style="c0")
    chart = LineChart(title="t", lines=[line], x_label="bars", y_label="value", bounds=(0.0, 3.0))
    drawn = draw_lines(chart, Size(640, 262))
    # Plot area: x from 46 to 626, y from 224 (value 0) up to 24 (value 3).
    assert re.search(r'd="([^"]+)"', drawn)[1] == "M46.0,224.0L239.3,157.3M626.0,157.3"
    hover = json.loads(unescape(re.search(r'data-hover="([^"]+)"', drawn)[1]))
    assert hover["series"][0]["px"] == [46, 239, 433, 626]
    assert hover["series"][0]["y"][2] == "-"


def test_a_long_line_keeps_its_ends():
    n = 100_000
    line = Line(name="net", x=np.arange(float(n)), y=np.zeros(n), style="c0")
    drawn = draw_lines(LineChart(title="t", lines=[line], x_label="x", y_label="y"), Size(600, 200))
    path = re.search(r'd="([^"]+)"', drawn)[1]
    assert path.count("L") < 300
    assert path.startswith("M46.0,")
    assert "L586.0," in path
    assert len(drawn) < 20_000


def test_intervals_have_dot_whisker_and_marks():
    dots = [
        Dot(name="a", value=0.6, low=0.5, high=0.7, style="c0"),
        Dot(name="b", value=0.5, low=None, high=None, style="c1"),
    ]
    drawn = draw_intervals("AUC", dots, [Mark(name="naive", value=0.5, style="rule")], "AUC", Size(600, 200))
    assert drawn.count("<circle") == 2
    assert drawn.count('class="whisker c0"') == 3
    assert "naive .500" in drawn
    assert "<title>a: .600 [.500 .700]</title>" in drawn


def test_a_name_too_long_for_a_phone_is_shortened_but_said_in_full_when_pointed_at():
    name = "a_very_long_name_of_a_member_indeed"
    dot = Dot(name=name, value=0.6, low=None, high=None, style="c0")
    drawn = draw_intervals("AUC", [dot], [], "AUC", Size(340, 200))
    assert f"<title>{name}" in drawn
    assert "…</text>" in drawn


def test_bars_start_at_zero():
    drawn = draw_bars("weights", {"a": 0.5, "b": -0.5}, "weight", 600)
    boxes = [
        tuple(map(float, box)) for box in re.findall(r'<rect x="([\d.]+)" y="\d+" width="([\d.]+)"', drawn)
    ]
    (right_start, right_width), (left_start, left_width) = boxes
    assert left_start + left_width == pytest.approx(right_start, abs=0.11)
    assert left_width == pytest.approx(right_width, abs=0.11)


def test_spans_cover_every_row_once(run):
    splits = run["splits"]()
    spans = split_spans(splits)
    assert sum(span.n_rows for span in spans) == len(splits)
    assert [span.set for span in spans] == ["train"] * 5 + ["purged", "val", "embargoed", "test"]
    assert [span.fold for span in spans[:5]] == [0, 1, 2, 3, 4]
    drawn = draw_timeline("splits", spans, Size(600, 0))
    assert drawn.count("<rect") == len(spans)
    two = pd.concat([splits, splits.assign(symbol="ZZZ")], ignore_index=True)
    assert split_spans(two) == spans


def test_model_table_keeps_order_and_types(run):
    table = model_table(run["model_scores"]())
    assert table["name"].tolist() == ["volatility", "logistic", "nbeats", "lstm", "ensemble", "permuted"]
    assert table["auc"].dtype == "float64"
    assert np.isnan(table["fit_seconds"].iloc[4])


def test_model_table_refuses_a_name_twice():
    rows = [{"name": "nbeats", "role": "member"}] * 2
    with pytest.raises(InputError, match=r"\['nbeats'\] twice"):
        model_table(rows)


def test_plotly_figures_hold_the_same_numbers(run):
    band = [trace.name for trace in equity_figure(run["equity"]()).data]
    # Each line, then its drawdown in the panel below.
    lines = ["net of costs"] * 2 + ["buy and hold"] * 2
    assert band == [None, "random entries, 0.99 band", *lines]
    models = model_figure(run["model_scores"](), ceiling=0.657)
    assert list(models.data[0].y)[-1] == "permuted"
    assert len(loss_figure(run["training_records"]()).data) == 4
    assert [trace.name for trace in calibration_figure(run["reliability"]()).data] == [
        *("perfect", "ensemble", "nbeats"),
    ]
