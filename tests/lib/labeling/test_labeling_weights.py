import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from topoquant.lib.errors import InputError
from topoquant.lib.labeling import return_attribution_weights, time_decay_weights

HOUR = pd.Timedelta("1h")
MIDNIGHT = pd.Timestamp("2024-01-01", tz="UTC")


def made_bars(open_logs, close_logs) -> pd.DataFrame:
    open_time = pd.date_range(MIDNIGHT, periods=len(open_logs), freq="h").as_unit("ns")
    return pd.DataFrame({"open_time": open_time, "open": np.exp(open_logs), "close": np.exp(close_logs)})


def spans(first, n_bars) -> tuple[pd.Series, pd.Series]:
    """`time` and `t1` of labels that enter at a bar and span some."""
    time = pd.Series(MIDNIGHT + np.asarray(first) * HOUR)
    return time, time + pd.Series(np.asarray(n_bars) * HOUR)


def test_attribution_by_hand():
    # Log prices: bar 0 closes at 9 and counts for nobody. Labels span the bars 1-2, 2-3 and 2-2.
    bars = made_bars([0.0, 0.0, 1.0, 7.0], [9.0, 1.0, 7.0, 4.0])
    weights = return_attribution_weights(bars, *spans([1, 2, 2], [2, 2, 1]))
    # Bar 1 (+1) is the first's alone, bar 2 (+6) is shared by three, bar 3 (-3) is the second's alone.
    own = np.array([1 + 6 / 3, 6 / 3 - 3, 6 / 3])
    np.testing.assert_allclose(weights, np.abs(own) / np.abs(own).mean())


def test_the_first_return_is_from_the_fill():
    # Bar 1 opens a gap above the close before it: a label that enters at bar 1 was not there.
    bars = made_bars([0.0, 5.0, 6.0], [0.0, 6.0, 8.0])
    weights = return_attribution_weights(bars, *spans([1, 2], [1, 1]))
    np.testing.assert_allclose(weights, np.array([1, 2]) / 1.5)


@given(
    steps=st.lists(st.tuples(st.integers(-3, 3), st.integers(-3, 3)), min_size=8, max_size=20),
    rows=st.lists(st.tuples(st.integers(0, 7), st.integers(1, 6)), min_size=1, max_size=12),
)
@settings(max_examples=60, deadline=None)
def test_attribution_is_what_a_loop_over_labels_and_bars_says(steps, rows):
    closes = np.cumsum([step for step, _ in steps]) / 100
    opens = closes - np.array([step for _, step in steps]) / 100
    rows = [(first, min(n_bars, len(steps) - first)) for first, n_bars in rows]
    own = []
    for first, n_bars in rows:
        total = 0.0
        for bar in range(first, first + n_bars):
            before = opens[first] if bar == first else closes[bar - 1]
            total += (closes[bar] - before) / sum(a <= bar < a + n for a, n in rows)
        own.append(abs(total))
    bars, (time, t1) = made_bars(opens, closes), spans(*zip(*rows, strict=True))
    if max(own) < 1e-12:
        return
    weights = return_attribution_weights(bars, time, t1, interval="1h")
    np.testing.assert_allclose(weights, own / np.mean(own), atol=1e-9)
    assert weights.mean() == pytest.approx(1)


def test_bars_outside_the_labels_change_nothing():
    bars = made_bars([0.0, 0.1, 0.3, 0.2, 0.4], [0.1, 0.2, 0.2, 0.4, 0.1])
    labels = spans([1, 2], [2, 1])
    weights = return_attribution_weights(bars, *labels)
    garbage = bars.assign(close=[np.nan, *bars["close"][1:3], -1.0, np.nan])
    assert return_attribution_weights(garbage, *labels).tolist() == weights.tolist()


def test_labels_without_bars_or_returns_are_refused():
    bars = made_bars([0.0, 0.1, 0.2], [0.1, 0.2, 0.3])
    with pytest.raises(InputError, match=r"labels and bars must be at least 1 label.*got 0 labels on 3 bars"):
        return_attribution_weights(bars, *(column[:0] for column in spans([1], [1])))
    with pytest.raises(InputError, match=r"first and last bar of every label .*none that opens at .*03:00"):
        return_attribution_weights(bars, *spans([1], [3]))
    with pytest.raises(InputError, match=r"none that opens at .*2023-12-31"):
        return_attribution_weights(bars, *spans([-1], [2]))
    with pytest.raises(InputError, match="open and close of labelled bars must be above 0"):
        return_attribution_weights(bars.assign(close=np.nan), *spans([1], [1]))
    with pytest.raises(InputError, match="return of some label must be other than 0"):
        return_attribution_weights(bars.assign(open=1.0, close=1.0), *spans([1], [1]))
    with pytest.raises(InputError, match="on bars in order of time"):
        return_attribution_weights(bars[::-1], *spans([1], [1]), interval="1h")


@pytest.mark.parametrize(
    ("oldest", "expected"),
    [
        (1.0, [1, 1, 1, 1]),
        (0.5, [0.625, 0.75, 0.875, 1]),
        (0.0, [0.25, 0.5, 0.75, 1]),
        (-0.5, [0, 0, 0.5, 1]),
        (-0.75, [0, 0, 0, 1]),
    ],
)
def test_time_decay_by_hand(oldest, expected):
    np.testing.assert_allclose(time_decay_weights([1.0] * 4, oldest=oldest), expected, atol=1e-15)


@given(
    uniqueness=st.lists(st.floats(0.01, 1), min_size=1, max_size=50),
    oldest=st.floats(-1, 1, exclude_min=True).filter(lambda value: value > -0.999),
)
@settings(max_examples=60, deadline=None)
def test_time_decay_is_the_line_of_the_book(uniqueness, oldest):
    # Snippet 4.11: an intercept and a slope in cumulated uniqueness, cut at 0.
    cumulated = np.cumsum(uniqueness)
    total = cumulated[-1]
    slope = (1 - oldest) / total if oldest >= 0 else 1 / ((oldest + 1) * total)
    expected = np.maximum(1 - slope * total + slope * cumulated, 0)
    weights = time_decay_weights(uniqueness, oldest=oldest)
    np.testing.assert_allclose(weights, expected, atol=1e-9)
    assert weights[-1] == 1
    assert (np.diff(weights) >= 0).all()


def test_decays_that_are_none_are_refused():
    for oldest in (-1.0, 1.5, np.nan):
        with pytest.raises(InputError, match=r"oldest must be in \(-1, 1\]"):
            time_decay_weights([1.0], oldest=oldest)
    for uniqueness in ([], [1.0, 0.0], [np.nan]):
        with pytest.raises(InputError, match="uniqueness must be above 0, of at least 1 row"):
            time_decay_weights(uniqueness, oldest=0.5)
