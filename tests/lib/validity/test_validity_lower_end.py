"""The lower end of a direction is its upper end turned over."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from topoquant.lib.errors import InputError
from topoquant.lib.validity import (
    OperatingPointOptions,
    choose_lower_point,
    choose_operating_point,
    measure_lower_point,
    measure_operating_point,
)


def tables(label, p):
    time = pd.date_range("2024", periods=len(label), freq="h", tz="UTC")
    rows = pd.DataFrame({"symbol": "SYN", "time": time, "target_id": "direction4", "p_label": p})
    return rows, rows.assign(label=np.asarray(label, float), uniqueness=0.5)


def test_a_level_for_down_by_hand():
    """Of five falls the two lowest rows are two: precision 1, recall .4; the third row is a rise."""
    rows, targets = tables([0, 0, 1, 0, 0, 0, 1, 1], [0.1, 0.2, 0.3, 0.4, 0.45, 0.5, 0.6, 0.7])
    point = choose_lower_point(rows, targets, OperatingPointOptions(min_recall=0.3, min_signals=2))
    assert (point["threshold"], point["precision"], point["recall"]) == (0.2, 1.0, 0.4)
    assert (point["n_signals"], point["effective_n"]) == (2, 1.0)
    reached = measure_lower_point(rows, targets, {**point, "threshold": 0.35})
    assert (reached["threshold"], reached["n_signals"]) == (0.35, 3)
    assert reached["precision"] == pytest.approx(2 / 3)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 1), st.integers(1, 15)), min_size=1, max_size=25))
def test_turned_over_it_is_the_operating_point(drawn):
    label, score = np.array(drawn).T
    options = OperatingPointOptions(min_recall=0.2, min_signals=1)
    # Sixteenths: one minus them is exact.
    rows, targets = tables(label, score / 16)
    turned = tables(1 - label, 1 - score / 16)
    lower, upper = choose_lower_point(rows, targets, options), choose_operating_point(*turned, options)
    measured = measure_lower_point(rows, targets, lower), measure_operating_point(*turned, upper)
    for down, up in ((lower, upper), measured):
        level = up.pop("threshold")
        assert down.pop("threshold") == (None if level is None else 1 - level)
        assert down == up


def test_other_targets_are_refused():
    rows, targets = tables([0, 1], [0.2, 0.3])
    with pytest.raises(InputError, match="target_id"):
        choose_lower_point(
            rows, targets.assign(target_id="up4"), OperatingPointOptions(min_recall=0.2, min_signals=1)
        )
