import numpy as np
import pandas as pd
import pytest
from sklearn.dummy import DummyClassifier
from sklearn.model_selection import check_cv, cross_val_score

from topoquant.lib.errors import InputError
from topoquant.lib.sampling import WalkForward

HOUR = pd.Timedelta("1h")


def hours(values) -> pd.DatetimeIndex:
    return pd.Timestamp("2024-01-01", tz="UTC") + pd.to_timedelta(np.asarray(values), unit="h")


def folds_of(splitter: WalkForward, t0, horizon: int = 1) -> list[tuple[list[int], list[int]]]:
    folds = splitter.split(None, t0=hours(t0), t1=hours(t0) + horizon * HOUR)
    return [(train.tolist(), test.tolist()) for train, test in folds]


@pytest.mark.parametrize(("expanding", "last_train"), [(True, [0, 1, 2, 3, 4, 5, 6, 7]), (False, [5, 6, 7])])
def test_fits_by_hand(expanding, last_train):
    splitter = WalkForward(5 * HOUR, 5 * HOUR, None, embargo=HOUR, expanding=expanding)
    # Fits at 5 and 10. Of the rows before 10, the one at 9 ends at it and 8 within the embargo.
    assert folds_of(splitter, range(12)) == [([0, 1, 2], [5, 6, 7, 8, 9]), (last_train, [10, 11])]
    assert splitter.get_n_splits(t0=hours(range(12))) == 2


def test_a_refit_within_the_test_length_tests_again():
    splitter = WalkForward(4 * HOUR, 4 * HOUR, 2 * HOUR, embargo=0 * HOUR, expanding=True)
    assert [test for _, test in folds_of(splitter, range(10))] == [[4, 5, 6, 7], [6, 7, 8, 9], [8, 9]]


def test_a_gap_moves_no_border_and_symbols_are_cut_at_the_same_instants():
    splitter = WalkForward(4 * HOUR, 4 * HOUR, None, embargo=0 * HOUR, expanding=False)
    t0 = [0, 1, 2, 3, 4, 9, 10, 0, 1, 2, 3, 4, 5, 6, 7, 8]
    assert folds_of(splitter, t0) == [
        ([0, 1, 2, 7, 8, 9], [4, 11, 12, 13, 14]),
        ([4, 11, 12, 13], [5, 6, 15]),
    ]


@pytest.mark.parametrize("days", [1, 30, 365])
def test_a_last_row_at_the_very_instant_of_a_fit_is_tested(days):
    length = pd.Timedelta(days=days)
    t0 = pd.Timestamp("2000-01-01", tz="UTC") + length / 2 * np.arange(21)
    splitter = WalkForward(2 * length, length, None, embargo=0 * length, expanding=True)
    folds = list(splitter.split(None, t0=t0, t1=t0))
    assert splitter.get_n_splits(t0=t0) == len(folds) == 9
    assert np.concatenate([test for _, test in folds]).tolist() == list(range(4, 21))


def test_rows_after_a_fit_change_none_of_its_rows():
    splitter = WalkForward(8 * HOUR, 4 * HOUR, None, embargo=HOUR, expanding=True)
    assert folds_of(splitter, range(40))[:4] == folds_of(splitter, range(24))


def test_the_splits_serve_scikit_learn():
    t0 = hours(range(40))
    folds = WalkForward(10 * HOUR, 10 * HOUR, None, embargo=HOUR, expanding=True).split(None, t0=t0, t1=t0)
    scores = cross_val_score(
        DummyClassifier(), np.zeros((40, 1)), np.arange(40) % 2, cv=check_cv(list(folds))
    )
    assert len(scores) == 3


def test_lengths_out_of_range_and_empty_folds_are_refused():
    lengths = {"train_length": 5 * HOUR, "test_length": 5 * HOUR, "step": HOUR}
    for name in lengths:
        for wrong in (0 * HOUR, -HOUR, 5):
            with pytest.raises(InputError, match=f"{name} must be a positive Timedelta, got"):
                WalkForward(**(lengths | {name: wrong}), embargo=HOUR, expanding=True)
    splitter = WalkForward(5 * HOUR, 5 * HOUR, None, embargo=0 * HOUR, expanding=False)
    with pytest.raises(InputError, match=r"t0 must be the decision times .*, got None"):
        splitter.get_n_splits()
    with pytest.raises(InputError, match=r"train_length must be at most the 0 days 04:00:00 .* of 5 rows"):
        folds_of(splitter, range(5))
    with pytest.raises(InputError, match=r"test rows of fold 1 must be at least 1 within .* got 0"):
        folds_of(splitter, [0, 1, 2, 3, 4, 5, 17, 18])
    with pytest.raises(
        InputError, match=r"train rows of fold 1 \(5 rows before purging\) must be at least 1"
    ):
        next(splitter.split(None, t0=hours(range(12)), t1=hours([*range(5), *[20] * 7])))
    with pytest.raises(InputError, match=r"step must be at least the 0 days 01:00:00 between rows"):
        folds_of(WalkForward(5 * HOUR, 5 * HOUR, HOUR / 2, embargo=HOUR, expanding=True), range(12))
