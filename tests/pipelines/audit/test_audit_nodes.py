"""The audit finds nothing to complain of in the stages as they are."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from topoquant.pipelines.report.pipeline import FINDINGS


@pytest.mark.parametrize("name", FINDINGS)
def test_no_stage_leaks(made, name):
    findings = made(name)
    assert {finding["status"] for finding in findings} <= {"ok", "warning"}


def test_power_says_what_could_have_been_found(made):
    assert isinstance(made("power"), dict)


def test_columns_of_other_coins_and_macro_series_are_recomputed_too(made, parameters):
    from topoquant.pipelines.audit.nodes import check_tabular

    bars, recipe = made("bars"), parameters["trigger"]
    # The other coin is listed later than the first cut.
    references = bars.iloc[900:].assign(symbol="ETHUSDT")
    days = pd.date_range(bars["open_time"].min(), periods=15, freq="D")
    macro = pd.DataFrame({"name": "dxy", "available_at": days, "value": 100 + np.arange(15.0)})
    options = replace(recipe["features_tabular"], sets=("price", "cross_asset", "macro"))
    tabular, _ = check_tabular(
        bars, references, macro, recipe["market"], options, recipe["features_blind"],
        replace(recipe["audit"], n_cuts=3),
    )  # fmt: skip
    assert tabular["status"] == "ok"
    assert tabular["numbers"]["n_columns"] == 4 + 6 + 5
