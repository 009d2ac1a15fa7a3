"""A search looks at train rows alone, goes on where it stopped, and never returns worse than it was given."""

import sqlite3
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from topoquant.lib.errors import InputError
from topoquant.lib.models import LightGBMOptions, LogisticOptions
from topoquant.lib.sampling import SplitOptions, samples_from_arrays
from topoquant.lib.training import FoldPlan
from topoquant.lib.tuning import (
    ChoiceOptions,
    Setup,
    TuningOptions,
    held_out_losses,
    outcome,
    study,
    tune,
)

N_TRAIN, N_VAL, N_TEST = 120, 30, 30
SPLIT = SplitOptions(train=0.7, val=0.15, n_folds=3, embargo=0)
PLAN = FoldPlan(split=SPLIT, horizon=1, interval="1d")
# So strong a penalty that the answer is the base rate.
SETUP = Setup(options=LogisticOptions(l2=10_000.0, n_iterations=100))
SPACE = {"options.l2": {"low": 0.1, "high": 10_000.0, "log": True}}


def tuning(space=None, first=()) -> TuningOptions:
    return TuningOptions(
        n_startup=3, n_startup_pruning=3, n_folds_before_pruning=1, heartbeat_seconds=60,
        spaces={"logistic": space or SPACE}, first={"logistic": first},
    )  # fmt: skip


@pytest.fixture
def samples():
    return make_samples(seed=0)


def make_samples(seed: int, *, garbage: bool = False):
    random = np.random.default_rng(seed)
    n = N_TRAIN + N_VAL + N_TEST
    time = np.arange(n).astype("datetime64[D]")
    x = random.normal(size=(n, 4))
    label = (x[:, 0] + random.normal(size=n) > 0).astype(float)
    label[N_TRAIN + N_VAL :] = np.nan
    if garbage:
        x[N_TRAIN:], label[N_TRAIN : N_TRAIN + N_VAL] = 1e6, 1 - label[N_TRAIN : N_TRAIN + N_VAL]
    sets = np.repeat(["train", "val", "test"], [N_TRAIN, N_VAL, N_TEST])
    fold = np.r_[np.repeat([0, 1, 2], N_TRAIN // 3), np.full(N_VAL + N_TEST, -1)]
    return samples_from_arrays(
        time=time, t1=time, targets={"label": label}, static=x, set_name=sets, fold=fold
    )


def search(samples, folder, n_trials=6, **changed):
    asked = {"tuning": tuning(), "setup": SETUP, "seed": 0} | changed
    return tune(
        "logistic", "logistic", samples, PLAN, asked["setup"], asked["tuning"],
        n_trials=n_trials, storage=folder, seed=asked["seed"],
    )  # fmt: skip


def test_the_best_is_no_worse_than_what_was_given_and_can_be_fitted_again(samples, tmp_path):
    tuned = search(samples, tmp_path)
    record, trials = tuned.record, tuned.trials
    assert trials["number"].tolist() == list(range(6))
    assert trials["options.l2"][0] == SETUP.options.l2  # what was given comes first
    assert record["untuned_loss"] == trials["loss"][0]
    assert record["loss"] == trials.loc[trials["state"] == "complete", "loss"].min() < record["untuned_loss"]
    setup = Setup(options=LogisticOptions(**record["options"]))
    losses, weights = zip(*held_out_losses("logistic", samples, PLAN, setup, seed=0), strict=True)
    assert np.average(losses, weights=weights) == pytest.approx(record["loss"], rel=1e-12)


def test_rows_of_val_and_test_are_not_looked_at(tmp_path):
    clean = search(make_samples(1), tmp_path / "clean").record
    garbage = search(make_samples(1, garbage=True), tmp_path / "garbage").record
    assert clean == garbage


def test_a_search_goes_on_where_it_was_stopped(samples, tmp_path, monkeypatch):
    begun = search(samples, tmp_path, n_trials=3).trials
    tried = []
    real = study.held_out_losses

    def noted(model, rows, plan, setup, *, seed):
        tried.append(setup.options.l2)
        return real(model, rows, plan, setup, seed=seed)

    monkeypatch.setattr(study, "held_out_losses", noted)
    whole = search(samples, tmp_path, n_trials=5).trials
    assert len(tried) == 2
    pd.testing.assert_frame_equal(whole.head(3), begun)
    again = search(samples, tmp_path, n_trials=5).trials
    assert len(tried) == 2
    pd.testing.assert_frame_equal(again, whole)


def test_a_trial_that_was_interrupted_is_no_trial(samples, tmp_path, monkeypatch):
    def interrupted(*_arguments, **_named):
        raise KeyboardInterrupt

    with monkeypatch.context() as broken:
        broken.setattr(study, "held_out_losses", interrupted)
        with pytest.raises(KeyboardInterrupt):
            search(samples, tmp_path)
    tuned = search(samples, tmp_path, n_trials=3)
    assert tuned.record["n_trials"] == 3
    # What was given is not lost with it: it is tried again.
    assert tuned.trials["options.l2"][0] == SETUP.options.l2
    assert tuned.record["untuned_loss"] == tuned.trials["loss"][0]


@pytest.mark.parametrize(
    "changed",
    [
        {"setup": Setup(options=replace(SETUP.options, n_iterations=99))},
        {"seed": 1},
        {"samples": make_samples(2)},
    ],
)  # fmt: skip
def test_another_question_is_another_search(samples, tmp_path, changed):
    first = search(samples, tmp_path, n_trials=1).record["study"]
    rows = changed.pop("samples", samples)
    assert search(rows, tmp_path, n_trials=1, **changed).record["study"] != first
    with sqlite3.connect(tmp_path / study.FILE) as database:
        assert database.execute("select count(*) from studies").fetchone() == (2,)


def test_options_that_no_fit_can_go_on_with_are_refused_and_counted(samples, tmp_path, monkeypatch):
    real = study.held_out_losses

    def picky(model, rows, plan, setup, *, seed):
        if setup.options.l2 < 100:
            raise InputError("the loss is not finite")
        return real(model, rows, plan, setup, seed=seed)

    monkeypatch.setattr(study, "held_out_losses", picky)
    tuned = search(samples, tmp_path, n_trials=8)
    refused = tuned.trials["options.l2"] < 100
    assert 0 < refused.sum() == tuned.record["n_refused"]
    assert tuned.trials.loc[refused, "state"].eq("refused").all()
    assert tuned.record["options"]["l2"] >= 100


@pytest.mark.parametrize("loss", [np.nan, np.inf])
def test_a_loss_that_is_no_number_ends_its_trial_and_not_the_search(samples, tmp_path, monkeypatch, loss):
    real = study.held_out_losses

    def broken(model, rows, plan, setup, *, seed):
        for one, weight in real(model, rows, plan, setup, seed=seed):
            yield (loss if setup.options.l2 == SETUP.options.l2 else one), weight

    monkeypatch.setattr(study, "held_out_losses", broken)
    tuned = search(samples, tmp_path, n_trials=3)
    assert (tuned.record["n_refused"], tuned.record["n_trials"]) == (1, 3)
    assert np.isfinite(tuned.record["loss"])


def test_a_search_without_any_end_says_why(samples, tmp_path, monkeypatch):
    def broken(*_arguments, **_named):
        raise InputError("the loss is not finite")

    monkeypatch.setattr(study, "held_out_losses", broken)
    with pytest.raises(InputError, match="the last by: the loss is not finite"):
        search(samples, tmp_path, n_trials=2)


def test_lists_are_chosen_among_too(samples, tmp_path):
    options = LightGBMOptions(
        n_trees=5, learning_rate=0.1, n_leaves=4, min_rows_per_leaf=5, max_bins=15, feature_fraction=1.0,
        row_fraction=1.0, l2=1.0, patience=5, validation_fraction=0.2, n_threads=1,
    )  # fmt: skip
    space = {"options.n_leaves": {"low": 2, "high": 8}, "options.max_bins": {"choices": [15, 31]}}
    asked = TuningOptions(
        n_startup=2, n_startup_pruning=2, n_folds_before_pruning=1, heartbeat_seconds=60,
        spaces={"lightgbm": space}, first={"lightgbm": ({"options.max_bins": 31},)},
    )  # fmt: skip
    tuned = tune(
        "lightgbm", "lightgbm", samples, PLAN, Setup(options=options), asked,
        n_trials=3, storage=tmp_path, seed=0,
    )  # fmt: skip
    assert tuned.trials["options.max_bins"].tolist()[:2] == [15, 31]
    assert tuned.trials["options.n_leaves"].between(2, 8).all()


def test_numbers_and_words_of_one_option_fit_in_one_column_of_a_file(tmp_path):
    mixed = ChoiceOptions(choices=(1.0, "10", None))
    table = pd.DataFrame({"one": [outcome._written(mixed, value) for value in mixed.choices]})
    table.to_parquet(tmp_path / "trials.parquet")
    assert pd.read_parquet(tmp_path / "trials.parquet")["one"].tolist()[:2] == ["1.0", "10"]


@pytest.mark.parametrize(
    ("space", "first", "words"),
    [
        ({"options.l3": {"low": 1.0, "high": 2.0}}, (), "a tuned option must be one of options.l2"),
        ({"options.l2": {"low": -1.0, "high": 2.0}}, (), "greater than 0"),
        (SPACE, ({"options.n_iterations": 5},), "within their space"),
        (SPACE, ({"options.l2": 0.01},), "within their space"),
    ],
)  # fmt: skip
def test_a_search_that_would_fail_is_refused_before_it_begins(samples, tmp_path, space, first, words):
    with pytest.raises(InputError, match=words):
        search(samples, tmp_path, tuning=tuning(space, first))
    assert not (tmp_path / study.FILE).exists()


def test_a_member_without_a_space_and_no_trials_are_refused(samples, tmp_path):
    asked = replace(tuning(), spaces={})
    with pytest.raises(InputError, match="space of logistic"):
        search(samples, tmp_path, tuning=asked)
    with pytest.raises(InputError, match="n_trials must be 1 or more"):
        search(samples, tmp_path, n_trials=0)
