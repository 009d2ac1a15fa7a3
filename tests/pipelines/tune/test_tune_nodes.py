"""A search of one member, drawn, and read again by its training."""

from dataclasses import replace

import pandas as pd
import pytest

from topoquant.lib.errors import InputError


@pytest.fixture(scope="module")
def search(run_beside, tmp_path_factory):
    return run_beside("tune", "tune_lightgbm", n_trials=3, search_lightgbm=tmp_path_factory.mktemp("search"))


def test_a_search_says_what_it_found_and_on_which_market(search, made):
    tuned, trials = search["tuned_lightgbm"], search["trials_lightgbm"]
    assert (tuned["member"], tuned["model"], tuned["n_trials"]) == ("lightgbm", "lightgbm", 3)
    assert tuned["market"] == made("trials")["market"]
    assert tuned["loss"] <= tuned["untuned_loss"]
    assert set(tuned["values"]) <= set(trials.columns)
    assert trials["number"].tolist() == [0, 1, 2]
    # What it says can be stored, and is the same after it was.
    assert isinstance(trials, pd.DataFrame)
    assert trials.to_parquet()


def test_its_figure_is_of_all_trials(search, run_beside):
    figure = run_beside("tune", "draw_tuning_lightgbm", **search)["figure_tuning_lightgbm"]
    shown = [number for trace in figure.data if trace.mode == "markers" for number in trace.x]
    assert sorted(shown) == [0, 1, 2]


def test_training_takes_the_options_that_were_found(search, run_beside, made, tmp_path):
    tuned = {**search["tuned_lightgbm"], "values": {"options.n_leaves": 5}}
    given = {"checkpoints_lightgbm": tmp_path, "tuned_options_lightgbm": tuned}
    trained = run_beside("trigger", "lightgbm.train_lightgbm", **given)
    assert trained["training_lightgbm"]["tuned"] == {"options.n_leaves": 5}
    assert '"n_leaves": 5' in trained["model_lightgbm"]["options.json"].decode()
    assert "tuned" not in made("training_lightgbm")
    assert trained["training_lightgbm"]["model_hash"] != made("training_lightgbm")["model_hash"]


def test_training_refuses_options_that_were_chosen_on_rows_it_holds_out(search, run_beside, made, tmp_path):
    tuned = search["tuned_lightgbm"]
    later = {**tuned, "rows": {"until": made("splits")["t1"].max().isoformat(), "digest": "another"}}
    given = {"checkpoints_lightgbm": tmp_path, "tuned_options_lightgbm": later}
    with pytest.raises(InputError, match="tuned options of lightgbm must be searched on train rows"):
        run_beside("trigger", "lightgbm.train_lightgbm", **given)


def test_a_member_without_a_space_is_refused(run_beside, parameters, tmp_path):
    tuning = replace(parameters["trigger"]["tuning"], spaces={})
    with pytest.raises(InputError, match=r"add tuning\.spaces\.lightgbm to the recipe"):
        run_beside("tune", "tune_lightgbm", tuning=tuning, search_lightgbm=tmp_path)
