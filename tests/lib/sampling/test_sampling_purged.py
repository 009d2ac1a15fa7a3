import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, reject, settings
from hypothesis import strategies as st
from sklearn.dummy import DummyClassifier
from sklearn.model_selection import check_cv, cross_val_score

from topoquant.lib.errors import InputError
from topoquant.lib.sampling import PurgedKFold, fold_rows, overlapping_pairs, time_blocks

HOUR = pd.Timedelta("1h")


def hours(values) -> pd.DatetimeIndex:
    return pd.Timestamp("2024-01-01", tz="UTC") + pd.to_timedelta(np.asarray(values), unit="h")


def test_purge_and_embargo_by_hand():
    t0 = hours(range(12))
    folds = PurgedKFold(3, embargo=2 * HOUR).split(None, t0=t0, t1=t0 + HOUR)
    train, test = zip(*folds, strict=True)
    assert [part.tolist() for part in test] == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9, 10, 11]]
    # The block 4..7 is known at 8: 3 ends at 4 and is purged, 8 is purged, 9 and 10 embargoed.
    assert [part.tolist() for part in train] == [[7, 8, 9, 10, 11], [0, 1, 2, 11], [0, 1, 2, 3, 4, 5, 6]]


@given(
    starts=st.lists(st.integers(0, 60), min_size=30, max_size=60),
    lengths=st.lists(st.integers(0, 5), min_size=60, max_size=60),
    n_splits=st.integers(2, 4), embargo=st.integers(0, 3),
)  # fmt: skip
@settings(max_examples=250, deadline=None)
def test_folds_are_the_rows_that_an_oracle_leaves(starts, lengths, n_splits, embargo):
    t0 = np.array(starts)
    t1 = t0 + np.array(lengths[: len(t0)])
    assume(len(set(starts)) >= n_splits)
    blocks = time_blocks(t0, n_splits)
    splitter = PurgedKFold(n_splits, embargo=pd.Timedelta(embargo, unit="ns"))
    try:
        folds = list(splitter.split(t0, t0=t0, t1=t1))
    except InputError:
        reject()
    assert np.array_equal(np.sort(np.concatenate([test for _, test in folds])), np.arange(len(t0)))
    for block, (train, test) in enumerate(folds):
        assert np.array_equal(test, np.flatnonzero(blocks == block))
        first, last = t0[test].min(), t1[test].max()
        oracle = [
            row for row in range(len(t0))
            if row not in set(test.tolist()) and (t1[row] < first or t0[row] > last + embargo)
        ]  # fmt: skip
        assert train.tolist() == oracle
        assert overlapping_pairs(t0[train], t1[train], t0[test], t1[test]) == 0
    rows = pd.DataFrame({"time": t0, "t1": t1, "set": "train", "fold": blocks})
    derived = fold_rows(rows, embargo=pd.Timedelta(embargo, unit="ns"))
    for (train, test), (train_again, test_again) in zip(folds, derived, strict=True):
        assert np.array_equal(train, train_again)
        assert np.array_equal(test, test_again)


def test_fold_rows_purges_across_symbols_and_leaves_other_sets_alone():
    time = hours([0, 1, 2, 3, 0, 1, 2, 3, 9])
    rows = pd.DataFrame({
        "symbol": list("AAAABBBBA"), "time": time, "t1": time + HOUR,
        "set": ["train"] * 8 + ["val"], "fold": [0, 0, 1, 1, 0, 0, 1, 1, -1],
    })  # fmt: skip
    folds = fold_rows(rows, embargo=0 * HOUR)
    assert [(train.tolist(), held.tolist()) for train, held in folds] == [
        ([3, 7], [0, 1, 4, 5]),
        ([0, 4], [2, 3, 6, 7]),
    ]


def test_the_splits_serve_scikit_learn():
    t0 = hours(range(40))
    splitter = PurgedKFold(4, embargo=HOUR)
    assert splitter.get_n_splits() == 4
    folds = list(splitter.split(np.zeros((40, 1)), np.arange(40) % 2, t0=t0, t1=t0 + HOUR))
    scores = cross_val_score(DummyClassifier(), np.zeros((40, 1)), np.arange(40) % 2, cv=check_cv(folds))
    assert len(scores) == 4


def test_too_few_folds_rows_or_survivors_are_refused():
    t0 = hours(range(4))
    with pytest.raises(InputError, match="n_splits must be at least 2, got 1"):
        PurgedKFold(1, embargo=HOUR)
    with pytest.raises(InputError, match="embargo must be a Timedelta, not negative, got -1 days"):
        PurgedKFold(2, embargo=-HOUR)
    with pytest.raises(InputError, match=r"in \[1, 4\] for 4 distinct times, got 5"):
        list(PurgedKFold(5, embargo=HOUR).split(None, t0=t0, t1=t0))
    with pytest.raises(InputError, match="train rows of fold 0"):
        list(PurgedKFold(2, embargo=9 * HOUR).split(None, t0=t0, t1=t0))
    with pytest.raises(InputError, match="folds of the train rows"):
        fold_rows(pd.DataFrame({"time": t0, "t1": t0, "set": "train", "fold": 0}), embargo=HOUR)
