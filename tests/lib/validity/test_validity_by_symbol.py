"""Scores by symbol tell a model that knows moments from one that knows symbols."""

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit

from topoquant.lib.errors import InputError
from topoquant.lib.validity import Question, score_members, score_symbols

QUESTION = Question(side="up", horizon=4, interval="15m", cost=1e-4, seed=0)
ROLES = {"majority": "baseline", "knows_symbols": "member", "ensemble": "ensemble"}
RATES = {"A": 0.2, "B": 0.5}


def make_study(seed=0, n_val=300, n_test=500):
    rng = np.random.default_rng(seed)
    sets = np.repeat(["train", "val", "test"], [100, n_val, n_test])
    open_time = pd.date_range("2024-01-01", periods=len(sets) + 2, freq="15min", tz="UTC")
    bars, keys = [], []
    for symbol in RATES:
        one = pd.DataFrame({"symbol": symbol, "open_time": open_time})
        bars.append(one.assign(open=np.exp(np.cumsum(0.01 * rng.standard_normal(len(one))))))
        time = open_time[: len(sets)] + pd.Timedelta("15min")
        keys.append(pd.DataFrame({"symbol": symbol, "time": time, "target_id": "up4", "set": sets}))
    rows = pd.concat(keys, ignore_index=True)
    rate = rows["symbol"].map(RATES).to_numpy()
    label = (rng.random(len(rows)) < rate).astype(float)
    targets = rows.assign(label=label, uniqueness=0.25)
    logits = {
        "majority": np.zeros(len(rows)),
        # Above the base rate of its symbol by noise alone.
        "knows_symbols": np.log(rate / (1 - rate)) + 0.01 * rng.standard_normal(len(rows)),
        "ensemble": label + rng.standard_normal(len(rows)),
    }
    tables = {name: rows.assign(p_label=expit(one), logit_label=one) for name, one in logits.items()}
    return bars, targets, tables


def score(bars, targets, tables):
    return score_symbols(
        tables, targets, pd.concat(bars, ignore_index=True), QUESTION, naive="majority", roles=ROLES
    )


def test_a_model_that_knows_symbols_alone_is_found_out():
    bars, targets, tables = make_study()
    together = {
        row["name"]: row
        for row in score_members(
            tables, targets, pd.concat(bars, ignore_index=True), QUESTION, naive="majority", roles=ROLES
        )
    }
    assert together["knows_symbols"]["auc_low"] > 0.55
    own = [row for row in score(bars, targets, tables) if row["name"] == "knows_symbols"]
    assert [row["symbol"] for row in own] == ["A", "B"]
    for row in own:
        assert row["auc_low"] < 0.5 < row["auc_high"]
        assert row["rate"] == pytest.approx(RATES[row["symbol"]], abs=0.07)


@settings(max_examples=2, deadline=None)
@given(seed=st.integers(0, 1000))
def test_rows_of_a_symbol_are_those_it_has_alone(seed):
    bars, targets, tables = make_study(seed, n_val=120, n_test=200)
    rows = score(bars, targets, tables)
    assert len(rows) == 6
    for place, symbol in enumerate(RATES):
        alone = score_members(
            {name: table.loc[table["symbol"] == symbol] for name, table in tables.items()},
            targets.loc[targets["symbol"] == symbol], bars[place], QUESTION, naive="majority", roles=ROLES,
        )  # fmt: skip
        own = [row for row in rows if row["symbol"] == symbol]
        for got, want in zip(own, alone, strict=True):
            assert {name: got[name] for name in ("name", "role", "n", "auc", "gain", "timing_t")} == {
                name: want[name] for name in ("name", "role", "n", "auc", "gain", "timing_t")
            }


@pytest.mark.parametrize("absent", ["val", "test"])
def test_a_symbol_without_rows_of_a_set_says_so(absent):
    bars, targets, tables = make_study()
    lost = (targets["symbol"] == "B") & (targets["set"] == absent)
    rows = [row for row in score(bars, targets.loc[~lost], tables) if row["symbol"] == "B"]
    assert {row["note"] for row in rows} == {f"no {absent} rows with a target"}
    assert {(row["n"], row["auc"], row["timing_t"]) for row in rows} == {(0, None, None)}
    assert [row["role"] for row in rows] == ["naive", "member", "ensemble"]
    json.dumps(rows, allow_nan=False)


@pytest.mark.parametrize("absent", ["val", "test"])
def test_a_symbol_that_one_prediction_does_not_reach_says_so(absent):
    # A longer warm-up, or a symbol that began late: naive has these rows, the ensemble has not.
    bars, targets, tables = make_study()
    whole = tables["ensemble"]
    tables["ensemble"] = whole.loc[~((whole["symbol"] == "B") & (whole["set"] == absent))]
    rows = [row for row in score(bars, targets, tables) if row["symbol"] == "B"]
    assert {row["note"] for row in rows} == {f"no {absent} rows with a target"}
    assert {(row["n"], row["auc"]) for row in rows} == {(0, None)}


def test_the_rate_is_that_of_the_rows_that_are_scored():
    bars, targets, tables = make_study()
    whole = tables["ensemble"]
    late = whole["time"] >= whole["time"].max() - pd.Timedelta("15min") * 99
    tables["ensemble"] = whole.loc[(whole["set"] != "test") | late]
    for row in score(bars, targets, tables):
        label = targets.loc[(targets["symbol"] == row["symbol"]) & late, "label"]
        assert (row["n"], row["rate"]) == (100, label.mean())


def test_one_symbol_has_no_rows_beside_its_own_table():
    bars, targets, tables = make_study()
    assert score(bars[:1], targets, tables) == []


def test_targets_of_another_kind_are_refused():
    bars, targets, tables = make_study()
    with pytest.raises(InputError, match="target_id must be one and the same"):
        score(bars, targets.assign(target_id="up8"), tables)
