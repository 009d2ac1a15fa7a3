"""Mutual information of values by a kernel equals scikit-learn's."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.feature_selection import mutual_info_regression

from topoquant.lib.models import Head
from topoquant.lib.training.information import _estimate

VALUE = Head(name="logret_1", kind="value")


def expected(x, target, n_neighbors, seed):
    return mutual_info_regression(
        x, target, discrete_features=False, n_neighbors=n_neighbors, random_state=seed
    )


@pytest.mark.parametrize("n_neighbors", [1, 3, 7])
@pytest.mark.parametrize("n", [12, 48, 300])
def test_equal_to_scikit_learn(n, n_neighbors):
    rng = np.random.default_rng(n + n_neighbors)
    x = rng.normal(size=(n, 5))
    x[:, 1] = np.round(x[:, 1])  # ties
    x[:, 2] = 7.0  # a constant
    x[:, 3] *= 1e-6
    target = x[:, 0] + rng.normal(size=n)
    found = _estimate(x, target, VALUE, n_neighbors, seed=5)
    assert found == pytest.approx(expected(x, target, n_neighbors, 5), abs=1e-12)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000))
def test_a_target_of_few_values_as_there(seed):
    rng = np.random.default_rng(seed)
    x = rng.integers(0, 4, (30, 3)) / 4
    target = rng.integers(-2, 3, 30) / 100
    found = _estimate(x, target, VALUE, 3, seed=seed)
    assert found == pytest.approx(expected(x, target, 3, seed), abs=1e-12)
