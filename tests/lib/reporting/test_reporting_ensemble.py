"""The section on the ensemble says what was chosen, why, and what members weigh."""

import re

import pytest

from topoquant.lib.reporting.sections import ensemble_section

TABLE = {"default": {"nbeats": 0.5, "lstm": 0.5}, "volatile": {"nbeats": 0.5, "lstm": 0.4}}


def choices_of(**changed):
    base = {
        "naive": {"member": "majority", "log_loss": {"majority": 0.6931}},
        "final": {
            "name": "mean",
            "reason": "mean has the lowest log-loss on the first half of val, 0.6700 against stack 0.6712; "
            "fell back from stack, worse by 0.0012; no adaptive: no outcomes were given; "
            "no gate: nothing to weigh",
            "log_loss": {"nbeats": 0.6802, "mean": 0.67, "stack": 0.6712},
            "fallback": {"from": "stack", "loss": 0.0012},
        },
        "gate": {"use": "void", "reason": "no gate: nothing to weigh"},
        "stack": {"intercept": -0.1, "weights": {"nbeats": 0.7, "lstm": -0.2}},
        "boosted_stack": {"importance": {"nbeats": 0.75, "lstm": 0.25}},
        "weights": {"columns": TABLE, "unknown": ["nbeats"], "rows": {"ranging": 900, "volatile": 100}},
        "adaptive": {
            "window": 50, "half_life": 20.0, "rate": 0.25, "symbol": "BTCUSDT",
            "time": ["2024-01-01T00:00:00+00:00", "2024-02-01T00:00:00+00:00"],
            "weights": {"nbeats": [0.5, 0.8], "lstm": [0.5, 0.2]},
        },
    }  # fmt: skip
    return base | changed


def cells_of(html):
    """The table cells, without their styles."""
    return re.sub(r"<td[^>]*>", "<td>", html)


def test_everything_that_was_decided_is_said_once():
    html = str(ensemble_section(choices_of()).html)
    assert "its log-loss on the first half of val is 0.0012 higher" in html
    for text in (
        "<strong>No gate</strong>: nothing to weigh.",
        "no adaptive: no outcomes were given",
        "0.6700 against stack",
    ):
        assert html.count(text) == 1
    assert "fell back from" not in html


def test_weights_by_regime_and_the_rows_that_had_them():
    html = str(ensemble_section(choices_of()).html)
    assert "Weights by regime" in html
    # Rules without a column of their own count as default.
    assert "<td>train and val rows</td><td>900</td><td>100</td>" in cells_of(html)
    assert "1/2 each: nbeats" in html
    alike = choices_of(weights={"columns": {"default": TABLE["default"]}, "unknown": [], "rows": {}})
    assert "Weights by regime" not in str(ensemble_section(alike).html)


def test_a_stack_that_sees_regimes_is_written_per_regime():
    weights = {
        "nbeats": 1.0,
        "p_trend": 0.5,
        "p_panic": -1.0,
        "nbeats x p_trend": 0.25,
        "nbeats x p_panic": -2.0,
    }
    html = str(ensemble_section(choices_of(stack={"intercept": 0.125, "weights": weights})).html)
    assert "<td>nbeats</td><td>1.000</td><td>1.250</td><td>-1.000</td>" in cells_of(html)
    assert "<td>0.125</td><td>0.625</td><td>-0.875</td>" in cells_of(html)


def test_adaptive_weights_are_a_line_per_member():
    html = str(ensemble_section(choices_of()).html)
    assert "Adaptive weights over time" in html
    assert "last 50 predictions that were resolved by then" in html
    assert html.count("line c0") >= 1
    assert html.count("line c1") >= 1


@pytest.mark.parametrize("left", [{}, {"fallback": None}])
def test_a_choice_among_tables_from_elsewhere_has_less_to_say(left):
    final = {"name": "a", "reason": "a is the only candidate (9 rows)", "log_loss": {"a": 0.6}} | left
    html = str(ensemble_section({"final": final, "naive": choices_of()["naive"]}).html)
    assert "only candidate" in html
    assert "<h3>" not in html
