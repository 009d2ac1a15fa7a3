import numpy as np
import pandas as pd
import pytest
from hypothesis import given, reject, settings
from hypothesis import strategies as st

from topoquant.lib.errors import InputError
from topoquant.lib.sampling import Samples, overlapping_pairs, purged_halves, purged_tail


def rows_at(hours, horizon: int, name: str) -> pd.DataFrame:
    time = pd.Timestamp("2024-01-01", tz="UTC") + pd.to_timedelta(np.asarray(hours), unit="h")
    return pd.DataFrame({
        "symbol": "A", "time": time, "t1": time + pd.Timedelta(hours=horizon), "set": name, "fold": 0,
    })  # fmt: skip


def samples_of(rows: pd.DataFrame) -> Samples:
    n = len(rows)
    return Samples(rows, "none", pd.DataFrame(index=range(n)), np.ones(n), None, np.full(n, -1), 0, None)


def test_halves_of_val_by_hand_with_two_members_and_other_sets():
    val = rows_at(range(8), 2, "val")
    rows = pd.concat([val, rows_at([0, 1], 1, "train"), val], ignore_index=True)
    first, second = purged_halves(rows)
    assert np.flatnonzero(first).tolist() == [0, 1, 10, 11]
    assert np.flatnonzero(second).tolist() == [4, 5, 6, 7, 14, 15, 16, 17]


@given(
    hours=st.lists(st.integers(0, 60), min_size=12, max_size=60), horizon=st.integers(0, 3),
    fraction=st.sampled_from([0.1, 0.2, 0.5]),
)  # fmt: skip
@settings(max_examples=200, deadline=None)
def test_no_pair_overlaps_across_a_cut(hours, horizon, fraction):
    rows = rows_at(hours, horizon, "val")
    cuts = []
    for cut in (
        lambda: map(np.flatnonzero, purged_halves(rows)),
        lambda: purged_tail(samples_of(rows), fraction),
    ):
        try:
            cuts.append(tuple(cut()))
        except InputError:
            reject()
    for before, after in cuts:
        a, b = rows.iloc[before], rows.iloc[after]
        assert overlapping_pairs(a["time"], a["t1"], b["time"], b["t1"]) == 0
        assert len(before) > 0
        assert len(after) > 0


def test_tail_keeps_its_instant_whole():
    samples = samples_of(rows_at([0, 0, 1, 1, 2, 2, 3, 3, 4, 4], 1, "train"))
    fit, validation = purged_tail(samples, 0.1)
    assert fit.tolist() == [0, 1, 2, 3, 4, 5]
    assert validation.tolist() == [8, 9]


def test_cuts_that_leave_nothing_are_refused():
    with pytest.raises(InputError, match=r"in \(0, 1\), got 1.0"):
        purged_tail(samples_of(rows_at(range(9), 1, "train")), 1.0)
    with pytest.raises(InputError, match="early-stopping tail must be at least 1, got 0 of 9"):
        purged_tail(samples_of(rows_at(range(9), 20, "train")), 0.2)
    with pytest.raises(InputError, match="rows of a fit"):
        purged_tail(samples_of(rows_at([0], 1, "train")), 0.2)
    with pytest.raises(InputError, match="distinct times of the val rows"):
        purged_halves(rows_at([0], 1, "val"))
    with pytest.raises(InputError, match="before the middle of val must be at least 1, got 0 of 4"):
        purged_halves(rows_at(range(4), 3, "val"))
