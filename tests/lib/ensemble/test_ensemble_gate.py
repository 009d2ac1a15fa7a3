"""The tabular model alone, the hybrid, or the ensemble: by what is certain, not by what was seen."""

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from topoquant.lib.ensemble import GateOptions, decide_gate
from topoquant.lib.errors import InputError
from topoquant.lib.proportions import wilson_interval

MEMBERS = ("cnn", "xgboost", "hybrid")


def options_of(**changed):
    base = {"tabular": ("xgboost", "lightgbm"), "hybrid": ("hybrid",), "low": 0.6, "high": 0.7, "level": 0.95}
    return GateOptions(**base | changed)


def rows_of(n, n_right):
    """A balanced label, and a member that is right in the first `n_right` rows."""
    label = np.arange(n) % 2
    sign = np.where(np.arange(n) < n_right, 1, -1)
    right = sign * (2.0 * label - 1)
    return {"cnn": right, "xgboost": -right, "hybrid": 0 * right, "mean": right}, label


def times_of(n):
    return pd.Series(pd.date_range("2024-01-01", periods=n, freq="h", tz="UTC"))


def gate_of(n, n_right, *, uniqueness=1.0, members=MEMBERS, **changed):
    logits, label = rows_of(n, n_right)
    return decide_gate(
        logits, label, np.full(n, uniqueness), options_of(**changed), members=list(members), time=times_of(n)
    )


@pytest.mark.parametrize(
    ("n", "n_right", "use", "name"),
    [
        (1000, 560, "tabular", "xgboost"),
        (1000, 650, "hybrid", "hybrid"),
        (1000, 750, "ensemble", None),
        # The same accuracy with fewer rows: the lower end of the interval is what has to clear the bar.
        (200, 150, "hybrid", "hybrid"),
        (20, 15, "tabular", "xgboost"),
    ],
)
def test_the_lower_end_of_the_interval_decides(n, n_right, use, name):
    gate = gate_of(n, n_right)
    assert (gate.use, gate.name) == (use, name)
    assert gate.accuracy == pytest.approx(n_right / n)
    assert gate.low == pytest.approx(wilson_interval(n_right, n, level=0.95)[0])
    assert gate.gated == ("cnn",)
    json.dumps(gate.to_dict())


def test_overlapping_labels_count_for_less():
    assert gate_of(1000, 750).use == "ensemble"
    overlapping = gate_of(1000, 750, uniqueness=0.1)
    assert overlapping.use == "hybrid"
    assert "effective 100.0" in overlapping.reason


def test_symbols_that_are_right_and_wrong_together_count_once():
    logits, label = rows_of(1000, 750)
    one = decide_gate(logits, label, np.ones(1000), options_of(), members=MEMBERS, time=times_of(1000))
    doubled = {name: np.tile(logit, 2) for name, logit in logits.items()}
    both = decide_gate(
        doubled, np.tile(label, 2), np.ones(2000), options_of(), members=MEMBERS,
        time=pd.concat([times_of(1000)] * 2),
    )  # fmt: skip
    assert both.low == pytest.approx(one.low)


@given(st.integers(60, 100), st.integers(0, 100))
def test_more_right_rows_never_lead_back_to_less(n, n_right):
    order = ["tabular", "hybrid", "ensemble"]
    n_right = min(n_right, n - 1)
    one, more = (order.index(gate_of(n, k).use) for k in (n_right, n_right + 1))
    assert one <= more


def test_without_a_hybrid_the_mean_stands_in_for_it():
    gate = gate_of(1000, 650, members=("cnn", "xgboost"))
    assert (gate.use, gate.name) == ("hybrid", "mean")
    assert "the hybrid, mean" in gate.reason


def test_where_the_commoner_class_is_enough_accuracy_says_nothing():
    label = (np.arange(100) < 11).astype(float)
    logits = {"cnn": np.full(100, -2.0), "lightgbm": np.zeros(100), "mean": np.zeros(100)}
    members = ["cnn", "lightgbm"]
    gate = decide_gate(logits, label, np.ones(100), options_of(), members=members, time=times_of(100))
    assert (gate.use, gate.name, gate.accuracy) == ("void", None, None)
    assert "right in 0.890 of the rows" in gate.reason


@pytest.mark.parametrize(
    ("members", "reason"),
    [(["cnn"], "no member of xgboost, lightgbm is there"), (["xgboost"], "nothing to weigh against xgboost")],
)
def test_nothing_to_gate(members, reason):
    gate = gate_of(100, 90, members=members)
    assert gate.use == "void"
    assert reason in gate.reason


def test_refusals():
    with pytest.raises(ValueError, match=r"high must be above low 0\.7"):
        options_of(low=0.7, high=0.6)
    with pytest.raises(ValueError, match="less_than"):
        options_of(high=1.0)
    with pytest.raises(InputError, match="rows of the gate"):
        gate_of(0, 0)
