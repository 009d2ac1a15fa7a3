"""One row of features per bar."""

import logging
from dataclasses import replace

import pytest

from topoquant.schemas import FEATURES


@pytest.mark.parametrize("name", ["features_tabular", "features_blind"])
def test_features_have_a_row_per_bar(made, name):
    features = made(name)
    FEATURES.validate(features)
    assert len(features) == len(made("bars"))
    assert features.iloc[-1].notna().all()


def test_order_flow_is_there_with_takers_and_said_to_be_absent_without(made, parameters, caplog):
    from topoquant.pipelines.features_tabular.nodes import make_tabular_features

    market = parameters["trigger"]["market"]
    options = replace(parameters["trigger"]["features_tabular"], sets=("price", "flow"))
    bars = made("bars")
    with caplog.at_level(logging.WARNING):
        whole = make_tabular_features(bars, market, options)
        assert not caplog.messages
        part = make_tabular_features(bars.drop(columns="taker_buy_volume"), market, options)
    assert whole.columns.tolist()[6:] == ["buy_share", "delta_ratio", "cumulative_delta_share"]
    assert part.columns.tolist() == whole.columns.tolist()[:6]
    assert ["no flow" in message for message in caplog.messages] == [True]
