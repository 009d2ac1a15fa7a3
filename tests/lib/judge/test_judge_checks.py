"""What gives a foreign table away: rows it was fitted on, labels of other rows, bars it cannot know."""

import numpy as np
import pandas as pd
import pytest

from topoquant.lib.bars import synthetic_bars
from topoquant.lib.judge import (
    Study,
    bring_table,
    check_fitted_rows,
    check_known_bars,
    check_own_columns,
    check_score_drift,
    check_tables,
    match_table,
    stack_tables,
)
from topoquant.lib.sampling import SplitOptions
from topoquant.lib.validity import AuditOptions, Question

SPLIT = SplitOptions(train=0.7, val=0.15, n_folds=3, embargo=None)
AUDIT = AuditOptions(
    n_cuts=3, n_target_cuts=24, max_rate_ratio=1.5, drift_alarm=0.25, n_adversarial_blocks=6,
    n_blindness_rows=600, n_overfitting_blocks=10,
)  # fmt: skip
ASKED = {"interval": "15m", "horizon": 4, "block": 96, "seed": 0, "name": "table"}


def rows_of(table, study, options):
    return bring_table(table, study.bars, options, interval="15m", name="table")[0]


def test_rows_the_table_calls_train_must_not_meet_a_judged_one(study, notebook, read_as):
    sets = study.splits[["time", "set"]].replace({"set": {"purged": "train", "embargoed": "val"}})
    rows = rows_of(notebook.merge(sets, on="time"), study, read_as())
    assert check_fitted_rows(rows, study.splits, name="table").status == "leak"
    honest = rows.assign(
        set=rows["set"].where(
            rows["time"] < study.splits.loc[study.splits["set"] == "val", "time"].min() - pd.Timedelta("2h"),
            "test",
        )
    )
    assert check_fitted_rows(honest, study.splits, name="table").status == "ok"
    tuned = rows.assign(set="val")
    check = check_fitted_rows(tuned, study.splits, name="table")
    assert (check.status, check.numbers["n_validation_in_test"]) == (
        "warning",
        (study.splits["set"] == "test").sum(),
    )


def test_words_for_sets_that_nobody_knows_warn(study, notebook, read_as):
    sets = study.splits[["time", "set"]].replace({"set": {"train": "in-sample", "val": "training"}})
    rows = rows_of(notebook.merge(sets, on="time"), study, read_as())
    check = check_fitted_rows(rows, study.splits, name="table")
    assert (check.status, "in-sample, training" in check.finding) == ("warning", True)


def test_the_brute_force_count_of_met_rows_agrees(study, notebook, read_as):
    generator = np.random.default_rng(0)
    rows = rows_of(notebook.assign(set=generator.choice(["train", "test"], len(notebook))), study, read_as())
    fitted = rows.loc[rows["set"] == "train"].merge(study.splits[["time", "t1"]], on="time")
    judged = study.splits.loc[study.splits["set"].isin(["val", "test"])]
    met = sum(
        bool(((fitted["time"] <= row.t1) & (fitted["t1"] >= row.time)).any()) for row in judged.itertuples()
    )
    assert check_fitted_rows(rows, study.splits, name="table").numbers["n_met"] == met


@pytest.mark.parametrize(("bars", "status"), [(0, "ok"), (-1, "leak"), (2, "leak")])
def test_labels_of_its_own_show_by_how_many_bars_a_table_is_off(study, notebook, read_as, bars, status):
    own = notebook.merge(study.development[["time", "label"]], on="time")
    moved = own.assign(time=own["time"] + bars * pd.Timedelta("15min"))
    rows = rows_of(moved, study, read_as())
    check = check_own_columns(rows, study.development, study.splits, interval="15m", name="table")
    assert check.status == status
    assert check.numbers[f"agreement_at_{-bars:+d}"] == 1.0


@pytest.mark.parametrize("rate", [0.5, 0.02, 0.002])
def test_a_rare_label_that_is_one_bar_off_is_a_leak(study, rate):
    # Events of eight bars: moved by one bar, two labels of each change, and these are few of all rows.
    begins = np.random.default_rng(0).random(len(study.splits)) < rate / 8
    label = np.convolve(begins, np.ones(8))[: len(begins)] > 0
    targets = study.splits.assign(label=label.astype(float))
    rows = targets[["symbol", "time", "label"]]
    early = rows.assign(time=rows["time"] - pd.Timedelta("15min"))
    asked = (targets, study.splits)
    assert check_own_columns(rows, *asked, interval="15m", name="table").status == "ok"
    assert check_own_columns(early, *asked, interval="15m", name="table").status == "leak"


def test_labels_of_another_target_warn(study, notebook, read_as):
    rows = rows_of(notebook.assign(label=np.arange(len(notebook)) % 2), study, read_as())
    check = check_own_columns(rows, study.development, study.splits, interval="15m", name="table")
    assert (check.status, "another target" in check.finding) == ("warning", True)


def test_a_t1_of_other_rows_is_a_leak(study, notebook, read_as):
    own = notebook.merge(study.splits[["time", "t1"]], on="time")
    rows = rows_of(own, study, read_as())
    assert check_own_columns(rows, study.development, study.splits, interval="15m", name="t").status == "ok"
    early = rows_of(own.assign(time=own["time"] - pd.Timedelta("15min")), study, read_as())
    check = check_own_columns(early, study.development, study.splits, interval="15m", name="t")
    assert (check.status, check.numbers["n_other_t1"]) == ("leak", check.numbers["n"])


@pytest.mark.parametrize("kind", ["noise", "regime", "volatility"])
@pytest.mark.parametrize("score", ["momentum", "volatility", "noise"])
def test_an_honest_score_is_never_flagged_and_an_early_one_is(kind, score):
    bars = synthetic_bars(kind, n_bars=5000, seed=11, interval="15m").bars
    value = {
        "momentum": np.log(bars["close"] / bars["open"]).ewm(halflife=8).mean(),
        "volatility": np.log(bars["high"] / bars["low"]).ewm(halflife=8).mean(),
        "noise": pd.Series(np.random.default_rng(0).normal(size=len(bars))),
    }[score]
    time = bars["open_time"] + pd.Timedelta("15min")
    rows = pd.DataFrame({"symbol": "SYN", "time": time, "value": value})
    assert check_known_bars(rows, bars, **ASKED).status == "ok"
    early = check_known_bars(rows.assign(time=bars["open_time"]), bars, **ASKED)
    late = check_known_bars(rows.assign(time=time + pd.Timedelta("15min")), bars, **ASKED)
    assert (early.status == "warning") == (score != "noise")
    assert late.status == "ok"


def test_a_score_that_is_its_own_label_is_flagged():
    bars = synthetic_bars("noise", n_bars=4000, seed=1, interval="15m").bars
    outcome = np.log(bars["close"].shift(-4) / bars["open"].shift(-1)).fillna(0.0)
    rows = pd.DataFrame(
        {"symbol": "SYN", "time": bars["open_time"] + pd.Timedelta("15min"), "value": outcome}
    )
    check = check_known_bars(rows, bars, **ASKED)
    assert "4 bars early" in check.finding


def test_rows_a_table_was_fitted_on_say_nothing_of_what_its_judged_rows_know(study, notebook, read_as):
    outcome = np.log(study.bars["close"].shift(-4) / study.bars["open"].shift(-1)).fillna(0.0)
    noise = np.random.default_rng(0).normal(size=len(outcome))
    own = study.splits["set"].isin(["train", "purged", "embargoed"])
    learned = notebook.assign(score=outcome.where(own, noise), set=own.map({True: "train", False: "test"}))
    statuses = {}
    for name, table in {"learned": learned, "told": learned.assign(score=outcome)}.items():
        rows, record = bring_table(table, study.bars, read_as(), interval="15m", name=name)
        made, record = match_table(rows, record, study.splits, study.development, read_as())
        found = check_tables(
            stack_tables({name: rows}), {name: made}, [record],
            Study(
                bars=study.bars, splits=study.splits, targets=study.development,
                label_summary={"rate": {"train": 0.5}, "n": {}},
            ),
            Question(side="direction", horizon=4, interval="15m", cost=0.0, seed=0),
            split=SPLIT, audit=AUDIT,
        )  # fmt: skip
        statuses[name] = next(check.status for check in found if check.name == f"known bars, {name}")
    assert statuses == {"learned": "ok", "told": "warning"}


def test_a_prediction_that_moves_away_from_val_warns():
    logits = np.random.default_rng(0).normal(size=400)
    rows = pd.DataFrame({"set": ["val"] * 200 + ["test"] * 200, "logit_label": logits})
    assert check_score_drift(rows, alarm=0.25, name="table").status == "ok"
    moved = rows.assign(logit_label=rows["logit_label"] + 2.0 * (rows["set"] == "test"))
    assert check_score_drift(moved, alarm=0.25, name="table").status == "warning"
