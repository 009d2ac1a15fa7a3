"""Wilson's interval against published tables, scipy, and what it must refuse."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from topoquant.lib.errors import InputError
from topoquant.lib.proportions import effective_counts, wilson_interval


@pytest.mark.parametrize(
    ("k", "n", "level", "low", "high"),
    # Newcombe (1998), Statistics in Medicine 17, table I, method 3.
    [
        (81, 263, 0.95, 0.2553, 0.3662),
        (15, 148, 0.95, 0.0624, 0.1605),
        (0, 20, 0.95, 0.0, 0.1611),
        (1, 29, 0.95, 0.0061, 0.1718),
    ],
)
def test_wilson_equals_published_intervals(k, n, level, low, high):
    assert [round(bound, 4) for bound in wilson_interval(k, n, level=level)] == [low, high]


def test_wilson_takes_effective_numbers_and_nothing():
    assert wilson_interval(0.0, 0.0, level=0.99) == (0.0, 1.0)
    few, many = (wilson_interval(n / 2, n, level=0.99) for n in (5.0, 500.0))
    assert few[1] - few[0] > many[1] - many[0]


@pytest.mark.parametrize(("hits", "n"), [(0, 5), (5, 5), (8, 10), (55, 100)])
def test_wilson_equals_scipy(hits, n):
    expected = stats.binomtest(hits, n).proportion_ci(0.99, method="wilson")
    assert wilson_interval(hits, n, level=0.99) == pytest.approx((expected.low, expected.high))


def test_more_successes_than_trials_are_refused():
    with pytest.raises(InputError, match="k must be in"):
        wilson_interval(3, 2, level=0.99)


def times_of(n):
    return pd.date_range("2024-01-01", periods=n, freq="h", tz="UTC")


@pytest.mark.parametrize("n_symbols", [1, 2, 5])
def test_intervals_hold_their_level_where_symbols_move_together(n_symbols):
    """Signs of returns that are correlated by .8 across symbols; summed weights hold .96 and .83 of .99."""
    rng, n, n_draws = np.random.default_rng(n_symbols), 300, 1500
    time, held = times_of(n).repeat(n_symbols), 0
    for _ in range(n_draws):
        shared, own = rng.normal(size=(n, 1)), rng.normal(size=(n, n_symbols))
        right = (np.sqrt(0.8) * shared + np.sqrt(0.2) * own > 0).ravel()
        low, high = wilson_interval(*effective_counts(right, np.ones(right.size), time), level=0.99)
        held += low <= 0.5 <= high
    assert held / n_draws > 0.99 - 3.3 * np.sqrt(0.99 * 0.01 / n_draws)


@given(st.lists(st.tuples(st.booleans(), st.sampled_from([0.1, 0.25, 1.0])), min_size=1, max_size=9))
def test_one_symbol_is_counted_as_much_as_it_is_unique_and_copies_of_it_no_more(rows):
    right, weight = (np.array(one, float) for one in zip(*rows, strict=True))
    k, n = effective_counts(right, weight, times_of(len(rows)))
    assert (k, n) == (pytest.approx((right * weight).sum()), weight.sum())
    copied = effective_counts(
        np.tile(right, 3), np.tile(weight, 3), times_of(len(rows)).append([times_of(len(rows))] * 2)
    )
    assert copied == pytest.approx((k, n))


def test_no_rows_are_no_trials():
    assert effective_counts([], [], times_of(0)) == (0.0, 0.0)
