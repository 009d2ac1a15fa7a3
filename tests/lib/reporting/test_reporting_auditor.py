"""The sections of the auditor and of intervals: what was counted, and nothing that was not shown."""

import re

import pytest

from topoquant.lib.reporting.sections import audited_sections


def text_of(html):
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def part(n, precision, low, high):
    return {
        "n_signals": n, "effective_n": n / 2, "precision": precision, "precision_low": low,
        "precision_high": high, "recall": 0.25,
    }  # fmt: skip


def effect(difference, low, high):
    return {
        "before": part(400, 0.2, 0.15, 0.26), "after": part(200, 0.3, 0.22, 0.4),
        "rejected": part(200, 0.1, 0.06, 0.18), "difference": difference, "difference_low": low,
        "difference_high": high, "improves": difference is not None and low > 0,
    }  # fmt: skip


def month(name, coverage, n_infinite=0):
    low, high = (None, None) if coverage is None else (coverage - 0.05, min(coverage + 0.05, 1.0))
    return {
        "month": name, "n": 100, "effective_n": 40.0, "n_infinite": n_infinite, "coverage": coverage,
        "coverage_low": low, "coverage_high": high, "median_width": None if coverage is None else 0.031,
    }  # fmt: skip


def audited(**changed):
    months = [month("2024-05", 0.91), month("2024-06", 0.83), month("all", 0.87)]
    coverage = {"miscoverage": 0.1, "n_calibration": 240, "n_left_out": 3, "fixed": months, "online": months}
    auditor = {
        "fitted": True, "reason": "its answers tell right from wrong out of fold", "gate": 0.21,
        "gains": {"p_panic": 0.6, "rsi": 0.4}, "val": effect(0.2, 0.08, 0.3),
    }  # fmt: skip
    spread = {"test": {"n": 100, "low": 0.1, "median": 0.2, "high": 0.4}}
    return {
        "auditor": auditor,
        "test": effect(0.01, -0.1, 0.12),
        "intervals": {"coverage": {"max_pct": coverage}, "spread": spread},
    } | changed


def test_signals_before_and_after_stand_beside_what_their_intervals_allow_to_say():
    auditor, intervals = audited_sections(audited())
    text = text_of(auditor.html)
    assert "val, all signals 400 200 .200 [.150 .260] .250" in text
    assert "val, kept 200 100 .300 [.220 .400] .250" in text
    assert "On val rows kept signals are right more often: precision +.200 [+.080 +.300]" in text
    assert "On test rows kept and rejected signals are not told apart from chance" in text
    assert "p_panic" in text
    text = text_of(intervals.html)
    assert "2024-06 100 0 .830 [.780 .880] .830 0.0310" in text
    assert "Grey: .900, asked for. 240 calibration rows. 3 rows without a volatility are left out." in text
    assert "spread of members, test logits 100 0.100 0.200 0.400" in text
    assert 'class="rule"' in intervals.html


def test_worse_is_said_as_plainly_as_better():
    (section, _) = audited_sections(audited(test=effect(-0.2, -0.3, -0.1)))
    assert "On test rows kept signals are right less often" in text_of(section.html)


def test_without_an_auditor_the_reason_is_all_there_is():
    record = {"fitted": False, "reason": "no auditor: the final fit has 3 signals", "gate": None, "val": None}
    sections = audited_sections(audited(auditor=record, test={}))
    assert "the final fit has 3 signals" in text_of(sections[0].html)
    assert "<table" not in sections[0].html
    assert audited_sections(None) == []


@pytest.mark.parametrize("intervals", [None, {"coverage": {}, "spread": {}}])
def test_without_values_there_are_no_intervals(intervals):
    assert [one.anchor for one in audited_sections(audited(intervals=intervals))] == ["auditor"]


def test_too_few_rows_to_bound_anything_are_said_instead_of_drawn():
    nothing = [month("2024-05", None, 100), month("all", None, 100)]
    coverage = {
        "miscoverage": 0.01,
        "n_calibration": 40,
        "n_left_out": 0,
        "fixed": nothing,
        "online": nothing,
    }
    section = audited_sections(audited(intervals={"coverage": {"max_pct": coverage}, "spread": {}}))[1]
    assert "40 calibration rows are too few to bound anything" in text_of(section.html)
    assert "2024-05 100 100 -" in text_of(section.html)


def test_nothing_is_compared_where_every_signal_is_kept():
    one = effect(None, None, None)
    one["after"] = one["before"]
    assert "On test rows no signal is rejected." in text_of(audited_sections(audited(test=one))[0].html)


def test_one_part_without_signals_cannot_be_compared():
    one = effect(None, None, None)
    one["after"] = part(0, None, None, None)
    section = audited_sections(audited(test=one))[0]
    assert "On test rows kept and rejected signals cannot be compared" in text_of(section.html)
