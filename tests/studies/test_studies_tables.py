"""Tables and claims of small documents that are written by hand."""

import json

import pandas as pd
import pytest

from tests.studies.claims import CLAIMS
from tests.studies.pages import fill
from tests.studies.plan import Run
from tests.studies.results import Results

ENDS = ("", "_low", "_high")


@pytest.fixture
def results(tmp_path):
    """Return a function: recipe and datasets by name -> results of a run that stored them."""

    def store(recipe, **datasets):
        run = Run(
            study="s",
            name=recipe,
            recipe=recipe,
            env="local",
            bars=None,
            switches={},
            then=(),
            about="target",
        )
        for name, content in datasets.items():
            path = (
                run.place(tmp_path)
                / "08_reporting"
                / recipe
                / "local"
                / "files-AAA"
                / name.replace("__", "/")
            )
            path.parent.mkdir(parents=True, exist_ok=True)
            if isinstance(content, pd.DataFrame):
                content.to_parquet(path.with_suffix(".parquet"))
            else:
                path.with_suffix(".json").write_text(json.dumps(content))
        return Results(run, tmp_path)

    return store


def filled(mark, one):
    return fill(f"{{{{ {mark} }}}}", {one.run.name: one})


def predictions(share_right):
    """Predictions and targets of hourly rows, so many of which are called right, for every set."""
    time = pd.date_range("2024-01-01", periods=30, freq="h", tz="UTC")
    label = [float(place < 10 * share_right) for place in range(10)] * 3
    sets = ["train"] * 10 + ["val"] * 10 + ["test"] * 10
    rows = pd.DataFrame({"symbol": "AAA", "time": time, "target_id": "up", "set": sets, "p_label": 0.7})
    targets = rows[["symbol", "time", "target_id"]].assign(label=label, uniqueness=1.0)
    return rows, targets.iloc[:20], targets.iloc[20:]


def test_a_number_within_a_sentence_leaves_out_what_is_missing(results):
    one = results("trigger")
    record = one.run.place(one.store) / "run.json"
    record.parent.mkdir(parents=True, exist_ok=True)
    record.write_text(json.dumps({"commands": [{"cpu_seconds": 30.0}]}))
    said = fill("It took {{ processor_time }} at most.", {"trigger": one}, ["other"])
    assert said == "It took 30 s at most."


def test_accuracy_is_the_share_called_right_at_one_half(results):
    rows, development, test = predictions(0.6)
    one = results(
        "direction", predictions_xgboost=rows, development_targets=development, test_targets=test,
        model_scores=[{"name": "xgboost", "role": "member"}, {"name": "logistic", "role": "baseline"}],
    )  # fmt: skip
    assert filled("accuracy", one).splitlines()[-1].startswith("| `xgboost` | .600 [")
    assert CLAIMS["direction"](one).startswith("accuracy .600 of `xgboost`, the best of 1")


def test_a_rare_move_is_called_right_by_never_calling_it(results):
    rows, development, test = predictions(0.1)
    one = results(
        "move", predictions_ensemble=rows.assign(p_label=0.2), development_targets=development,
        test_targets=test, training_report={"target": {"rate": {"test": 0.1}}},
    )  # fmt: skip
    assert CLAIMS["move"](one) == "accuracy .900, where never calling a move has .900"


def test_symbols_are_pooled_first(results):
    scores = [{"name": "naive_one", "auc": 0.6, "n": 30}, {"name": "net", "auc": 0.55, "n": 30}]
    by_symbol = [
        {"symbol": symbol, "name": one["name"], "auc": auc, "n": n, "rate": n / 100}
        for symbol, auc, n in (("AAA", 0.5, 10), ("BBB", None, 20))
        for one in scores
    ]
    lines = filled("symbols", results("move", model_scores=scores, symbol_scores=by_symbol)).splitlines()
    assert lines[2:] == [
        "| all | 30 | .167 | .600 | .550 |", "| AAA | 10 | .100 | .500 | .500 |",
        "| BBB | 20 | .200 | - | - |",
    ]  # fmt: skip


def test_forecasts_of_test_rows_are_shown_and_the_best_is_claimed(results):
    row = {
        "set": "test",
        "rmse": 0.04,
        "r2_zero": 0.01,
        "accuracy_low": 0.4,
        "accuracy_high": 0.6,
        "effective_n": 15.0,
    }
    regression = [
        row | {"name": "zero", "role": "baseline", "horizon": 7, "directional_accuracy": 0.9},
        row | {"name": "tcn", "role": "member", "horizon": 7, "directional_accuracy": 0.6},
        row | {"name": "tcn", "role": "member", "horizon": 30, "directional_accuracy": 0.55},
        row | {"name": "tcn", "role": "member", "horizon": 30, "directional_accuracy": 0.99, "set": "val"},
    ]
    one = results("horizons", regression=regression)
    assert len(filled("regressions", one).splitlines()) == 2 + 3
    assert CLAIMS["horizons"](one) == (
        "directional accuracy .600 of `tcn` over 7 days, the best of 2; 15 independent rows"
    )


def test_every_horizon_has_a_verdict_and_the_run_one(results):
    verdict = {"headline": "no_edge (all)", "numbers": {"views": {"logret_1": {"line": "no_edge (t .3)"}}}}
    lines = filled("horizon_verdicts", results("horizons", verdict=verdict)).splitlines()
    assert lines[2:] == ["| target | logret_1 | no_edge (t .3) |", "| target | run | **no_edge (all)** |"]


def test_a_profile_that_was_not_traded_is_not_the_best(results):
    strategies = [
        {"name": "sniper", "kind": "strategy", "net_return": -0.1, "n_trades": 40},
        {"name": "audited", "kind": "strategy", "missing": "auditor"},
        {"name": "unaudited", "kind": "strategy", "net_return": 0.0, "n_trades": 0},
        {"name": "buy_and_hold", "kind": "benchmark", "net_return": 0.5, "n_trades": 1},
    ]
    said = CLAIMS["barrier"](results("barrier", strategies=strategies))
    assert said == "net -.100 of `sniper` in 40 trades, the best of 1"
    none = [row for row in strategies if row["name"] != "sniper"]
    assert CLAIMS["barrier"](results("barrier", strategies=none)) == "no profile entered anything"


def test_an_ablation_says_what_is_lost_and_on_how_many_rows(results):
    bounds = {f"{key}{end}": 0.01 for key in ("alone", "lost", "val_lost", "beside", "gain") for end in ENDS}
    found = {
        "rows": {"train": 900, "val": 90}, "n_seeds": 2, "seed_deviation": {"oof": 0.0006},
        "all": bounds, "blind": bounds, "beside_all": bounds,
        "parts": [bounds | {"name": "tda", "n_columns": 214, "finding": "nothing"}],
    }  # fmt: skip
    lines = filled("ablation", results("trigger", ablation__lightgbm=found)).splitlines()
    assert lines[0] == (
        "900 train rows, out of fold, and 90 val rows; 2 seeds, whose log-losses deviate by .0006 nats: "
        "it is in the intervals."
    )
    assert lines[4].startswith("| `tda` | 214 | +.0100 [+.0100 +.0100] |")
    assert lines[4].endswith("| adds nothing that can be told from chance |")


def test_a_dataset_that_is_not_there_is_named(results):
    one = results("trigger", verdict={"numbers": {}})
    with pytest.raises(FileNotFoundError, match=r"power\.json must be stored by trigger"):
        filled("power", one)
