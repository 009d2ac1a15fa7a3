"""Tables as qlib, AutoGluon, FreqAI and notebooks write them; what could be two things is refused."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from topoquant.lib.errors import InputError
from topoquant.lib.judge import TableOptions, bring_table, read_tables


def brought(frame, study, options):
    return bring_table(frame, study.bars, options, interval="15m", name="table")


def test_a_table_of_qlib_has_its_keys_in_the_index(study, notebook, read_as, tmp_path):
    qlib = notebook.assign(instrument="syn", datetime=study.bars["open_time"])
    qlib.set_index(["datetime", "instrument"])[["score"]].to_parquet(tmp_path / "pred.parquet")
    (table,) = read_tables(str(tmp_path / "pred.parquet")).values()
    rows, record = brought(table, study, read_as(key="open_time"))
    assert (rows["time"] == notebook["time"]).all()
    assert rows["symbol"].unique().tolist() == ["SYN"]
    assert (record["column"], record["scale"], record["key"]) == ("score", "score", "open_time")


def test_a_table_of_freqai_is_keyed_by_date_and_pair(study, notebook, read_as, tmp_path):
    freqai = pd.DataFrame({"date": notebook["time"], "pair": "SY/N", "prediction": notebook["score"]})
    freqai.to_csv(tmp_path / "freqai.csv", index=False)
    (table,) = read_tables(str(tmp_path / "freqai.csv")).values()
    with pytest.raises(InputError, match=r"table\.key must be time \(column date .+ or open_time .+ a leak"):
        brought(table, study, read_as())
    rows, _ = brought(table, study, read_as(key="time"))
    np.testing.assert_allclose(rows["value"], notebook["score"])


def test_a_class_probability_of_autogluon_is_named(study, notebook, read_as):
    proba = pd.DataFrame({"time": notebook["time"], 0: 0.4, 1: 0.6})
    rows, record = brought(proba, study, read_as(column=1, scale="probability"))
    assert rows["value"].unique().tolist() == [0.6]
    assert record["scale"] == "probability"


def test_an_index_of_stamps_without_a_name_is_not_taken_for_either_end(study, notebook, read_as, tmp_path):
    nameless = pd.DataFrame({"score": notebook["score"].to_numpy()}, index=pd.DatetimeIndex(notebook["time"]))
    nameless.index.name = None
    nameless.to_parquet(tmp_path / "nameless.parquet")
    (stored,) = read_tables(str(tmp_path / "nameless.parquet")).values()
    for frame in (stored, nameless):
        with pytest.raises(InputError, match=r"table\.key must be"):
            brought(frame, study, read_as())
        assert len(brought(frame, study, read_as(key="time"))[0]) == len(notebook)


def test_several_tables_have_names_of_their_own(notebook, tmp_path):
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        notebook.to_parquet(tmp_path / folder / "pred.parquet")
    assert list(read_tables(f"{tmp_path}/a/pred.parquet+{tmp_path}/b/pred.parquet")) == ["pred", "pred_2"]


def test_rows_of_other_symbols_and_without_a_bar_are_counted(study, notebook, read_as):
    later = notebook.assign(time=notebook["time"] + pd.Timedelta("300D"))
    table = pd.concat(
        [notebook.assign(symbol="SYN"), later.assign(symbol="SYN"), notebook.assign(symbol="ETH")]
    )
    rows, record = brought(table, study, read_as())
    assert len(rows) == len(notebook)
    assert (record["n_other_symbols"], record["n_no_bar"]) == (len(notebook), len(notebook))


REFUSED = {
    "no zone": (lambda t: t.assign(time=t["time"].dt.tz_localize(None)), {}, "say it with time_zone"),
    "not finite": (lambda t: t.assign(score=t["score"].where(t.index > 2)), {}, "finite number .+ got 3 of"),
    "no probability": (lambda t: t.rename(columns={"score": "proba"}), {}, r"in \[0, 1\]"),
    "repeated": (lambda t: pd.concat([t, t[:2]]), {}, "unique, got 2 repeated"),
    "between": (lambda t: t.assign(time=t["time"] + pd.Timedelta("7min")), {}, "at the end of a bar of 15m"),
    "other years": (lambda t: t.assign(time=t["time"] + pd.Timedelta("900D")), {}, "within those of the"),
    "other symbol": (lambda t: t.assign(symbol="ETHUSDT"), {}, "must be among SYN, .+ got ETHUSDT"),
    "no column": (lambda t: t.drop(columns="score"), {}, "column that is judged in table"),
    "two columns": (lambda t: t.assign(pred=0.0), {}, "name it with table.column"),
    "unknown scale": (lambda t: t.assign(mine=0.0), {"column": "mine"}, "table.scale must be"),
    "wrong name": (lambda t: t, {"column": "mine"}, "table.column must be one of time, score"),
    "wrong end": (lambda t: t.rename(columns={"time": "open_time"}), {"key": "time"}, "must be open_time"),
    "two stamps": (lambda t: t.rename(columns={"time": "date"}).assign(ts=0), {}, "in one column"),
    "bars": (lambda t: t[["time"]].assign(open=1, high=1, low=1, close=1), {}, "these are bars"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_a_mistake_is_named(study, notebook, read_as, name):
    change, options, said = REFUSED[name]
    with pytest.raises(InputError, match=said):
        brought(change(notebook), study, read_as(**options))


@pytest.mark.parametrize(
    ("path", "said"),
    [("nowhere.csv", "an existing file of predictions"), ("conftest.py", r"\.parquet, .+ got conftest.py")],
)
def test_a_path_that_is_no_table_is_refused(path, said, tmp_path, monkeypatch):
    (tmp_path / "conftest.py").write_text("")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match=said):
        read_tables(path)


@settings(max_examples=20, deadline=None)
@given(order=st.permutations(range(12)), halves=st.integers(1, 11))
def test_the_order_of_the_rows_is_no_matter(study, order, halves):
    stamps = study.bars["open_time"].iloc[100:112].reset_index(drop=True)
    table = pd.DataFrame({"open_time": stamps, "score": np.arange(12.0)})
    shuffled = table.iloc[[*order[:halves], *order[halves:]]]
    options = TableOptions(key=None, column=None, scale=None, time_zone=None, split="bars", n_blocks=3)
    rows, _ = brought(shuffled, study, options)
    assert rows["value"].tolist() == list(range(12))
