import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from topoquant.lib.errors import InputError
from topoquant.lib.labeling import average_uniqueness, plain_uniqueness

labels = st.lists(st.tuples(st.integers(0, 40), st.integers(0, 8)), min_size=1, max_size=30)


def test_the_worked_example_of_lopez_de_prado():
    # Section 4.5.3: labels over the bars 0-2, 2-3 and 4-5 have uniqueness 5/6, 3/4 and 1.
    np.testing.assert_allclose(average_uniqueness([0, 2, 4], [2, 3, 5]), [5 / 6, 3 / 4, 1], rtol=1e-15)


@given(rows=labels)
@settings(max_examples=200, deadline=None)
def test_prefix_sums_equal_the_matrix(rows):
    start = np.array([row[0] for row in rows])
    end = start + np.array([row[1] for row in rows])
    uniqueness = average_uniqueness(start, end)
    np.testing.assert_allclose(uniqueness, plain_uniqueness(start, end), rtol=1e-12)
    assert ((uniqueness > 0) & (uniqueness <= 1 + 1e-12)).all()


def test_labels_that_overlap_nothing_are_whole_and_none_is_nothing():
    assert average_uniqueness([0, 4, 8], [3, 7, 11]).tolist() == [1.0, 1.0, 1.0]
    assert average_uniqueness([], []).shape == (0,)


def test_positions_that_are_none_are_refused():
    with pytest.raises(InputError, match="integer bar positions"):
        average_uniqueness([0.5], [1.0])
    with pytest.raises(InputError, match="0 <= t0 <= t1"):
        average_uniqueness([2], [1])
