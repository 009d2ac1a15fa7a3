"""Recorded runs side by side: the same question, or the reason why not."""

import numpy as np
import pandas as pd
import pytest

from topoquant.lib.judge import RecordedRun, compare_runs, comparison_table, not_comparable

TIME = pd.date_range("2024-01-01", periods=3000, freq="15min", tz="UTC")
DRAWS = np.random.default_rng(7)
SIGNAL = DRAWS.normal(size=len(TIME))
LABEL = (SIGNAL + DRAWS.normal(size=len(TIME)) > 0).astype(float)


def recorded(run_id, strength, **columns):
    p = 1 / (1 + np.exp(-strength * SIGNAL))
    rows = pd.DataFrame({"symbol": "SYN", "time": TIME, "t1": TIME, "target_id": "up", "p_label": p})
    rows = rows.assign(**{"label": LABEL, **columns})
    return RecordedRun(run_id=run_id, report=report(run_id), rows=rows)


def report(run_id):
    return {
        "run": {"recipe": f"trigger{run_id}", "symbols": "SYN", "interval": "15m", "source": "synthetic"},
        "target": {"horizon": 4},
        "models": [{"name": "ensemble", "auc": 0.6, "auc_low": 0.5, "auc_high": 0.7, "gain": None}],
        "sharpe": None,
        "backtest": {"net_return": 0.1},
        "verdict": {"word": "no_edge", "tradeable": "no", "numbers": {"member": "ensemble"}},
    }


def test_the_better_run_is_told_from_the_worse():
    (pair,) = compare_runs([recorded("1", 1.0), recorded("2", 0.0)], seed=0)
    assert pair["reason"] is None
    assert pair["n"] == len(TIME)
    assert pair["auc_low"] > 0.2
    assert pair["gain_low"] > 0
    (turned,) = compare_runs([recorded("2", 0.0), recorded("1", 1.0)], seed=0)
    assert turned["auc"] == pytest.approx(-pair["auc"])


def test_a_run_differs_from_itself_by_nothing_wherever_its_rows_stand():
    run = recorded("1", 1.0)
    shuffled = RecordedRun(run_id="2", report=run.report, rows=run.rows.sample(frac=1, random_state=0))
    (pair,) = compare_runs([run, shuffled], seed=0)
    assert [pair[name] for name in ("auc", "auc_low", "auc_high", "gain")] == [0.0] * 4


def test_only_shared_rows_count():
    run = recorded("1", 1.0)
    later = RecordedRun(run_id="2", report=run.report, rows=run.rows.iloc[1000:])
    assert not_comparable(run, later) == (None, 2000)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"target_id": "down"}, "other targets: up and down"),
        ({"time": TIME + pd.Timedelta("365D")}, "no test row in common"),
        ({"label": 1.0 - LABEL}, "other markets: labels differ in 3,000 of 3,000"),
        ({"symbol": "BTC"}, "no test row in common"),
    ],
)
def test_runs_that_answer_other_questions_say_so(change, reason):
    (pair,) = compare_runs([recorded("1", 1.0), recorded("2", 1.0, **change)], seed=0)
    assert pair["reason"].startswith(reason)
    assert pair["auc"] is None


def test_a_run_without_probabilities_and_one_class_are_refused():
    run, values = recorded("1", 1.0), recorded("2", 1.0)
    without = RecordedRun(run_id="2", report=values.report, rows=values.rows.drop(columns="p_label"))
    assert "no probability" in not_comparable(run, without)[0]
    ones = [recorded(name, 1.0, label=1.0) for name in ("1", "2")]
    assert "one class" in not_comparable(*ones)[0]
    three = [recorded(name, 1.0, label=LABEL * 2 - 1) for name in ("1", "2")]
    assert not_comparable(*three) == ("labels are not 0 and 1 but -1, 1", len(TIME))


def test_the_table_holds_what_runs_found_and_nan_for_what_they_did_not():
    table = comparison_table([recorded("1", 1.0), recorded("2", 0.0)])
    assert table["name"].tolist() == ["trigger1 1", "trigger2 2"]
    assert table["auc"].tolist() == [0.6, 0.6]
    assert table["gain"].isna().all()
    assert table["dsr"].isna().all()
    assert table["verdict"].tolist() == ["no_edge"] * 2
    assert (table["n_rows"] == len(TIME)).all()
