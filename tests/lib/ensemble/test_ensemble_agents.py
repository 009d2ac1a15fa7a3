"""Agents: who is heard when, how loud, and on which rows that is fitted."""

import json

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit

from topoquant.lib.ensemble import AgentOptions, combine_agents
from topoquant.lib.errors import InputError

SPEAKS = {"trend": ("trend",), "range": ("reversion",), "panic": (), "default": ("trend", "reversion")}
EMBARGO = pd.Timedelta("2h")


def options_of(**changed):
    return AgentOptions(**{"speaks": SPEAKS, "sizer": "size", "quiet": 0.2, "largest": 2.0} | changed)


def study_of(n=400, seed=0):
    rng = np.random.default_rng(seed)
    time = pd.date_range("2024-01-01", periods=n, freq="h", tz="UTC", unit="ns")
    part = np.repeat(["train", "val", "test"], [n // 2, n // 4, n // 4])
    fold = np.where(part == "train", np.arange(n) * 8 // n, -1)
    rows = pd.DataFrame(
        {
            "symbol": "SYN",
            "time": time,
            "t1": time + pd.Timedelta("2h"),
            "target_id": "up-2",
            "set": part,
            "fold": fold,
        }
    )
    tables = {}
    for name, base in (("trend", 0.5), ("reversion", -1.0), ("size", 0.0)):
        logit = base + rng.normal(size=n)
        tables[name] = rows.assign(p_label=expit(logit), logit_label=logit, model_hash=f"{name}-{0}")
    tables["size"]["value_max_pct"] = rng.uniform(0.001, 0.02, n)
    drawn = rng.choice(["trend", "range", "panic"], n)
    regimes = pd.concat(
        [rows[["symbol", "time"]].assign(fold=number, regime=drawn) for number in (-1, 0, 1, 2, 3)],
        ignore_index=True,
    )
    return tables, regimes


def test_every_row_is_what_the_table_says():
    tables, regimes = study_of()
    found, record = combine_agents(tables, regimes, options_of(), embargo=EMBARGO)
    size = tables["size"]["value_max_pct"].to_numpy()
    is_train = (tables["size"]["set"] == "train").to_numpy()
    spoken = regimes.query("fold == -1")["regime"].to_numpy()
    logit = {name: tables[name]["logit_label"].to_numpy() for name in ("trend", "reversion")}
    base = {name: np.log(p / (1 - p)) for name, z in logit.items() if (p := expit(z[is_train]).mean())}
    middle = (base["trend"] + base["reversion"]) / 2
    quiet, median = np.quantile(size[is_train], 0.2), np.median(size[is_train])
    for i in np.flatnonzero(~is_train):
        volume = 0.0 if size[i] < quiet else min(size[i] / median, 2.0)
        name = {"trend": "trend", "range": "reversion"}.get(spoken[i])
        wanted = middle if name is None else middle + volume * (logit[name][i] - base[name])
        assert found["logit_label"].iloc[i] == pytest.approx(wanted)
    assert found["value_max_pct"].tolist() == size.tolist()
    n_panic = sum(one["n"] for one in record["heard"] if one["regime"] == "panic")
    assert n_panic == (spoken == "panic").sum()
    json.dumps(record)


def test_a_row_takes_the_regime_of_the_fit_that_left_its_fold_out():
    tables, regimes = study_of()
    own = tables["trend"]["fold"].to_numpy() == 1
    times = tables["trend"].loc[own, "time"]
    regimes.loc[(regimes["fold"] == 1) & regimes["time"].isin(times), "regime"] = "panic"
    found, _ = combine_agents(tables, regimes, options_of(), embargo=EMBARGO)
    assert np.ptp(found.loc[own, "logit_label"]) == 0
    assert found.loc[~own, "logit_label"].nunique() > 100
    # Without a row of its own fold it is the default.
    none = regimes[(regimes["fold"] != 1)]
    by_default, record = combine_agents(tables, none, options_of(), embargo=EMBARGO)
    assert by_default.loc[own, "logit_label"].nunique() > 30
    assert next(one["n"] for one in record["heard"] if one["regime"] == "default") == own.sum()


def test_scales_of_a_fold_come_from_the_other_folds():
    tables, regimes = study_of()
    found, _ = combine_agents(tables, regimes, options_of(), embargo=EMBARGO)
    changed = {name: table.copy() for name, table in tables.items()}
    own = tables["trend"]["fold"].to_numpy() == 2
    # Only the last row of the block: the others' values must not move with it.
    last = np.flatnonzero(own)[-1]
    changed["trend"].loc[last, ["logit_label", "p_label"]] = [9.0, expit(9.0)]
    changed["size"].loc[last, "value_max_pct"] = 0.9
    other, _ = combine_agents(changed, regimes, options_of(), embargo=EMBARGO)
    rest = own & (np.arange(len(own)) != last)
    assert found.loc[rest, "logit_label"].tolist() == other.loc[rest, "logit_label"].tolist()
    assert found.loc[~own, "logit_label"].tolist() != other.loc[~own, "logit_label"].tolist()


def test_test_rows_reach_no_other_row():
    tables, regimes = study_of()
    found, _ = combine_agents(tables, regimes, options_of(), embargo=EMBARGO)
    garbage = {name: table.copy() for name, table in tables.items()}
    is_test = (tables["trend"]["set"] == "test").to_numpy()
    rng = np.random.default_rng(1)
    for table in garbage.values():
        table.loc[is_test, "logit_label"] = 9 * rng.normal(size=is_test.sum())
        table["p_label"] = expit(table["logit_label"])
    garbage["size"].loc[is_test, "value_max_pct"] = 0.5
    other, _ = combine_agents(garbage, regimes, options_of(), embargo=EMBARGO)
    pd.testing.assert_frame_equal(found[~is_test], other[~is_test], check_exact=True)
    assert found.loc[is_test, "model_hash"].tolist() == other.loc[is_test, "model_hash"].tolist()


def test_without_a_sizer_everyone_speaks_at_size_one():
    tables, regimes = study_of()
    asked = options_of(sizer=None, speaks={**SPEAKS, "panic": ("trend",), "range": ("trend",)})
    found, record = combine_agents(tables, regimes, asked, embargo=EMBARGO)
    gap = found["logit_label"] - tables["trend"]["logit_label"]
    assert gap.groupby(found["fold"]).std().max() < 1e-12
    assert "value_max_pct" not in found
    assert all(one["n_quiet"] == 0 for one in record["heard"])


def test_what_cannot_be_combined_is_refused():
    tables, regimes = study_of()
    with pytest.raises(InputError, match="size"):
        combine_agents({k: tables[k] for k in ("trend", "reversion")}, regimes, options_of(), embargo=EMBARGO)
    with pytest.raises(InputError, match="max_pct"):
        combine_agents(tables, regimes, options_of(sizer="trend"), embargo=EMBARGO)
    with pytest.raises(InputError, match="crash"):
        combine_agents(tables, regimes.assign(regime="crash"), options_of(), embargo=EMBARGO)
    with pytest.raises(InputError, match="repeated"):
        combine_agents(tables, pd.concat([regimes, regimes]), options_of(), embargo=EMBARGO)
    with pytest.raises(ValueError, match="default"):
        options_of(speaks={"trend": ("trend",), "range": (), "panic": ()})
    with pytest.raises(ValueError, match="no agent"):
        options_of(speaks=dict.fromkeys(SPEAKS, ()))
