import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from topoquant.lib.errors import InputError
from topoquant.lib.sampling import instants, overlapping_pairs, overlapping_rows

intervals = st.lists(st.tuples(st.integers(0, 30), st.integers(0, 6)), min_size=0, max_size=15)


def ends(rows: list[tuple[int, int]]) -> tuple[np.ndarray, np.ndarray]:
    start = np.array([row[0] for row in rows], dtype=np.int64)
    return start, start + np.array([row[1] for row in rows], dtype=np.int64)


@given(a=intervals, b=intervals)
@settings(max_examples=300, deadline=None)
def test_overlap_is_that_of_every_pair_looked_at(a, b):
    (a0, a1), (b0, b1) = ends(a), ends(b)
    every_pair = [
        any(s <= t1 and e >= t0 for s, e in zip(b0, b1, strict=True)) for t0, t1 in zip(a0, a1, strict=True)
    ]
    assert overlapping_rows(a0, a1, b0, b1).tolist() == every_pair
    assert overlapping_pairs(a0, a1, b0, b1) == sum(every_pair)


def test_touching_ends_overlap_in_times_of_any_unit():
    start = pd.to_datetime(["2024-01-01 00:00"], utc=True)
    end = start + pd.Timedelta("1h")
    assert overlapping_pairs(start, end, end.as_unit("ms"), end) == 1
    assert overlapping_pairs(start, end, end + pd.Timedelta("1ns"), end + pd.Timedelta("1h")) == 0


def test_intervals_that_run_backwards_and_missing_times_are_refused():
    with pytest.raises(InputError, match="t1 of a must be at or after t0, got 1 rows before it"):
        overlapping_pairs(np.array([3]), np.array([2]), np.array([0]), np.array([1]))
    with pytest.raises(InputError, match="1 missing"):
        instants(pd.to_datetime(["2024-01-01", None], utc=True))
    with pytest.raises(InputError, match="t1 of b must be 1 long"):
        overlapping_pairs(np.array([3]), np.array([4]), np.array([0]), np.array([1, 2]))
