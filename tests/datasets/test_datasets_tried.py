"""Runs and nested runs are found by their tags, deleted ones too."""

import warnings

import pytest
from kedro.io import DatasetError

from topoquant.datasets.tried import TrackedTrials, TriedDataset, trial_tags


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


@pytest.mark.filterwarnings("ignore")
def test_runs_of_a_market_are_found(mlflow):
    log = TrackedTrials("trigger")
    assert log.runs("here") == []
    with mlflow.start_run():
        mlflow.set_tags(trial_tags("trigger", "here", ["b", "a"]))
        with mlflow.start_run(nested=True):
            mlflow.set_tags(trial_tags("trigger", "here", ["c"]))
    with mlflow.start_run():
        mlflow.set_tags(trial_tags("trigger", "there", ["d"]))
    with mlflow.start_run():
        mlflow.set_tags(trial_tags("direction", "here", ["e"]))
    with mlflow.start_run() as deleted:
        mlflow.set_tags(trial_tags("trigger", "here", ["f"]))
    mlflow.delete_run(deleted.info.run_id)
    assert sorted(log.runs("here")) == [["a", "b"], ["c"], ["f"]]
    assert TrackedTrials("trigger", tracked=False).runs("here") == []


def test_too_many_for_a_tag_are_refused():
    with pytest.raises(DatasetError, match="nest"):
        trial_tags("trigger", "here", ["0" * 16] * 400)


def test_the_log_is_told_what_a_run_tries_and_is_never_saved():
    dataset = TriedDataset(recipe="trigger")
    dataset.prepare(["a"], tracked=False)
    assert dataset.load() == TrackedTrials("trigger", ("a",), tracked=False)
    assert dataset.exists()
    with pytest.raises(DatasetError, match="tags of a run"):
        dataset.save("all")
