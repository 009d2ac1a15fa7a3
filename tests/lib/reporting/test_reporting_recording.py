"""The record of a run holds what its datasets hold, sorted by what the page does with them."""

import pandas as pd

from topoquant.lib.reporting import record_run, with_training

TIME = pd.date_range("2024-01-01", periods=3, freq="h", tz="UTC")
EQUITY = pd.DataFrame(
    {"symbol": "SYN", "time": TIME, "net_return": [0.0, 0.1, 0.0], "equity": [1.0, 1.1, 1.1], "hold": 1.0}
)
# What the page shows as it is stored.
SHOWN = dict.fromkeys(
    (
        *("quality", "splits", "label_summary", "choices", "scores", "reliability"),
        *("backtest_metrics", "verdict", "trials"),
    )
)


def record(**changes):
    datasets = SHOWN | {
        "target": {"kind": "direction"},
        "equity": EQUITY,
        "operating_point": {"threshold": 0.5},
        "operating_point_test": {"n_signals": 3},
        "sharpe": {},
        "power": {"surrogates": {"n": 0, "n_edge": 0}, "injections": []},
    }
    return record_run(
        "trigger",
        datasets | changes,
        provenance={"started": "now", "revision": "abc"},
        symbols="SYN",
        interval="1h",
        source="synthetic",
        seed=3,
        truth=pd.DataFrame(),
        test_targets=pd.DataFrame(),
    )


def test_groups_are_gathered_by_how_their_names_begin():
    made = record(
        training_a={"member": "a"},
        findings_rows=[{"name": "one"}, {"name": "two"}],
        training_b={"member": "b"},
        findings_tda=[{"name": "three"}],
    )
    assert [one["member"] for one in made.training] == ["a", "b"]
    assert [one["name"] for one in made.findings] == ["one", "two", "three"]
    assert made.operating_points == {"val": {"threshold": 0.5}, "test": {"n_signals": 3}}
    assert made.run["recipe"] == "trigger"
    assert (made.run["revision"], made.run["symbols"], made.run["seed"]) == ("abc", "SYN", 3)


def test_what_was_not_measured_is_none():
    made = record()
    assert (made.power, made.sharpe, made.ceiling, made.calibration) == (None, None, None, None)
    power = {"surrogates": {"n": 2, "n_edge": 0}, "injections": []}
    made = record(power=power, sharpe={"sharpe": 0.1}, calibrator={"kind": "none"}, calibration_test={"n": 1})
    assert (made.power, made.sharpe) == (power, {"sharpe": 0.1})
    assert made.calibration == {"kind": "none", "test": {"n": 1}}
    assert made.symbol_scores == ()
    assert record(symbol_scores=[{"symbol": "A"}]).symbol_scores == [{"symbol": "A"}]


def test_only_the_naive_one_is_explained_and_only_fits_have_taken_time():
    rows = [
        {"name": "volatility_lightgbm", "role": "naive"},
        {"name": "majority", "role": "baseline"},
        {"name": "mine", "role": "member"},
    ]
    made = with_training(rows, {"training_majority": {"fit_seconds": 0.5}, "predictions_mine": None})
    assert [one["note"] for one in made] == ["sign-blind lightgbm", "", ""]
    assert [one["fit_seconds"] for one in made] == [None, 0.5, None]
    assert "note" not in rows[0]
