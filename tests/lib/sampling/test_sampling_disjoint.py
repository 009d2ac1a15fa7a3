from itertools import pairwise

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from topoquant.lib.sampling import disjoint_sets

START = pd.Timestamp("2024-01-01", tz="UTC")


def rows_at(starts: list[int], lengths: list[int]) -> pd.DataFrame:
    time = START + pd.to_timedelta(starts, unit="h")
    return pd.DataFrame({"time": time, "t1": time + pd.to_timedelta(lengths, unit="h")})


def test_rows_that_overlap_by_an_instant_are_set_apart():
    sets = disjoint_sets(rows_at([0, 2, 3, 6], [2, 1, 2, 1]))
    assert [positions.tolist() for positions in sets] == [[0, 2], [1, 3]]


def test_rows_in_any_order_come_back_in_order_of_time():
    sets = disjoint_sets(rows_at([6, 0, 3], [1, 1, 1]))
    assert [positions.tolist() for positions in sets] == [[1, 2, 0]]


@settings(deadline=None, max_examples=100)
@given(rows=st.lists(st.tuples(st.integers(0, 30), st.integers(0, 6)), min_size=1, max_size=30))
def test_every_row_is_in_one_set_and_no_set_could_be_spared(rows):
    starts, lengths = (list(column) for column in zip(*rows, strict=True))
    sets = disjoint_sets(rows_at(starts, lengths))
    assert sorted(np.concatenate(sets).tolist()) == list(range(len(rows)))
    spans = [(start, start + length) for start, length in rows]
    for positions in sets:
        chosen = [spans[row] for row in positions]
        assert all(a[1] < b[0] for a, b in pairwise(chosen))
    busiest = max(sum(first <= hour <= last for first, last in spans) for hour in range(40))
    assert len(sets) == busiest
