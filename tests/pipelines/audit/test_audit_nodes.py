"""The audit finds nothing to complain of in the stages as they are."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from topoquant.lib.bars import row_keys
from topoquant.pipelines.report.pipeline import FINDINGS


@pytest.mark.parametrize("name", FINDINGS)
def test_no_stage_leaks(made, name):
    findings = made(name)
    assert {finding["status"] for finding in findings} <= {"ok", "warning"}


def test_power_says_what_could_have_been_found(made):
    assert isinstance(made("power"), dict)


def test_columns_of_other_coins_and_macro_series_are_recomputed_too(made, parameters):
    from topoquant.pipelines.audit.feature_nodes import check_tabular
    from topoquant.pipelines.features_tabular.nodes import make_tabular_features

    bars, recipe = made("bars"), parameters["trigger"]
    # The other coin is listed later than the first cut.
    references = bars.iloc[900:].assign(symbol="ETHUSDT")
    days = pd.date_range(bars["open_time"].min(), periods=15, freq="D")
    macro = pd.DataFrame({"name": "dxy", "available_at": days, "value": 100 + np.arange(15.0)})
    options = replace(recipe["features_tabular"], sets=("price", "cross_asset", "macro"))
    features = make_tabular_features(bars, references, macro, recipe["market"], options)
    asked = (recipe["market"], options, recipe["features_blind"], replace(recipe["audit"], n_cuts=3))
    tabular, _ = check_tabular(bars, features, references, macro, *asked)
    assert tabular["status"] == "ok"
    assert tabular["numbers"]["n_columns"] == 4 + 6 + 5
    keys = ["symbol", "time"]
    by_position = features.assign(**features.drop(columns=keys).shift(-1))
    late, _ = check_tabular(bars, by_position, references, macro, *asked)
    assert late["status"] == "leak"


def test_an_ensemble_that_joins_by_position_would_be_named(made):
    alignment, outcomes = made("findings_alignment")
    assert (alignment["status"], outcomes["status"]) == ("ok", "ok")
    # Two members, three sign-blind baselines, regimes; and the members with what came of their rows.
    assert (alignment["numbers"]["n_tables"], outcomes["numbers"]["n_tables"]) == (6, 3)


def test_weights_that_knew_an_outcome_too_early_would_be_named(made, parameters, monkeypatch):
    from topoquant.pipelines.audit import ensemble_nodes as nodes

    (honest,) = made("findings_adaptation")
    assert honest["status"] == "ok"
    assert honest["numbers"]["n_compared"] == honest["numbers"]["n_cuts"]
    resolved_losses = nodes.resolved_losses

    def too_early(tables, outcomes):
        known = resolved_losses(tables, outcomes)
        return known.assign(available_at=known["time"] + pd.Timedelta("15min"))

    monkeypatch.setattr(nodes, "resolved_losses", too_early)
    recipe = parameters["trigger"]
    # One cut alone lies between val and test, where the purge leaves nothing unresolved.
    asked = [*(recipe[name] for name in ("market", "label", "ensemble")), replace(recipe["audit"], n_cuts=3)]
    tables = {name: made(f"predictions_{name}") for name in ("nbeats", "lightgbm")}
    check = nodes.adaptation_node(tuple(tables))
    (found,) = check(made("bars"), made("splits"), made("target"), *asked, **tables)
    assert found["status"] == "leak"
    assert found["section"] == "ensemble"


def test_a_flat_member_would_be_told_its_cause(made):
    names = {finding["name"] for finding in made("findings_flat")}
    assert names == {"flatness, nbeats", "flatness, lightgbm", "flatness, ensemble"}
    assert all(
        {"cause", "baseline", "baseline_gain_lower"} <= set(one["numbers"]) for one in made("findings_flat")
    )
    assert 0 < made("training_nbeats")["facts"]["train_rate"] < 1


def test_the_graph_that_is_audited_is_that_of_the_recipe(made, registered):
    (lineage,) = made("findings_lineage")
    fitting = [node for node in registered["trigger"].nodes if {"train", "ensemble", "regimes"} & node.tags]
    assert lineage["numbers"]["n_fitted"] == 1 + sum(len(node.outputs) for node in fitting)
    assert lineage["status"] == "ok"


def test_fits_are_blind_to_test_bars(made):
    (blindness,) = made("findings_blindness")
    assert blindness["status"] == "ok"
    assert {"preprocessing", "target", "calibrator", "operating_point", "lightgbm"} <= set(
        blindness["numbers"]["honest"]
    )


def test_adversarial_validation_says_when_there_are_too_few_rows(made):
    (found,) = made("findings_adversarial")
    assert found["status"] == "warning"
    assert "not tested" in found["finding"]


@pytest.mark.parametrize("beside", ["references", "macro", "fine_bars"])
def test_what_stands_beside_the_bars_ends_at_the_cut_too(made, parameters, monkeypatch, beside):
    """A column that holds the last value there is, whatever the row, is a leak."""
    from topoquant.pipelines.audit import feature_nodes as nodes

    def last_value(bars, table, interval):
        return row_keys(bars, interval).assign(last=table.iloc[-1, -1])

    def peek_tabular(bars, *, options, interval, **tables):
        return last_value(bars, tables[beside], interval)

    def peek_complexity(bars, known, options, *, interval):
        return last_value(bars, known, interval)

    monkeypatch.setattr(nodes, "indicators", peek_tabular)
    monkeypatch.setattr(nodes, "complexity_of_symbols", peek_complexity)
    bars, recipe = made("bars"), parameters["trigger"]
    other = bars.assign(number=np.arange(len(bars)))
    macro = pd.DataFrame({"name": "dxy", "available_at": bars["open_time"], "value": other["number"]})
    asked = replace(recipe["audit"], n_cuts=2)
    if beside == "fine_bars":
        found = nodes.check_complexity(bars, other, recipe["market"], recipe["features_complexity"], asked)
    else:
        stored = last_value(bars, {"references": other, "macro": macro}[beside], recipe["market"].interval)
        options = (recipe["market"], recipe["features_tabular"], recipe["features_blind"], asked)
        found = nodes.check_tabular(bars, stored, other, macro, *options)
    assert found[0]["status"] == "leak"
