"""One row of features per bar."""

import pytest

from topoquant.schemas import FEATURES


@pytest.mark.parametrize("name", ["features_tabular", "features_blind"])
def test_features_have_a_row_per_bar(made, name):
    features = made(name)
    FEATURES.validate(features)
    assert len(features) == len(made("bars"))
    assert features.iloc[-1].notna().all()
