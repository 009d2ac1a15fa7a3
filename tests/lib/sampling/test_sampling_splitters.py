"""What holds for all splitters: 1,200 cases looked at pair by pair, and slow, obvious oracles."""

from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, reject, settings
from hypothesis import strategies as st

from topoquant.lib.errors import InputError
from topoquant.lib.sampling import (
    CombinatorialPurgedKFold,
    PurgedKFold,
    WalkForward,
    stratified_temporal_split,
)

HOUR = pd.Timedelta("1h")
START = pd.Timestamp("2024-01-01", tz="UTC")


def hours(values) -> pd.DatetimeIndex:
    return (START + pd.to_timedelta(np.asarray(values), unit="h")).as_unit("ns")


def some_rows(draw, n_hours: int, longest: int) -> tuple[np.ndarray, np.ndarray]:
    """Rows of up to three symbols in shuffled order: shared instants, gaps, irregular t1; in hours."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    share = draw(st.sampled_from([0.5, 0.8, 1.0]))
    gap_at, gap = draw(st.integers(0, n_hours)), draw(st.integers(0, n_hours // 4))
    t0 = np.concatenate([np.flatnonzero(rng.random(n_hours) < share) for _ in range(draw(st.integers(1, 3)))])
    t0 = rng.permutation(t0[(t0 < gap_at) | (t0 >= gap_at + gap)])
    return t0, t0 + rng.integers(0, longest + 1, len(t0))


def purged_oracle(t0, t1, blocks: list[set[int]], embargo: int) -> tuple[list[int], list[int]]:
    """Every row in turn: in a block, or clear of all of them."""
    test = [i for i in range(len(t0)) if any(t0[i] in block for block in blocks)]
    train = []
    for i in range(len(t0)):
        clear = True
        for block in blocks:
            inside = [j for j in range(len(t0)) if t0[j] in block]
            first, last = min(t0[j] for j in inside), max(t1[j] for j in inside)
            clear = clear and (t1[i] < first or t0[i] > last + embargo)
        if clear:
            train.append(i)
    return train, test


def forward_oracle(t0, t1, lengths: tuple[int, int, int], embargo: int, *, expanding: bool) -> list:
    train_length, test_length, step = lengths
    folds, fit = [], min(t0) + train_length
    while fit <= max(t0):
        since = min(t0) if expanding else fit - train_length
        train = [i for i in range(len(t0)) if since <= t0[i] < fit and t1[i] + embargo < fit]
        folds.append((train, [i for i in range(len(t0)) if fit <= t0[i] < fit + test_length]))
        fit += step
    return folds


def k_fold(draw, embargo):
    t0, t1 = some_rows(draw, 40, 5)
    n_splits = draw(st.integers(2, 5))
    blocks = [set(block.tolist()) for block in np.array_split(np.unique(t0), n_splits)]
    expected = [purged_oracle(t0, t1, [block], embargo) for block in blocks]
    return PurgedKFold(n_splits, embargo * HOUR), t0, t1, None, expected, np.ones(len(t0))


def combinatorial(draw, embargo):
    t0, t1 = some_rows(draw, 40, 3)
    n_splits = draw(st.integers(3, 6))
    n_test = draw(st.integers(1, min(2, n_splits - 1)))
    blocks = [set(block.tolist()) for block in np.array_split(np.unique(t0), n_splits)]
    expected = [purged_oracle(t0, t1, list(chosen), embargo) for chosen in combinations(blocks, n_test)]
    splitter = CombinatorialPurgedKFold(n_splits, n_test, embargo * HOUR)
    return splitter, t0, t1, None, expected, np.full(len(t0), len(expected) * n_test / n_splits)


def walk_forward(draw, embargo):
    t0, t1 = some_rows(draw, 60, 5)
    train_length, test_length = draw(st.integers(10, 30)), draw(st.integers(12, 20))
    step, expanding = draw(st.sampled_from([None, 3, 7, 12])), draw(st.booleans())
    splitter = WalkForward(
        train_length * HOUR, test_length * HOUR, None if step is None else step * HOUR,
        embargo=embargo * HOUR, expanding=expanding,
    )  # fmt: skip
    lengths = (train_length, test_length, step or test_length)
    expected = forward_oracle(t0, t1, lengths, embargo, expanding=expanding) if len(t0) else []
    fits = min(t0, default=0) + train_length + np.arange(0, 61, lengths[2])
    tests = (fits <= t0[:, None]) & (t0[:, None] < fits + test_length)
    return splitter, t0, t1, None, expected, tests.sum(axis=1)


def stratified(draw, embargo):
    t0, t1 = some_rows(draw, 240, 2)
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    rate = np.where(t0 < draw(st.integers(0, 240)), draw(st.sampled_from([0.1, 0.5])), 0.2)
    y = (rng.random(len(t0)) < rate).astype(float)
    val, n_blocks = draw(st.sampled_from([0.15, 0.3, 0.5])), draw(st.integers(1, 2))
    return (
        stratified_temporal_split(val=val, n_blocks=n_blocks, embargo=embargo * HOUR),
        t0,
        t1,
        y,
        None,
        None,
    )


@pytest.mark.parametrize("case", [k_fold, combinatorial, walk_forward, stratified])
@given(data=st.data(), embargo=st.integers(0, 3))
@settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow]
)
def test_no_pair_overlaps_rows_are_tested_as_promised_and_an_oracle_agrees(case, data, embargo):
    splitter, t0, t1, y, expected, n_tested = case(data.draw, embargo)
    try:
        folds = list(splitter.split(t0, y, t0=hours(t0), t1=hours(t1)))
    except InputError:
        if expected is not None and len(set(t0.tolist())) >= 6:
            assert any(not train or not test for train, test in expected) or not expected
        reject()
    for train, test in folds:
        assert len(train) > 0
        assert len(test) > 0
        a, b = (train, test) if case is walk_forward else (test, train)
        # Whichever comes first keeps its distance, embargo included, from every later row; and no pair meets.
        assert not met(t0[a], t1[a] + embargo, t0[b], t1[b])
    if expected is not None:
        assert [(train.tolist(), test.tolist()) for train, test in folds] == expected
        counts = np.bincount(np.concatenate([test for _, test in folds]), minlength=len(t0))
        assert np.array_equal(counts, n_tested)


def met(start_a, end_a, start_b, end_b) -> bool:
    """Whether any pair of closed intervals meets, by looking at every pair."""
    return bool(((start_a[:, None] <= end_b) & (start_b <= end_a[:, None])).any())


@given(data=st.data())
@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.filter_too_much])
def test_neither_the_order_of_rows_nor_the_unit_of_time_matters(data):
    for case in (k_fold, combinatorial, walk_forward, stratified):
        splitter, t0, t1, y, _, _ = case(data.draw, 1)
        order = np.argsort(t0, kind="stable")
        try:
            folds = list(splitter.split(None, y, t0=hours(t0), t1=hours(t1)))
        except InputError:
            reject()
        again = splitter.split(
            None, None if y is None else y[order],
            t0=hours(t0[order]).as_unit("s"), t1=pd.Series(hours(t1[order])).dt.tz_convert("Asia/Tokyo"),
        )  # fmt: skip
        for (train, test), (train_too, test_too) in zip(folds, again, strict=True):
            assert train.tolist() == np.sort(order[train_too]).tolist()
            assert test.tolist() == np.sort(order[test_too]).tolist()


SPLITTERS = [
    PurgedKFold(3, HOUR),
    CombinatorialPurgedKFold(4, 2, HOUR),
    WalkForward(10 * HOUR, 5 * HOUR, None, embargo=HOUR, expanding=True),
    stratified_temporal_split(val=0.3, n_blocks=1, embargo=HOUR),
]


@pytest.mark.parametrize("splitter", SPLITTERS, ids=lambda splitter: type(splitter).__name__)
def test_times_that_do_not_belong_to_the_rows_are_refused(splitter):
    t0, y = hours(range(40)), np.arange(40) % 2
    with pytest.raises(InputError, match="t0 of the rows must be 39 long, as X is, got 40"):
        list(splitter.split(np.zeros((39, 2)), y, t0=t0, t1=t0))
    with pytest.raises(InputError, match="t1 of the rows must be 40 long, as t0 is, got 39"):
        list(splitter.split(None, y, t0=t0, t1=t0[1:]))
    with pytest.raises(InputError, match="t1 of the rows must be at or after t0, got 40 rows before it"):
        list(splitter.split(None, y, t0=t0, t1=t0 - HOUR))
    with pytest.raises(InputError, match="1 missing"):
        list(splitter.split(None, y, t0=t0, t1=t0.where(np.arange(40) > 0)))
    with pytest.raises(InputError):
        list(splitter.split(None, [], t0=t0[:0], t1=t0[:0]))
    assert splitter.get_n_splits(t0=t0) if isinstance(splitter, WalkForward) else splitter.get_n_splits()


@pytest.mark.parametrize("embargo", [-HOUR, 4, pd.NaT, None])
def test_an_embargo_without_unit_or_below_zero_is_refused(embargo):
    for make in (
        lambda: PurgedKFold(3, embargo),
        lambda: CombinatorialPurgedKFold(3, 1, embargo),
        lambda: WalkForward(HOUR, HOUR, None, embargo=embargo, expanding=True),
        lambda: stratified_temporal_split(val=0.3, n_blocks=1, embargo=embargo),
    ):
        with pytest.raises(InputError, match="embargo must be a Timedelta, not negative, got"):
            make()
