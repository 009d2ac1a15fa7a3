"""Tables meet the rows of a study on the key; what is chosen needs val rows."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import rankdata

from topoquant.lib.ensemble import second_half_rows
from topoquant.lib.errors import InputError
from topoquant.lib.judge import (
    bring_table,
    bring_tables,
    choose_table,
    common_times,
    logits_of,
    match_table,
    match_tables,
    split_judged_rows,
    stack_tables,
    unstack_tables,
)
from topoquant.lib.sampling import SplitOptions

SPLIT = SplitOptions(train=0.7, val=0.15, n_folds=3, embargo=None)


def matched(table, study, options):
    rows, record = bring_table(table, study.bars, options, interval="15m", name="table")
    return match_table(rows, record, study.splits, study.development, options)


def test_val_and_test_rows_are_taken_and_counted(study, notebook, read_as):
    made, record = matched(notebook, study, read_as())
    sets = study.splits["set"].value_counts()
    assert made["set"].value_counts().to_dict() == {"val": sets["val"], "test": sets["test"]}
    assert (record["n_val"], record["n_test"]) == (sets["val"], sets["test"])
    assert record["n_train_unread"] == sets["train"]
    assert record["n_between"] == sets["purged"] + sets["embargoed"]
    assert record["calibrator"]["n_rows"] < record["n_val"] / 2


def test_no_test_target_moves_a_prediction(study, notebook, read_as):
    made, _ = matched(notebook, study, read_as())
    last = study.splits.loc[study.splits["set"] == "val", "time"].median()
    scrambled = study.development.assign(
        label=study.development["label"].where(study.development["time"] < last, 1.0)
    )
    rows, record = bring_table(notebook, study.bars, read_as(), interval="15m", name="table")
    again, _ = match_table(rows, record, study.splits, scrambled, read_as())
    pd.testing.assert_frame_equal(made, again)


def test_no_score_is_calibrated_on_rows_that_the_operating_point_is_chosen_on(study, notebook, read_as):
    val = study.splits.loc[study.splits["set"] == "val", "time"]
    part = notebook.loc[(notebook["time"] <= val.median()) | (notebook["time"] > val.max())]
    tables, records = bring_tables({"whole": notebook, "part": part}, study.bars, read_as(), interval="15m")

    def predictions(targets):
        stacked, _ = match_tables(tables, records, study.splits, targets, read_as())
        own = unstack_tables(stacked)
        blind = {"majority": own["whole"].assign(logit_label=0.0, p_label=0.5)}
        return choose_table(own, blind, targets, SPLIT, interval="15m", horizon=4).predictions

    made = predictions(study.development)
    later = study.development["time"].isin(second_half_rows(made)["time"])
    flipped = study.development.assign(label=(study.development["label"] != later).astype(float))
    pd.testing.assert_frame_equal(predictions(flipped), made)


def test_a_probability_is_left_as_it_is(study, notebook, read_as):
    rank = notebook["score"].rank(pct=True) * 0.9
    table = notebook.rename(columns={"score": "probability"}).assign(probability=rank)
    made, record = matched(table, study, read_as())
    expected = table.merge(made, on="time")
    np.testing.assert_allclose(expected["p_label"], expected["probability"])
    assert record["calibrator"] is None


def test_train_rows_need_the_folds_of_the_splits(study, notebook, read_as):
    folds = study.splits[["time", "fold"]]
    ours = notebook.merge(folds, on="time")
    made, record = matched(ours, study, read_as())
    assert record["n_train"] == (study.splits["set"] == "train").sum()
    _, other = matched(ours.assign(fold=ours["fold"] + 1), study, read_as())
    assert (other["n_train"], other["n_train_unread"]) == (0, record["n_train"])
    assert (made.loc[made["set"] == "train", "fold"] >= 0).all()


@pytest.mark.parametrize(("which", "kept"), [("val", "test"), ("test", "val")])
def test_a_table_without_val_or_test_is_told_what_to_do(study, notebook, read_as, which, kept):
    times = study.splits.loc[study.splits["set"] == kept, "time"]
    with pytest.raises(
        InputError, match=rf"{which} rows of table must be at least .+ got 0 of .+ predict them"
    ):
        matched(notebook.loc[notebook["time"].isin(times)], study, read_as())


def test_another_target_is_refused(study, notebook, read_as):
    with pytest.raises(InputError, match=r"target_id of table must be .+ got up9"):
        matched(notebook.assign(target_id="up9"), study, read_as())


def test_a_score_that_never_changes_is_refused(study, notebook, read_as):
    with pytest.raises(InputError, match="score of table must be different from row to row"):
        matched(notebook.assign(score=0.3), study, read_as())


@settings(max_examples=20, deadline=None)
@given(st.lists(st.floats(-5, 5), min_size=60, max_size=90, unique=True), st.integers(0, 99))
def test_calibration_never_turns_the_order_around(values, seed):
    value = np.array(values)
    time = pd.date_range("2024", periods=len(value), freq="h", tz="UTC")
    known = pd.DataFrame({"value": value, "time": time, "t1": time, "uniqueness": 1.0})
    known["label"] = np.random.default_rng(seed).integers(0, 2, len(value)).astype(float)
    logit, _ = logits_of(value, "score", known, n_blocks=3, name="table")
    higher = np.argsort(value)
    assert (np.diff(logit[higher]) >= 0).all()
    assert rankdata(logit)[higher[-1]] == rankdata(logit).max()


def test_a_score_that_ranks_the_wrong_way_says_the_rate_and_keeps_its_order():
    value = np.linspace(-1, 1, 90)
    time = pd.date_range("2024", periods=90, freq="h", tz="UTC")
    known = pd.DataFrame({"value": value, "time": time, "t1": time, "uniqueness": 1.0})
    known["label"] = (value < -0.6).astype(float)
    logit, record = logits_of(value, "score", known, n_blocks=3, name="table")
    assert (np.diff(logit) > 0).all()
    assert 1 / (1 + np.exp(-logit)) == pytest.approx(np.full(90, known["label"].mean()), abs=0.001)
    assert record["n_rows"] == 90


def test_a_table_of_its_own_period_is_split_within_it(study, notebook):
    from topoquant.lib.labeling import DirectionOptions

    split = SplitOptions(train=0.7, val=0.15, n_folds=3, embargo=None)
    times = notebook["time"].iloc[2000:2600]
    asked = {"interval": "15m", "by": "table", "n_rows": None}
    splits = split_judged_rows(study.bars, times, DirectionOptions(horizon=4), split, **asked)
    assert splits.loc[splits["set"] == "train", "t1"].max() < times.min()
    n_val, n_test = ((splits["set"] == name) & splits["time"].isin(times) for name in ("val", "test"))
    assert abs(int(n_val.sum()) - int(n_test.sum())) < 10
    with pytest.raises(InputError, match=r"table.split must be bars where the table begins with the bars"):
        split_judged_rows(study.bars, notebook["time"], DirectionOptions(horizon=4), split, **asked)


def test_tables_below_one_another_come_apart_again(notebook):
    tables = {"b": notebook.assign(fold=1), "a": notebook[:9]}
    apart = unstack_tables(stack_tables(tables))
    assert list(apart) == ["b", "a"]
    for name, table in tables.items():
        pd.testing.assert_frame_equal(apart[name], table, check_dtype=False)
    assert len(common_times(stack_tables(tables))) == 9
    with pytest.raises(InputError, match="times that all tables have"):
        common_times(stack_tables({"b": notebook[:9], "a": notebook[9:]}))
