import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from topoquant.lib.errors import InputError
from topoquant.lib.labeling import cusum_events, cusum_filter
from topoquant.lib.labeling.events import plain_cusum

NAN = float("nan")


def snippet(series: pd.Series, threshold: float) -> list[int]:
    """Snippet 2.4 of Lopez de Prado (2018), with >= as in the text of section 2.5.2.1."""
    events, up, down = [], 0, 0
    diff = series.diff()
    for i in diff.index[1:]:
        up, down = max(0, up + diff.loc[i]), min(0, down + diff.loc[i])
        if down <= -threshold:
            down = 0
            events.append(i)
        elif up >= threshold:
            up = 0
            events.append(i)
    return events


def made_bars(log_close, hours=None) -> pd.DataFrame:
    hours = np.arange(len(log_close)) if hours is None else np.asarray(hours)
    open_time = pd.Timestamp("2024-01-01", tz="UTC") + hours * pd.Timedelta("1h")
    return pd.DataFrame({"open_time": open_time, "close": np.exp(np.asarray(log_close, dtype=float))})


@given(prices=st.lists(st.integers(90, 110), min_size=1, max_size=80), threshold=st.integers(1, 12))
@settings(max_examples=300, deadline=None)
def test_events_are_those_of_the_book(prices, threshold):
    series = pd.Series(prices)
    events = cusum_filter(series.diff().iloc[1:], threshold)
    assert (np.flatnonzero(events) + 1).tolist() == snippet(series, threshold)


steps = st.lists(st.sampled_from([*range(-4, 5), NAN]), max_size=60)


@given(steps=steps, thresholds=st.lists(st.sampled_from([1, 2, 3, 5, NAN]), min_size=60, max_size=60))
@settings(max_examples=300, deadline=None)
def test_the_kernel_says_what_the_plain_function_says(steps, thresholds):
    per_row = np.array(thresholds[: len(steps)], dtype=float)
    np.testing.assert_array_equal(cusum_filter(steps, per_row), plain_cusum(steps, per_row))
    np.testing.assert_array_equal(cusum_filter(steps, 3), plain_cusum(steps, 3))


def test_both_sides_by_hand():
    increments = [2, -1, 2, -3, -3, 1, -2, 4]
    # S+ 2 1 3! 0 0 1 0 4!;  S- 0 -1 0 -3! -3! 0 -2 0; a fall of 3 is an event each time.
    assert np.flatnonzero(cusum_filter(increments, 3)).tolist() == [2, 3, 4, 7]


def test_one_side_is_reset_at_a_time():
    # After the rise of 3 the fall is counted from the top, not from the event of the other side.
    assert np.flatnonzero(cusum_filter([3, -1, -1, 1, -2, 3], 3)).tolist() == [0, 4, 5]


def test_a_sum_that_reaches_the_threshold_but_for_rounding_reaches_it():
    assert sum([0.1] * 10) < 1
    assert np.flatnonzero(cusum_filter([0.1] * 25, 1)).tolist() == [9, 19]
    assert np.flatnonzero(cusum_filter([-0.1] * 25, 1)).tolist() == [9, 19]
    assert not cusum_filter([0.0999] * 10, 1).any()


def test_missing_increments_and_thresholds_start_the_sums_anew():
    assert np.flatnonzero(cusum_filter([2, NAN, 2, 1], 3)).tolist() == [3]
    assert np.flatnonzero(cusum_filter([2, 2, 2, 1], [3, NAN, 3, 3])).tolist() == [3]


def test_a_gap_starts_the_sums_anew():
    log_close = [0.0, 0.02, 0.04, 0.06]
    assert cusum_events(made_bars(log_close), threshold=0.04).tolist() == [False, False, True, False]
    with_gap = made_bars(log_close, hours=[0, 1, 5, 6])
    assert not cusum_events(with_gap, threshold=0.04, interval="1h").any()


@given(
    moves=st.lists(st.integers(-3, 3), min_size=3, max_size=60),
    cut=st.integers(2, 60),
    gap=st.integers(1, 59),
)
@settings(max_examples=100, deadline=None)
def test_an_event_needs_no_later_bar(moves, cut, gap):
    hours = np.arange(len(moves)) + 4 * (np.arange(len(moves)) >= gap)
    bars = made_bars(np.cumsum(moves) / 100, hours)
    threshold = np.where(np.arange(len(moves)) < 4, np.nan, 0.03)
    whole = cusum_events(bars, threshold=threshold, interval="1h")
    part = cusum_events(bars[:cut], threshold=threshold[:cut], interval="1h")
    np.testing.assert_array_equal(part, whole[:cut])


@pytest.mark.parametrize(
    ("threshold", "message"),
    [
        (0, "threshold must be above 0, or NaN for no event, got 0"),
        ([0.1, -0.2, 0.1], "threshold must be above 0, or NaN for no event, got -0.2"),
        ([0.1, 0.1], r"threshold must be a number or one per increment, got shape \(2,\) for \(3,\)"),
    ],
)
def test_what_is_refused(threshold, message):
    bars = made_bars([0, 0.1, 0.2])
    with pytest.raises(InputError, match=message):
        cusum_events(bars, threshold=threshold)


def test_several_symbols_are_refused():
    with pytest.raises(InputError, match="bars must be of one symbol, got A, B"):
        cusum_events(made_bars([0, 0.1]).assign(symbol=["A", "B"]), threshold=0.1)
