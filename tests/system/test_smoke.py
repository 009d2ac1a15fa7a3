"""The whole way from bars to verdict, run as a person runs it; asserted on what it stored."""

import json
import sqlite3
import subprocess

import numpy as np
import pandas as pd
import pytest

from topoquant.pipeline_registry import RECIPES
from topoquant.pipelines.report.pipeline import FINDINGS
from topoquant.schemas import BARS, PREDICTIONS, SPLITS, TARGETS

pytestmark = pytest.mark.system
RECIPE = RECIPES["trigger"]
PLACE = "trigger/local/synthetic-SYN"


def table(run, layer: str, name: str) -> pd.DataFrame:
    return pd.read_parquet(run.data_root / layer / PLACE / f"{name}.parquet")


def query(run, words: str, *values) -> list[tuple]:
    with sqlite3.connect(run.data_root / "mlflow.db") as connection:
        return connection.execute(words, values).fetchall()


def test_the_verdict_is_the_last_line_and_the_only_such_line(smoke):
    lines = smoke.stdout.strip().splitlines()
    verdict = smoke.document("verdict.json")
    assert lines[-1].startswith(f"verdict: {verdict['word']}")
    assert sum(line.startswith("verdict: ") for line in lines) == 1
    assert any(line.startswith("tradeable: ") for line in lines)
    assert "{" not in next(line for line in lines if "kedro run --params" in line)


def test_a_run_says_nothing_that_is_not_its_own(smoke):
    for word in ("litlogger", "GPU available", "UserWarning", "Traceback", "WARNING"):
        assert word not in smoke.stderr + smoke.stdout


def test_rows_are_what_the_catalog_promises(smoke):
    bars, splits = table(smoke, "02_intermediate", "bars"), table(smoke, "03_primary", "splits")
    BARS.validate(bars)
    SPLITS.validate(splits)
    assert len(bars) == len(splits) == 3000
    development, test = (table(smoke, "03_primary", f"{name}_targets") for name in ("development", "test"))
    TARGETS.validate(development)
    TARGETS.validate(test)
    train_and_val = splits.loc[splits["set"].isin(["train", "val"]), "time"]
    assert set(development["time"]) <= set(train_and_val)
    assert development["t1"].max() < test["time"].min()


@pytest.mark.parametrize("member", [*RECIPE.members, *RECIPE.baselines, "ensemble"])
def test_every_member_predicts_the_same_test_rows(smoke, member):
    predictions = table(smoke, "07_model_output", f"predictions_{member}")
    PREDICTIONS.validate(predictions)
    test = predictions.loc[predictions["set"] == "test", "time"]
    targets = table(smoke, "03_primary", "test_targets")
    assert set(targets["time"]) <= set(test)


def test_topological_features_are_finite_and_keyed(smoke):
    folder = smoke.data_root / "04_feature" / PLACE
    values = np.load(folder / "features_tda.npy", mmap_mode="r", allow_pickle=False)
    index = pd.read_parquet(folder / "features_tda_index.parquet")
    columns = json.loads((folder / "features_tda_columns.json").read_text())
    assert values.shape == (len(index), len(columns))


def test_no_check_found_a_leak(smoke):
    for name in FINDINGS:
        assert {one["status"] for one in smoke.document(f"{name}.json")} <= {"ok", "warning"}


def test_the_report_stands_alone(smoke):
    page = smoke.reporting("report.html").read_text()
    assert smoke.document("verdict.json")["word"] in page
    # An empty icon keeps browsers from asking a server for one.
    page = page.replace('<link rel="icon" href="data:,">', "")
    for remote in ("src=", "<link", "@import", "url(", "fetch(", "XMLHttpRequest"):
        assert remote not in page


def test_mlflow_holds_the_finished_run(smoke):
    # Comparisons of what is recorded are recorded beside it.
    whole = "run_uuid IN (SELECT run_uuid FROM tags WHERE key = 'recipe' AND value = 'trigger')"
    found = query(smoke, f"SELECT run_uuid, status, artifact_uri FROM runs WHERE {whole}")
    ((run, status, artifacts),) = found
    assert status == "FINISHED"
    tags = dict(query(smoke, "SELECT key, value FROM tags WHERE run_uuid = ?", run))
    revision = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], cwd=smoke.project, capture_output=True, text=True, check=True
    )
    assert tags["git_revision"] == revision.stdout.strip()
    assert tags["environment"] == "local"
    assert tags["recipe"] == "trigger"
    assert tags["verdict"] == smoke.document("verdict.json")["word"]
    options = dict(query(smoke, "SELECT key, value FROM params WHERE run_uuid = ?", run))
    assert options["n_rows"] == "300"
    assert options["trigger.label.horizon"] == "4"
    assert options["trigger.nbeats.fit.n_epochs"] == "2"
    metrics = {name for (name,) in query(smoke, "SELECT key FROM metrics WHERE run_uuid = ?", run)}
    assert "model_scores.ensemble.auc" in metrics
    assert any(name.startswith("training_nbeats.") for name in metrics)
    stored = smoke.data_root / "mlflow" / run / "artifacts"
    assert artifacts.endswith(str(stored))
    assert (stored / "report" / "report.html").exists()


def test_nothing_is_written_outside_the_data_root(smoke):
    """The copy of the project is a repository without an ignore file: git sees every new file."""
    words = ["git", "status", "--porcelain", "--ignored"]
    changed = subprocess.run(words, cwd=smoke.project, capture_output=True, text=True, check=True)
    assert changed.stdout == ""
    assert not list(smoke.data_root.rglob(".*"))
