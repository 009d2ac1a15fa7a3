"""One row of features per bar."""

import logging
from dataclasses import replace

import numpy as np
import pandas as pd
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
        nothing = made("references"), made("macro")
        whole = make_tabular_features(bars, *nothing, market, options)
        assert not caplog.messages
        part = make_tabular_features(bars.drop(columns="taker_buy_volume"), *nothing, market, options)
    assert whole.columns.tolist()[6:] == ["buy_share", "delta_ratio", "cumulative_delta_share"]
    assert part.columns.tolist() == whole.columns.tolist()[:6]
    assert ["no flow" in message for message in caplog.messages] == [True]


def test_other_coins_and_macro_series_are_columns_where_they_are_given(made, parameters, caplog):
    from topoquant.pipelines.features_tabular.nodes import make_tabular_features

    bars, market = made("bars"), parameters["trigger"]["market"]
    options = replace(parameters["trigger"]["features_tabular"], sets=("tabular",))
    references = bars.assign(symbol="ETHUSDT")
    days = pd.date_range(bars["open_time"].min(), periods=15, freq="D")
    macro = pd.DataFrame({"name": "dxy", "available_at": days, "value": 100 + np.arange(15.0)})
    with caplog.at_level(logging.WARNING):
        whole = make_tabular_features(bars, references, macro, market, options)
        assert not caplog.messages
        part = make_tabular_features(bars, made("references"), made("macro"), market, options)
    FEATURES.validate(whole)
    beside = [name for name in whole if name.startswith(("ETHUSDT_", "dxy_"))]
    assert len(beside) == 6 + 5
    assert whole[beside].notna().any().sum() == 6 + 3  # fifteen values are too few for twenty
    assert part.columns.tolist() == [name for name in whole if name not in beside]
    assert [message.split(",")[0].split()[-1] for message in caplog.messages] == ["cross_asset", "macro"]


def test_the_committed_page_is_what_the_columns_say(project):
    from topoquant.pipelines.features_tabular.page import write_page

    remedy = "python -m topoquant.pipelines.features_tabular.page > docs/indicators.md"
    assert (project / "docs/indicators.md").read_text(encoding="utf-8") == write_page(), remedy
