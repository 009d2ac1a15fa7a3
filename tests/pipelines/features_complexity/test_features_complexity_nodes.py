"""One row of complexity per bar, on finer bars where they were read."""

import logging
from dataclasses import replace

import numpy as np

from topoquant.lib.complexity import complexity_names
from topoquant.schemas import BARS, FEATURES


def test_features_have_a_row_per_bar(made, parameters):
    features = made("features_complexity")
    FEATURES.validate(features)
    names = complexity_names(parameters["trigger"]["features_complexity"])
    assert features.columns.tolist() == ["symbol", "time", *names]
    assert len(features) == len(made("bars"))
    assert np.isfinite(features[names].iloc[96:]).all(axis=None)
    BARS.validate(made("fine_bars"))
    assert len(made("fine_bars")) == 0


def test_the_audit_looks_at_it(made):
    (check,) = made("findings_complexity")
    assert (check["status"], check["numbers"]["n_compared"]) == ("ok", 1)


def test_bars_coarser_than_asked_for_are_taken_and_said(made, parameters, caplog):
    from topoquant.pipelines.features_complexity.nodes import make_complexity_features

    market = parameters["trigger"]["market"]
    options = replace(parameters["trigger"]["features_complexity"], interval="5m")
    with caplog.at_level(logging.WARNING):
        make_complexity_features(made("bars").iloc[:200], made("fine_bars"), market, options)
    assert caplog.messages == [
        "features_complexity.interval: no bars of 5m of SYN: computed on 15m",
    ]
