"""Profiles: what each trades, what it refuses to trade without, and what it never sees."""

import numpy as np
import pandas as pd
import pytest

from tests.lib.backtest.strategies import compared, market, options_of, profiles_of
from topoquant.lib.backtest.profiles import profile_levels
from topoquant.lib.errors import InputError


def named(comparison):
    return {row["name"]: row for row in comparison.table}


def test_every_profile_trades_what_its_filters_leave():
    _bars, rows, val, regimes, auditor = market()
    found = named(compared())
    upper = np.quantile(val["p_label"], 0.75)
    beyond = rows["p_label"] > upper
    allowed = (regimes.loc[regimes["fold"] == -1, "regime"] != "range").to_numpy()
    trusted = (auditor["p_correct"] >= 0.5).to_numpy()
    assert found["reckless"]["n_signals"] == beyond.sum()
    assert found["audited"]["n_blocked"] == (beyond & ~allowed).sum() > 0
    assert found["audited"]["n_rejected"] == (beyond & allowed & ~trusted).sum() > 0
    assert found["audited"]["n_signals"] == (beyond & allowed & trusted).sum()
    assert found["sniper"]["n_beyond"] == (rows["p_label"] > np.quantile(val["p_label"], 0.95)).sum()
    assert all(row["missing"] is None for row in found.values())


def test_what_is_missing_is_said_and_not_left_out():
    found = named(compared(regimes=None, auditor=None))
    missing = {name: row["missing"] for name, row in found.items()}
    assert missing == {
        "sniper": "regimes", "audited": "regimes and auditor", "reckless": None,
        "buy_and_hold": None, "always_long_in_trend": "regimes",
    }  # fmt: skip
    assert "net_return" not in found["sniper"]
    assert named(compared(auditor=None))["audited"]["missing"] == "auditor"


def test_a_regime_is_that_of_the_row_s_own_fold():
    _bars, _rows, _val, regimes, _auditor = market()
    other = regimes.loc[regimes["fold"] == -1].assign(fold=2, regime="range")
    both = pd.concat([regimes, other]).sample(frac=1, random_state=0)
    assert named(compared(regimes=both)) == named(compared())
    assert named(compared(regimes=other))["sniper"]["n_trades"] == 0


def test_benchmarks_hold_to_the_end_or_through_the_trend():
    _bars, _rows, _val, regimes, _auditor = market()
    found = named(compared())
    assert found["buy_and_hold"]["n_trades"] == 1
    assert found["buy_and_hold"]["net_return"] == pytest.approx(found["buy_and_hold"]["hold_return"])
    in_trend = (regimes.loc[regimes["fold"] == -1, "regime"] == "trend").to_numpy()
    n_runs = int(((~np.append(False, in_trend[:-1])) & in_trend).sum())
    assert found["always_long_in_trend"]["n_trades"] == n_runs
    assert found["always_long_in_trend"]["exposure"] == pytest.approx(in_trend.mean(), abs=0.02)


def test_few_trades_are_too_little_data_and_random_entries_stand_beside():
    found = named(compared())
    assert found["sniper"]["status"] == "too_little_data"
    assert found["sniper"]["win_rate"] is None
    reckless = found["reckless"]
    assert reckless["status"] == "ok"
    assert reckless["random_low"] < reckless["random_median"] < reckless["random_high"]
    assert 0 <= reckless["random_share"] <= 1
    assert [row["multiple"] for row in reckless["by_cost"]] == [0.0, 1.0, 2.0]


def test_a_certain_signal_never_comes_from_a_weak_edge():
    _bars, rows, _val, _regimes, _auditor = market()
    weak = rows.assign(p_label=0.1 + rows["p_label"] / 20)
    found = named(compared(rows=weak, val=weak, profiles=profiles_of("probability")))
    assert [found[name]["n_beyond"] for name in ("sniper", "audited", "reckless")] == [0, 0, 0]
    assert found["reckless"]["status"] == "too_little_data"
    by_quantile = named(compared(rows=weak, val=weak))
    assert by_quantile["reckless"]["n_beyond"] > 50
    assert by_quantile["reckless"]["n_certain"] == 0


def test_thresholds_do_not_depend_on_the_rows_that_are_traded():
    one = named(compared())
    _bars, rows, _val, _regimes, _auditor = market()
    other = named(compared(rows=rows.assign(p_label=rows["p_label"].iloc[::-1].to_numpy())))
    assert [row["upper"] for row in one.values() if "upper" in row] == [
        row["upper"] for row in other.values() if "upper" in row
    ]


def test_a_direction_is_traded_at_both_ends_and_a_flat_prediction_at_none():
    _bars, rows, val, _regimes, _auditor = market()
    lower_first = profile_levels(val, 0.75, "quantile", "both")
    assert lower_first[0] > lower_first[1]
    found = named(compared(options=options_of(side="both")))
    assert found["reckless"]["n_short"] > 0
    assert found["reckless"]["n_long"] > 0
    flat = rows.assign(p_label=0.5)
    assert named(compared(rows=flat, val=flat))["reckless"]["n_trades"] == 0


def test_compare_profiles_refuses():
    _bars, _rows, val, regimes, _auditor = market()
    with pytest.raises(InputError, match="val must be one row or more"):
        compared(val=val.iloc[:0])
    taken = profiles_of("quantile")
    taken.strategies["buy_and_hold"] = taken.strategies["reckless"]
    with pytest.raises(InputError, match="rename it"):
        compared(profiles=taken)
    with pytest.raises(pd.errors.MergeError):
        compared(regimes=pd.concat([regimes, regimes]))
    with pytest.raises(ValueError, match="threshold"):
        profiles_of("quantile", threshold=1.5)
