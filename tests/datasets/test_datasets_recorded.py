"""Runs with a verdict are found in the store with what they left."""

import json
import warnings

import pandas as pd
import pytest
from kedro.io import DatasetError

from topoquant.datasets.recorded import RecordedRunsDataset

# Making the store's tables takes mlflow most of ten seconds.
pytestmark = pytest.mark.system
ROWS = pd.DataFrame({"symbol": ["SYN"], "p_label": [0.5]})


@pytest.fixture(scope="module")
def mlflow(tmp_path_factory):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import mlflow

        folder = tmp_path_factory.mktemp("mlflow")
        before = mlflow.get_tracking_uri()
        mlflow.set_tracking_uri(f"sqlite:///{folder}/mlflow.db")
        mlflow.create_experiment("study", artifact_location=f"file://{folder}")
        mlflow.set_experiment("study")
        yield mlflow
        mlflow.set_tracking_uri(before)


def record(mlflow, folder, recipe, *, with_rows=True, verdict="no_edge"):
    (folder / "training_report.json").write_text(json.dumps({"run": {"recipe": recipe, "symbols": "SYN"}}))
    ROWS.to_parquet(folder / "final_rows.parquet")
    with mlflow.start_run() as run:
        mlflow.log_artifact(str(folder / "training_report.json"), "training_report")
        if with_rows:
            mlflow.log_artifact(str(folder / "final_rows.parquet"), "final_rows")
        if verdict:
            mlflow.set_tag("verdict", verdict)
    return run.info.run_id


@pytest.mark.filterwarnings("ignore")
def test_the_newest_runs_with_a_verdict_and_rows_are_read(mlflow, tmp_path):
    store = RecordedRunsDataset().load()
    assert store.latest(5) == []
    first = record(mlflow, tmp_path, "trigger")
    record(mlflow, tmp_path, "trigger", with_rows=False)
    record(mlflow, tmp_path, "trigger", verdict="")
    second = record(mlflow, tmp_path, "direction")
    found = store.latest(5)
    assert [one.run_id for one in found] == [second, first]
    assert found[0].report["run"]["recipe"] == "direction"
    pd.testing.assert_frame_equal(found[0].rows, ROWS)
    assert [one.run_id for one in store.latest(1)] == [second]
    assert [one.run_id for one in store.latest(5, recipe="trigger")] == [first]
    assert store.latest(5, symbols="BTC") == []


def test_the_store_is_never_saved_as_a_whole():
    dataset = RecordedRunsDataset()
    assert dataset.exists()
    with pytest.raises(DatasetError, match="written by runs"):
        dataset.save("all")
