"""The Target section and its charts: warnings first, every rate beside the rows it is a rate of."""

import re

import pytest

from topoquant.lib.reporting import label_figure, labels_section
from topoquant.lib.reporting.figures import Size
from topoquant.lib.reporting.figures.month_chart import MonthRate, draw_months

DROPPED = {"no_t1": 4, "warm_up": 336, "gap": 0}
THREE = {
    "kind": "three_class",
    "touched": {
        name: {"lower": 0.3, "time": 0.28, "upper": 0.4, "both": 0.02} for name in ("train", "val", "test")
    },
}


def text_of(html):
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def three_classes(summary):
    classes = {name: {"-1": of_set["0"], **of_set} for name, of_set in summary["classes"].items()}
    months = [{**row, "rate_lower": 0.3} for row in summary["months"]]
    drift = [row | {"class": value} for value in ("1", "-1") for row in summary["drift"]]
    return {**summary, **THREE, "classes": classes, "months": months, "drift": drift}


def test_warnings_come_before_anything_else_and_a_note_is_no_warning(run):
    html = labels_section(run["label_summary"](), None, DROPPED).html
    assert html.index("imbalance") < html.index("volatility explains") < html.index("up-move")
    signs = re.findall(r'<span class="sign[^"]*" aria-label="(\w+)"', html)
    assert signs == ["warning", "note"]
    quiet = labels_section({**run["label_summary"](), "warnings": []}, None, DROPPED).html
    assert "Nothing about the label asks for a warning." in quiet


def test_the_section_shows_rates_rows_drift_and_volatility(run):
    text = text_of(labels_section(run["label_summary"](), run["target"](), DROPPED).html)
    assert "train .109 13,510 .260 3,512" in text
    assert "train to val -.011 0.90 -0.9" in text
    assert "label 1 .760 .560 2,880" in text
    assert "2024-06 val 2,880 .098" in text
    assert "wild val 900 .200" in text
    assert "Train rows were thinned to 2,713 of 13,510 (n_rows)." in text
    assert "calm to .0031, wild from .0042" in text
    assert "What ended a row" not in text
    assert "filtered" not in text


def test_three_classes_show_both_sides_and_what_ended_a_row(run):
    summary = three_classes(run["label_summary"]())
    text = text_of(labels_section(summary, None, DROPPED).html)
    assert "both in one bar .0200 .0200 .0200" in text
    assert "train to val, label -1" in text
    assert "train, label -1" in text
    assert "2024-06 val 2,880 .098 .300" in text


def test_what_a_filter_took_is_among_the_dropped(run):
    summary = run["label_summary"]()
    summary = {**summary, "dropped": {**summary["dropped"], "filtered": 120}}
    assert "dropped: filtered 120" in text_of(labels_section(summary, None, DROPPED).html)


def test_a_log_return_has_no_label_and_what_was_not_measured_says_why(run):
    summary = run["label_summary"]()
    reason = "1 of 2 classes in 30 val rows with features"
    volatility = [{**summary["volatility"][0], "auc": None, "chance": None, "reason": reason}]
    symbols = [{"symbol": name, "set": "train", "n": 9, "rate": 0.5} for name in ("AAA", "BBB")]
    edges = [{"symbol": name, "calm_to": 0.01, "wild_from": 0.02} for name in ("AAA", "BBB")]
    summary |= {"kind": "continuous", "rate_of": "logret_30 above 0", "volatility": volatility}
    summary |= {"symbols": symbols, "regime_edges": edges, "returns": {}, "regimes": []}
    text = text_of(labels_section(summary, None, DROPPED).html)
    assert "at or below 0" in text
    assert f"Not measured: label 1: {reason}." in text
    assert "BBB train 9 .500" in text
    assert "Too few bars" in text
    assert " nan" not in text.lower()


def test_texts_are_escaped(run):
    evil = "<script>"
    warning = {"name": evil, "text": evil, "severity": "warning"}
    summary = {**run["label_summary"](), "text": evil, "warnings": [warning], "rate_of": evil}
    assert evil not in labels_section(summary, None, DROPPED).html


def test_months_lie_where_their_rates_and_rows_are():
    rates = [
        MonthRate(name="train", month="2024-01", rate=0.0, n=100, style="c0"),
        MonthRate(name="train", month="2024-02", rate=1.0, n=50, style="c0"),
        MonthRate(name="train, label -1", month="2024-02", rate=0.5, n=50, style="c0 dashed"),
        MonthRate(name="val", month="2024-02", rate=1.0, n=25, style="c1"),
    ]
    drawn = draw_months("rates", rates, Size(560, 250), rule=0.5)
    # The rates lie between y = 156 (0) and y = 24 (1); the 60 days run from x = 46 to 546.
    assert re.search(r' d="([^"]+)"', drawn)[1] == "M175.2,156.0L425.2,24.0"
    assert 'y1="90.0"' in drawn
    boxes = re.findall(r'<rect x="[\d.]+" y="([\d.]+)" width="[\d.]+" height="([\d.]+)"', drawn)
    # Rows of one colour count once; those of two sets in one month stand on each other.
    assert [tuple(map(float, box)) for box in boxes] == [(178.0, 34.0), (195.0, 17.0), (186.5, 8.5)]
    assert "2024-02 val: 1.000 of 25 rows" in drawn


def test_the_plotly_figure_holds_the_same_numbers(run):
    summary = run["label_summary"]()
    data = label_figure(summary).data
    lines = [trace for trace in data if trace.type == "scatter"]
    assert [trace.name for trace in lines] == ["train", "val", "test"]
    assert list(lines[0].y) == [0.11, 0.1]
    assert list(lines[0].customdata) == [2975, 2784]
    columns = [list(trace.y) for trace in data if trace.type == "bar"]
    assert columns == [[2975, 2784], [0.03, 0.21], [2880], [0.02, 0.2], [2902]]
    both = label_figure(three_classes(summary)).data
    assert [trace.name for trace in both if trace.type == "scatter"][:2] == ["train", "train (label -1)"]
    without = label_figure({**summary, "regimes": []}).data
    assert len(without) == 6


@pytest.mark.parametrize("n_months", [1, 160])
def test_one_month_and_thirteen_years_are_drawn(n_months):
    months = [f"{2010 + i // 12}-{i % 12 + 1:02d}" for i in range(n_months)]
    rates = [MonthRate(name="train", month=month, rate=0.1, n=30, style="c0") for month in months]
    drawn = draw_months("rates", rates, Size(340, 250))
    assert drawn.count("<circle") == 2 * n_months
    assert "nan" not in drawn.lower()
