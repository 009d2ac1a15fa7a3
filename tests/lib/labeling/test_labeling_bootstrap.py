from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from topoquant.lib.errors import InputError
from topoquant.lib.labeling import (
    average_uniqueness,
    draw_probabilities,
    sequential_bootstrap,
)
from topoquant.lib.labeling.bootstrap import plain_bootstrap

# The example of section 4.5.3: labels over the bars 0-2, 2-3 and 4-5.
T0, T1 = [0, 2, 4], [2, 3, 5]
labels = st.lists(st.tuples(st.integers(0, 30), st.integers(0, 12)), min_size=1, max_size=30)


def exact_probabilities(start, end, drawn):
    """The definition, in fractions: the mean of 1 / (1 + drawn labels on the bar), over their sum."""
    expected = []
    for first, last in zip(start, end, strict=True):
        bars = range(first, last + 1)
        shares = [Fraction(1, 1 + sum(start[i] <= bar <= end[i] for i in drawn)) for bar in bars]
        expected.append(sum(shares) / len(bars))
    return [float(one / sum(expected)) for one in expected]


@pytest.mark.parametrize(
    ("drawn", "parts"),
    [([], (1 / 3, 1 / 3, 1 / 3)), ([1], (5 / 14, 3 / 14, 6 / 14)), ([1, 2], (5 / 11, 3 / 11, 3 / 11))],
)
def test_the_worked_example_of_lopez_de_prado(drawn, parts):
    np.testing.assert_allclose(draw_probabilities(T0, T1, drawn), parts, rtol=1e-14)


@given(rows=labels, data=st.data())
@settings(max_examples=60, deadline=None)
def test_probabilities_are_those_of_the_definition(rows, data):
    start = [first for first, _ in rows]
    end = [first + more for first, more in rows]
    drawn = data.draw(st.lists(st.integers(0, len(rows) - 1), max_size=10))
    found = draw_probabilities(start, end, drawn)
    np.testing.assert_allclose(found, exact_probabilities(start, end, drawn), rtol=1e-12)


@given(rows=labels, n_draws=st.integers(1, 30), seed=st.integers(0, 1_000))
@settings(max_examples=60, deadline=None)
def test_updating_what_overlaps_draws_what_computing_all_afresh_draws(rows, n_draws, seed):
    start = [first for first, _ in rows]
    end = [first + more for first, more in rows]
    fast = sequential_bootstrap(start, end, n_draws=n_draws, seed=seed)
    assert fast.tolist() == plain_bootstrap(start, end, n_draws=n_draws, seed=seed).tolist()


def test_labels_are_drawn_as_often_as_their_probabilities_say():
    pairs = np.array([sequential_bootstrap(T0, T1, n_draws=2, seed=seed) for seed in range(5_000)])
    np.testing.assert_allclose(np.bincount(pairs[:, 0]) / len(pairs), 1 / 3, atol=0.02)
    second = pairs[pairs[:, 0] == 1, 1]
    np.testing.assert_allclose(np.bincount(second) / len(second), [5 / 14, 3 / 14, 6 / 14], atol=0.03)


def test_sequential_samples_are_more_unique_than_standard_ones():
    # The experiment of section 4.5.4: ten labels of one to five bars, entered anywhere in 100.
    # Its histograms centre near 0.6 (standard) and 0.7 (sequential).
    rng = np.random.default_rng(0)
    means = []
    for seed in range(1_000):
        start = rng.integers(0, 100, 10)
        end = start + rng.integers(1, 5, 10)
        samples = rng.integers(0, 10, 10), sequential_bootstrap(start, end, n_draws=10, seed=seed)
        means.append([average_uniqueness(start[drawn], end[drawn]).mean() for drawn in samples])
    standard, sequential = np.transpose(means)
    gain = sequential - standard
    assert gain.mean() > 10 * gain.std() / np.sqrt(len(gain))
    assert np.median(standard) == pytest.approx(0.6, abs=0.05)
    assert np.median(sequential) == pytest.approx(0.7, abs=0.05)


def test_times_and_order_of_the_rows_do_not_matter():
    time = pd.Timestamp("2024-01-01", tz="UTC") + pd.Series([5, 2, 9]) * pd.Timedelta("1h")
    t1 = time + pd.Series([3, 2, 4]) * pd.Timedelta("1h")
    by_time = sequential_bootstrap(time, t1, n_draws=50, seed=4, interval="1h")
    assert by_time.tolist() == sequential_bootstrap([5, 2, 9], [7, 3, 12], n_draws=50, seed=4).tolist()
    in_order = sequential_bootstrap([2, 5, 9], [3, 7, 12], n_draws=50, seed=4)
    assert np.array([1, 0, 2])[in_order].tolist() == by_time.tolist()
    far = 10**12
    assert sequential_bootstrap([far], [far + 1], n_draws=1, seed=0).tolist() == [0]


def test_the_same_seed_draws_the_same():
    draws = [sequential_bootstrap(T0, T1, n_draws=30, seed=seed).tolist() for seed in (1, 1, 2)]
    assert draws[0] == draws[1] != draws[2]


def test_what_cannot_be_drawn_is_refused():
    with pytest.raises(InputError, match="n_draws must be at least 1, got 0"):
        sequential_bootstrap(T0, T1, n_draws=0, seed=0)
    with pytest.raises(InputError, match="labels must be at least 1, got none"):
        sequential_bootstrap([], [], n_draws=1, seed=0)
    for drawn in ([3], [-1]):
        with pytest.raises(InputError, match=r"drawn must be positions in \[0, 3\)"):
            draw_probabilities(T0, T1, drawn)
