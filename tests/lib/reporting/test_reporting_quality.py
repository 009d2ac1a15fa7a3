import re
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

from topoquant.lib.bars import validate_bars
from topoquant.lib.reporting import data_section, quality_figure
from topoquant.lib.reporting.figures import Size, draw_quality
from topoquant.lib.reporting.figures.quality_chart import stretches


def hourly(n=400, symbol="AAA", seed=0, missing=range(100, 160), factor=1.0):
    close = 50 * np.exp(np.cumsum(np.random.default_rng(seed).normal(0, 0.01, n))) * np.linspace(1, factor, n)
    opens = np.append(50.0, close[:-1])
    stamps = pd.date_range("2024-01-01 05:00", periods=n, freq="h", tz="UTC").as_unit("ns")
    prices = {
        "open": opens,
        "high": np.maximum(opens, close),
        "low": np.minimum(opens, close),
        "close": close,
    }
    bars = pd.DataFrame({"symbol": symbol, "open_time": stamps} | prices | {"volume": 1.0})
    bars.loc[300:309, "volume"] = 0.0
    return bars.drop(index=missing)


@pytest.fixture
def report():
    return validate_bars(hourly(), "1h", source="files")


def test_stretches_cover_the_bars_from_first_open_to_last_close(report):
    record = report.to_dict()
    parts = stretches(record)
    assert parts[0].start == report.bars["open_time"].iloc[0]
    assert parts[-1].end == report.bars["open_time"].iloc[-1] + pd.Timedelta("1h")
    assert all(one.end == other.start for one, other in pairwise(parts))
    assert sum(one.n_expected - one.n_bars for one in parts) == record["n_missing_bars"] == 60


def test_the_chart_breaks_its_line_and_shades_the_gap_in_its_place(report):
    drawn = draw_quality("quality", report.to_dict(), Size(600, 250))
    assert re.search(r'd="([^"]+)"', drawn)[1].count("M") == 2
    # x runs from 54 to 586 over 400 hours; the gap takes hours 100 to 160.
    shade = re.search(r'<rect x="([\d.]+)" width="([\d.]+)"[^>]*class="band"', drawn)
    assert float(shade[1]) == pytest.approx(54 + 532 * 100 / 400, abs=0.1)
    assert float(shade[2]) == pytest.approx(532 * 60 / 400, abs=0.1)
    assert "gap from 2024-01-05 09:00 to 2024-01-07 21:00: 60 bars" in drawn


def test_the_lane_is_as_high_as_the_share_of_bars_and_joins_whole_stretches(report):
    drawn = draw_quality("quality", report.to_dict(), Size(600, 250))
    lane = re.findall(
        r"<title>[^<]*?: ([\d,]+) of ([\d,]+) bars, (\d+) without a trade</title>(.*?)</g>", drawn
    )
    assert sum(int(have) for have, *_ in lane) == 340
    assert sum(int(expected) for _, expected, *_ in lane) == 400
    assert len(lane) < len(stretches(report.to_dict())) / 2
    for have, expected, quiet, boxes in lane:
        columns = re.findall(r'height="([\d.]+)" class="bar (c\d)"', boxes)
        styles = {style: float(height) for height, style in columns}
        traded = 26 * (int(have) - int(quiet)) / int(expected)
        assert styles.get("c2", 0.0) == pytest.approx(traded, abs=0.06)
        assert styles.get("c1", 0.0) == pytest.approx(26 * int(quiet) / int(expected), abs=0.06)


@pytest.mark.parametrize(("factor", "log"), [(1.0, False), (8.0, True), (4000.0, True)])
def test_a_wide_range_of_prices_is_drawn_on_a_log_scale(factor, log):
    bars = hourly(missing=[], factor=factor)
    drawn = draw_quality("quality", validate_bars(bars, "1h", max_move=100).to_dict(), Size(600, 250))
    assert ("close, log scale" in drawn) is log
    assert len(re.findall(r'text-anchor="end">[\d.,]+</text>', drawn)) >= 2


def test_the_section_says_what_was_found():
    bars = hourly().drop(index=range(10, 300, 9), errors="ignore")
    bars.loc[350, "low"] /= 40
    bars.attrs = {"notes": ["newest first, turned round"], "n_blank_rows": 1149}
    record = validate_bars(bars, "1h", source="files", reference=hourly(symbol="BBB")).to_dict()
    html = data_section([record]).html
    assert "1,149" in html
    assert (
        "AAA: the source has no quote_volume, trades, taker_buy_volume: order-flow channels are absent"
        in html
    )
    assert "AAA: stamps are in step with BBB: signs of returns agree by 1.00 over" in html
    assert "AAA: the largest move is a factor of 1.0" in html
    assert "bars are refused" in html
    assert re.search(r"highs or lows far .* 2024-01-15T19:00 \(4\d times off\)", html)
    assert "AAA: newest first, turned round" in html
    assert f"The first 20 of {record['n_gaps']} gaps are shaded" in html
    assert html.count("<svg") == 2


def test_an_older_record_and_a_single_bar_have_a_table_and_no_chart(run):
    assert "<svg" not in data_section(run["quality"]()).html
    single = validate_bars(hourly(n=1, missing=[]), "1h").to_dict()
    assert "<svg" not in data_section([single]).html


def test_of_several_symbols_each_has_its_chart():
    records = [validate_bars(hourly(symbol=name), "1h").to_dict() for name in ("AAA", "BBB", "CCC")]
    html = data_section(records).html
    assert [f"{name} close and missing bars</h3>" in html for name in ("AAA", "BBB", "CCC")] == [True] * 3
    assert html.count("<svg") == 6


def test_the_plotly_figure_breaks_its_line_marks_quiet_bars_and_counts_what_is_missing(report):
    figure = quality_figure(report.bars, [report.to_dict()])
    price, quiet, there = figure.data
    assert np.isnan(price.y).sum() == 1
    assert np.nanmax(price.y) == report.bars["close"].max()
    assert len(quiet.x) == 10
    assert min(there.y) == 0.0
    (shade,) = figure.layout.shapes
    assert (shade.x0.hour, shade.x1.hour) == (8, 21)


def test_the_plotly_figure_stays_small_and_keeps_the_longest_gaps():
    bars = hourly(n=30_000, missing=[])
    bars = bars.drop(index=[*range(100, 29_000, 100), 20_001, 20_002])
    report = validate_bars(bars.reset_index(drop=True), "1h")
    figure = quality_figure(report.bars, [report.to_dict()])
    assert len(report.gaps) == 289
    assert len(figure.layout.shapes) == 100
    longest = [shade for shade in figure.layout.shapes if shade.x1 - shade.x0 == pd.Timedelta("4h")]
    assert len(longest) == 1
    assert len(figure.data[0].x) <= 2000 + 3 * 100


def test_several_symbols_start_at_one_and_bars_without_a_name_are_drawn():
    reports = [validate_bars(hourly(symbol=name, seed=i), "1h") for i, name in enumerate(("AAA", "BBB"))]
    bars = pd.concat([report.bars for report in reports])
    figure = quality_figure(bars, [report.to_dict() for report in reports])
    assert [trace.y[0] for trace in figure.data if trace.name in ("AAA", "BBB")] == [1.0, 1.0]
    nameless = validate_bars(hourly().drop(columns="symbol"), "1h")
    drawn = quality_figure(nameless.bars, [nameless.to_dict()])
    assert [trace.name for trace in drawn.data] == ["close", "close, no trade (10 bars)", "bars there"]
