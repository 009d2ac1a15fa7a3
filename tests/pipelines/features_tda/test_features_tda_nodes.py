"""The array, its index and its columns are in one order."""

import numpy as np

from topoquant.schemas import KEYS


def test_topological_features_belong_to_their_keys(made):
    values, index, columns = (made(f"features_tda{suffix}") for suffix in ("", "_index", "_columns"))
    KEYS.validate(index)
    assert values.shape == (len(index), len(columns))
    assert values.dtype == np.float32
    assert len(set(columns)) == len(columns)
