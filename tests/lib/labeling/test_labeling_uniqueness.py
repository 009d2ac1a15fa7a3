import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from topoquant.lib.errors import InputError
from topoquant.lib.labeling import average_uniqueness, label_concurrency
from topoquant.lib.labeling.uniqueness import plain_uniqueness

HOUR = pd.Timedelta("1h")
MIDNIGHT = pd.Timestamp("2024-01-01", tz="UTC")
labels = st.lists(st.tuples(st.integers(0, 40), st.integers(0, 8)), min_size=1, max_size=30)


def test_the_worked_example_of_lopez_de_prado():
    # Section 4.5.3: labels over the bars 0-2, 2-3 and 4-5 have uniqueness 5/6, 3/4 and 1.
    np.testing.assert_allclose(average_uniqueness([0, 2, 4], [2, 3, 5]), [5 / 6, 3 / 4, 1], rtol=1e-15)


@given(rows=labels)
@settings(max_examples=100, deadline=None)
def test_prefix_sums_equal_the_matrix(rows):
    start = np.array([row[0] for row in rows])
    end = start + np.array([row[1] for row in rows])
    uniqueness = average_uniqueness(start, end)
    np.testing.assert_allclose(uniqueness, plain_uniqueness(start, end), rtol=1e-12)
    assert ((uniqueness > 0) & (uniqueness <= 1 + 1e-12)).all()


def test_labels_that_overlap_nothing_are_whole_and_none_is_nothing():
    assert average_uniqueness([0, 4, 8], [3, 7, 11]).tolist() == [1.0, 1.0, 1.0]
    assert average_uniqueness([], []).shape == (0,)
    assert average_uniqueness([10**15], [10**15 + 3]).tolist() == [1.0]


@given(rows=labels)
@settings(max_examples=100, deadline=None)
def test_times_say_what_positions_say(rows):
    start = np.array([row[0] for row in rows])
    n_bars = np.array([row[1] + 1 for row in rows])
    time = pd.Series(MIDNIGHT + start * HOUR)
    t1 = pd.Series(MIDNIGHT + (start + n_bars) * HOUR)
    expected = average_uniqueness(start, start + n_bars - 1)
    np.testing.assert_allclose(average_uniqueness(time, t1, interval="1h"), expected, rtol=1e-12)
    naive = time.dt.tz_localize(None).to_numpy(), t1.dt.tz_localize(None).to_numpy().astype("datetime64[s]")
    np.testing.assert_allclose(average_uniqueness(*naive, interval="1h"), expected, rtol=1e-12)


@given(rows=labels)
@settings(max_examples=100, deadline=None)
def test_concurrency_counts_the_labels_on_each_bar(rows):
    start = np.array([row[0] for row in rows])
    end = start + np.array([row[1] for row in rows])
    counted = [int(np.sum((start <= bar) & (bar <= end))) for bar in range(end.max() + 1)]
    assert label_concurrency(start, end).tolist() == counted
    times = pd.Series(MIDNIGHT + start * HOUR), pd.Series(MIDNIGHT + (end + 1) * HOUR)
    assert label_concurrency(*times, interval="1h").tolist() == counted[start.min() :]


def test_a_label_ends_with_the_bar_that_closes_at_t1():
    # Entered at 0 and 2 o'clock, known at 2 and 3: the bars 0, 1 and 2 have one label each.
    time = pd.Series([MIDNIGHT, MIDNIGHT + 2 * HOUR])
    t1 = pd.Series([MIDNIGHT + 2 * HOUR, MIDNIGHT + 3 * HOUR])
    assert average_uniqueness(time, t1, interval="1h").tolist() == [1.0, 1.0]
    assert label_concurrency(time, t1, interval="1h").tolist() == [1, 1, 1]
    assert label_concurrency([], []).shape == (0,)


def test_positions_that_are_none_are_refused():
    with pytest.raises(InputError, match="integer bar positions"):
        average_uniqueness([0.5], [1.0])
    for start, end in (([2], [1]), ([-1], [1])):
        with pytest.raises(InputError, match="t0 and t1 must be 0 or more, and of spans that end no earlier"):
            average_uniqueness(start, end)
    with pytest.raises(InputError, match=r"two columns of the same labels, got shapes \(2,\) and \(1,\)"):
        average_uniqueness([0, 1], [2])


def test_times_that_fit_no_bars_are_refused():
    time = pd.Series([MIDNIGHT, MIDNIGHT + HOUR])
    with pytest.raises(InputError, match="integer bar positions, or times and their interval"):
        average_uniqueness(time, time + HOUR)
    with pytest.raises(InputError, match="whole numbers of 2h apart"):
        average_uniqueness(time, time + 2 * HOUR, interval="2h")
    with pytest.raises(InputError, match="2 of 2 too short"):
        average_uniqueness(time, time, interval="1h")
    with pytest.raises(InputError, match=r"datetimes without a missing one.*with 1 missing"):
        average_uniqueness(time, time.where(time == MIDNIGHT), interval="1h")
    with pytest.raises(InputError, match="datetimes without a missing one"):
        average_uniqueness([0], [1], interval="1h")
