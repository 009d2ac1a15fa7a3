"""Tables of predictions are judged as a person would have them judged, and as our own members are."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

pytestmark = pytest.mark.system
# The sizes of the smoke run, for a judge.
SIZES = (
    "n_rows=300,judge.market.n_bars=3000,judge.lightgbm.options.n_trees=30,"
    "judge.volatility_lightgbm.options.n_trees=300,judge.backtest.n_random=50,"
    "judge.power.n_surrogates=0,judge.power.n_injections=0"
)
PREDICTED = "07_model_output/trigger/local/synthetic-SYN"
NUMBERS = ("n", "auc", "auc_low", "auc_high", "gain", "gain_low", "timing_t", "timing_mean", "ece", "oof_auc")


def write_tables(smoke, folder: Path) -> dict[str, str]:
    """Write the tables that are judged; the value of `path` for each."""
    own = pd.read_parquet(smoke.data_root / PREDICTED / "predictions_lightgbm.parquet")
    other = pd.read_parquet(smoke.data_root / PREDICTED / "predictions_nbeats.parquet")
    bars = pd.read_parquet(smoke.data_root / "02_intermediate/trigger/local/synthetic-SYN/bars.parquet")
    early = own.assign(time=own["time"] - pd.Timedelta("15min"))
    move = np.log(bars["close"] / bars["open"]).ewm(halflife=4).mean()
    foreign = pd.DataFrame({"date": bars["open_time"], "pair": "SYN", "prediction": move})
    foreign["date"] = foreign["date"].dt.strftime("%Y-%m-%dT%H:%M:%SZ")
    tables = {
        "own": own,
        "nbeats": other,
        "early": early,
        "test_only": own.loc[own["set"] == "test"],
    }
    for name, table in tables.items():
        table.to_parquet(folder / f"{name}.parquet")
    foreign.to_csv(folder / "freqai.csv", index=False)
    foreign.drop(columns="pair").to_csv(folder / "freqai_alone.csv", index=False)
    bars.drop(columns="symbol").to_parquet(folder / "bars.parquet")
    return {path.stem: str(path) for path in folder.iterdir()}


@pytest.fixture(scope="module")
def answers(smoke, once, run_commands) -> dict[str, Any]:
    """What every judge printed and stored."""

    def make(folder: Path) -> dict[str, Any]:
        (folder / "tables").mkdir(parents=True)
        path = write_tables(smoke, folder / "tables")
        switches = {
            "own": f"path={path['own']}",
            "early": f"path={path['early']}",
            "two": f"path={path['own']}+{path['nbeats']}",
            "freqai": f"path={path['freqai']},judge.table.key=open_time",
            "freqai as time": f"path={path['freqai']},judge.table.key=time",
            "files": f"path={path['freqai_alone']},judge.table.key=open_time,source=files,symbol=SYNUSD,"
            f"bars={path['bars']}",
            "unsaid key": f"path={path['freqai']}",
            "no path": "seed=7",
            "no bars": f"path={path['own']},source=files,symbol=BTCUSDT",
            "test only": f"path={path['test_only']}",
            "bars as table": f"path={path['bars']}",
        }
        commands = {
            name: ["run", "--pipelines=judge", "--params", f"data_root={folder / name},{SIZES},{more}"]
            for name, more in switches.items()
        }
        commands["bars"] = ["run", "--params", f"data_root={folder},bars={path['bars']}"]
        results = run_commands(commands, folder / "commands", smoke.project)
        for name in switches:
            for document in (folder / name / "08_reporting/judge").glob("*/*/*.json"):
                results[name][document.stem] = json.loads(document.read_text())
        return results

    return once("judge", make)


def row_of(answer: dict[str, Any], name: str) -> dict[str, Any]:
    return next(row for row in answer["model_scores"] if row["name"] == name)


def checks_of(answer: dict[str, Any]) -> dict[str, str]:
    return {one["name"]: one["status"] for one in answer["findings_tables"]}


def test_our_own_predictions_get_the_numbers_of_the_run_that_made_them(answers, smoke):
    answer, scores = answers["own"], smoke.document("model_scores.json")
    ours = next(row for row in scores if row["name"] == "lightgbm")
    assert {name: row_of(answer, "own")[name] for name in NUMBERS} == pytest.approx(
        {name: ours[name] for name in NUMBERS}
    )
    naive = next(row["name"] for row in scores if row["role"] == "naive")
    assert row_of(answer, naive)["role"] == "naive"
    assert answer["verdict"]["word"] == smoke.document("verdict.json")["word"]
    assert "leak" not in checks_of(answer).values()


def test_the_last_lines_are_those_of_any_run(answers):
    lines = answers["own"]["stdout"].strip().splitlines()
    assert lines[-1].startswith("verdict: ")
    assert lines[-2].startswith("tradeable: ")
    assert any(line.startswith("table   own: val ") for line in lines)
    assert sum(line.startswith("verdict: ") for line in lines) == 1


def test_times_that_are_off_are_a_leak_where_the_table_shows_it(answers):
    answer = answers["early"]
    assert answer["verdict"]["word"] == "leak"
    assert checks_of(answer)["own columns, early"] == "leak"
    assert answer["status"] != 0


def test_a_bar_known_too_early_is_flagged(answers):
    assert checks_of(answers["freqai"])["known bars, freqai"] == "ok"
    assert checks_of(answers["freqai as time"])["known bars, freqai"] == "warning"


def test_two_tables_are_compared_on_the_same_rows(answers):
    (paired,) = answers["two"]["paired"]
    scores = {name: row_of(answers["two"], name) for name in ("own", "nbeats")}
    assert paired["auc"] == pytest.approx(scores["own"]["auc"] - scores["nbeats"]["auc"])
    assert any(
        line.startswith("paired  own less nbeats: AUC ") for line in answers["two"]["stdout"].splitlines()
    )


def test_bars_may_be_files(answers):
    assert answers["files"]["status"] == 0, answers["files"]["stderr"][-2000:]
    assert row_of(answers["files"], "freqai_alone")["auc"] == pytest.approx(
        row_of(answers["freqai"], "freqai")["auc"], abs=0.05
    )


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("unsaid key", ("table.key must be time (column date of freqai", "or open_time", "a leak")),
        ("no path", ("path must be a file of predictions", "got none", "add path=")),
        ("no bars", ("bars must be a file or folder when a judge has source=files", "add bars=")),
        ("test only", ("val rows of test_only must be at least", "got 0 of", "table.split=table")),
        ("bars as table", ("column that is judged in bars", "these are bars")),
        ("bars", ("bars must be left out but for a judge", "name them with path")),
    ],
)
def test_a_mistake_ends_in_one_line(answers, name, said):
    line = (answers[name]["stdout"] + answers[name]["stderr"]).strip().splitlines()[-1]
    assert answers[name]["status"] != 0
    assert line.startswith("Error: ")
    for words in said:
        assert words in line
