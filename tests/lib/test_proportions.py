"""Wilson's interval against published tables, scipy, and what it must refuse."""

import pytest
from scipy import stats

from topoquant.lib.errors import InputError
from topoquant.lib.proportions import wilson_interval


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
