from math import comb

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.linear_model import LinearRegression

from topoquant.lib.errors import InputError
from topoquant.lib.sampling import CombinatorialPurgedKFold

HOUR = pd.Timedelta("1h")


def hours(values) -> pd.DatetimeIndex:
    return pd.Timestamp("2024-01-01", tz="UTC") + pd.to_timedelta(np.asarray(values), unit="h")


def test_the_six_blocks_of_the_book_give_its_fifteen_splits_and_five_paths():
    folds = CombinatorialPurgedKFold(6, 2, embargo=0 * HOUR)
    t0 = hours(range(60))
    splits = list(folds.split(None, t0=t0, t1=t0))
    assert folds.get_n_splits() == len(splits) == 15
    assert folds.n_paths == 5
    held_out = [sorted(set((test // 10 + 1).tolist())) for _, test in splits]
    assert held_out[:6] == [[1, 2], [1, 3], [1, 4], [1, 5], [1, 6], [2, 3]]
    assert held_out[-1] == [5, 6]
    # Figure 12.2: the path of each block, by split; a dot where the split trains on the block.
    figure = [
        "12345..........",
        "1....2345......",
        ".1...2...345...",
        "..1...2..3..45.",
        "...1...2..3.4.5",
        "....1...2..3.45",
    ]
    paths = folds.paths() + 1
    assert paths.shape == (5, 6)
    for block, row in enumerate(figure):
        for path in range(5):
            assert row[paths[path, block] - 1] == str(path + 1)


def test_purge_and_embargo_follow_every_held_out_block_by_hand():
    t0 = hours(range(16))
    splits = list(CombinatorialPurgedKFold(4, 2, embargo=HOUR).split(None, t0=t0, t1=t0 + HOUR))
    # Blocks 0 and 2: 4 touches the first's last t1, 5 is embargoed, 7 is known when 8 is decided.
    assert splits[1][1].tolist() == [0, 1, 2, 3, 8, 9, 10, 11]
    assert splits[1][0].tolist() == [6, 14, 15]
    # Blocks 1 and 2 are neighbours: nothing is lost between them.
    assert splits[3][0].tolist() == [0, 1, 2, 14, 15]


@given(n_splits=st.integers(2, 8), data=st.data(), seed=st.integers(0, 999))
@settings(max_examples=100, deadline=None)
def test_every_row_is_in_every_path_once_and_by_a_split_that_tests_it(n_splits, data, seed):
    n_test = data.draw(st.integers(1, n_splits - 1))
    folds = CombinatorialPurgedKFold(n_splits, n_test, embargo=0 * HOUR)
    t0 = hours(np.random.default_rng(seed).permutation(np.repeat(np.arange(5 * n_splits), 2)))
    splits = list(folds.split(None, t0=t0, t1=t0))
    assert folds.n_paths * n_splits == comb(n_splits, n_test) * n_test
    values = [np.column_stack([np.full(len(test), s), test]) for s, (_, test) in enumerate(splits)]
    joined = folds.join_paths(values, t0=t0)
    assert joined.shape == (folds.n_paths, len(t0), 2)
    assert (joined[:, :, 1] == np.arange(len(t0))).all()
    block = (t0 - t0.min()) // (5 * HOUR)
    assert np.array_equal(joined[:, :, 0], folds.paths()[:, block])
    for row in range(len(t0)):
        tested_by = [s for s, (_, test) in enumerate(splits) if row in test]
        assert sorted(joined[:, row, 0]) == tested_by


def test_paths_of_a_model_are_its_predictions_out_of_fold():
    rng = np.random.default_rng(0)
    t0, X = hours(range(80)), rng.normal(size=(80, 2))
    y = X @ [1.0, -1.0] + rng.normal(size=80)
    folds = CombinatorialPurgedKFold(4, 2, embargo=HOUR)
    splits = list(folds.split(X, y, t0=t0, t1=t0 + HOUR))
    fits = [LinearRegression().fit(X[train], y[train]) for train, _ in splits]
    paths = folds.join_paths(
        [fit.predict(X[test]) for fit, (_, test) in zip(fits, splits, strict=True)], t0=t0
    )
    for path, by_block in zip(paths, folds.paths(), strict=True):
        for row in range(80):
            assert path[row] == pytest.approx(fits[by_block[row // 20]].predict(X[[row]])[0])


def test_numbers_out_of_range_and_empty_splits_are_refused():
    t0 = hours(range(12))
    with pytest.raises(InputError, match="n_splits must be at least 2, got 1"):
        CombinatorialPurgedKFold(1, 1, embargo=HOUR)
    for n_test in (0, 4):
        with pytest.raises(InputError, match=rf"n_test_splits must be in \[1, 4\) .*, got {n_test}"):
            CombinatorialPurgedKFold(4, n_test, embargo=HOUR)
    with pytest.raises(InputError, match=r"in \[1, 3\] for 3 distinct times, got 4"):
        next(
            CombinatorialPurgedKFold(4, 2, embargo=HOUR).split(None, t0=t0[[0, 1, 2, 0]], t1=t0[[0, 1, 2, 0]])
        )
    # The first split has train rows; the one that has none is found before it is given.
    folds = CombinatorialPurgedKFold(4, 2, embargo=3 * HOUR)
    with pytest.raises(InputError, match=r"train rows of fold with test blocks \[0, 2\] must be at least 1"):
        next(folds.split(None, t0=t0, t1=t0))
    with pytest.raises(InputError, match="values must be of 6 splits, got 1"):
        folds.join_paths([[1.0]], t0=t0)
    with pytest.raises(InputError, match="values of split 0 must be 6 rows long, as its test is, got 5"):
        folds.join_paths([np.zeros(5)] * 6, t0=t0)
