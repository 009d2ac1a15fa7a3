"""The section on regimes: every bar of the line once, in the colour of its regime; tables that are read."""

import re

import pytest

from topoquant.lib.reporting.figures import Size, draw_regimes, regime_figure
from topoquant.lib.reporting.sections import regimes_section

N = 12
NAMES = ["range", "range", "panic", "trend"] * 3


@pytest.fixture
def drawn():
    return {
        "time": [f"2024-01-01T{hour:02d}:00:00+00:00" for hour in range(N)],
        "close": [100.0 + i for i in range(N)],
        "regime": NAMES,
        "shares": [[float(name == one) for one in ("range", "trend", "panic")] for name in NAMES],
    }


def state(name, never=False):
    number = None if never else 0.001
    return {
        "name": name, "share": 0.3, "n_spells": 2, "mean_duration": None if never else 4.5,
        "by_set": {"train": 0.25, "val": 0.4, "test": None}, "next_volatility": number, "next_return": number,
    }  # fmt: skip


@pytest.fixture
def record(drawn):
    fit = {"n_rows": 900, "log_likelihood": -2.0, "n_iterations": 21, "means": {"range, efficiency_32": 0.1},
           "expected_duration": {"range": 20.0, "trend": 12.5, "panic": None}}  # fmt: skip
    return {
        "symbol": "SYN", "n_rows": 1234, "interval": "1h",
        "regimes": [state("range"), state("trend"), state("panic", never=True)],
        "transition": [[0.9, 0.05, 0.05], [0.1, 0.8, 0.1], [None] * 3],
        "rules": [state(name) for name in ("trending", "mean_reverting", "volatile", "ranging")],
        "rule_transition": [[0.25] * 4] * 4,
        "agreement": {"0": 0.93},
        "fits": [{"fold": -1, "converged": True, **fit}, {"fold": 0, "converged": False, **fit}],
        "whole": drawn, "recent": drawn,
    }  # fmt: skip


def test_every_piece_of_the_line_is_drawn_once_in_its_colour(drawn):
    svg = draw_regimes("price", drawn, Size(560, 300))
    paths = dict(re.findall(r'<path d="([^"]*)" class="line (c\d)"', svg))
    pieces = {style: path.count("L") for path, style in paths.items()}
    assert pieces == {"c6": 5, "c0": 3, "c5": 3}
    assert sum(pieces.values()) == N - 1
    # Of a regime that goes on the pen stays down.
    assert next(path for path, style in paths.items() if style == "c6").count("M") == 3


def test_shares_fill_the_strip(drawn):
    svg = draw_regimes("price", drawn, Size(560, 300))
    areas = re.findall(r'<path d="M([^"]*)Z" class="bar c\d"', svg)
    assert len(areas) == 3
    heights = [float(point.split(",")[1]) for area in areas for point in area.split("L")]
    assert (min(heights), max(heights)) == (216.0, 262.0)


def test_one_bar_can_be_drawn(drawn):
    one = {name: values[:1] for name, values in drawn.items()}
    assert "<svg" in draw_regimes("price", one, Size(340, 300))


def test_the_section_says_what_is_known_and_leaves_the_rest_open(record):
    section = regimes_section([record])
    assert section.anchor == "regimes"
    for text in (
        "1,234 bars in 12 stretches",
        "mean reverting",
        "without fold 0",
        "+.001000",
        ".930",
        "12.5",
    ):
        assert text in section.html
    # The regime that never was has no durations, no volatility, no next bar.
    assert section.html.count('<td class="number">-</td>') >= 6
    assert "None" not in section.html
    assert "nan" not in section.html


def test_several_symbols_are_told_apart(record):
    section = regimes_section([record, {**record, "symbol": "<ETH>"}])
    assert section.html.count("<figure>") == 4
    assert "&lt;ETH&gt;" in section.html
    assert "<ETH>" not in section.html


def test_plotly_draws_every_bar_once_too(record):
    figure = regime_figure([record, record])
    assert [trace.name for trace in figure.data] == ["range", "trend", "panic"] * 2
    assert [trace.showlegend for trace in figure.data] == [True] * 3 + [False] * 3
