"""Runs that ended with a verdict, as the tracking store holds them."""

import json
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import pandas as pd
from kedro.io import AbstractDataset, DatasetError

if TYPE_CHECKING:
    from mlflow.entities import Run
    from mlflow.tracking import MlflowClient

# Artifacts of a run, below the name of the dataset that was sent.
REPORT, ROWS = "training_report/training_report.json", "final_rows/final_rows.parquet"
PAGE = 200


@dataclass(frozen=True)
class Recorded:
    """What one run left in the store."""

    run_id: str
    report: dict[str, Any]
    rows: pd.DataFrame


class RecordedRuns:
    """The store that is set: nothing is read before runs are asked for."""

    def latest(self, n_runs: int, *, recipe: str | None = None, symbols: str | None = None) -> list[Recorded]:
        """Return the newest runs that reached a verdict and left their test rows, the newest first."""
        from mlflow.tracking import MlflowClient  # noqa: PLC0415 (takes a second)

        client = MlflowClient()
        experiments = [one.experiment_id for one in client.search_experiments()]
        found: list[Recorded] = []
        token = None
        while experiments and len(found) < n_runs:
            page = client.search_runs(
                experiments, "tags.verdict LIKE '%'", max_results=PAGE, page_token=token,
                order_by=["attributes.start_time DESC"],
            )  # fmt: skip
            kept = (one for run in page if (one := _read(client, run)) is not None)
            asked = (one for one in kept if _is_asked(one.report["run"], recipe, symbols))
            found += islice(asked, n_runs - len(found))
            token = page.token
            if not token:
                break
        return found


class RecordedRunsDataset(AbstractDataset[NoReturn, RecordedRuns]):
    """The runs that were tracked: a node asks for the latest of them."""

    def __init__(self, *, metadata: dict[str, Any] | None = None) -> None:
        self.metadata = metadata

    def load(self) -> RecordedRuns:
        """Open the store."""
        return RecordedRuns()

    def save(self, data: NoReturn) -> NoReturn:  # noqa: ARG002 (Kedro names it)
        """Refuse: a run records itself."""
        raise DatasetError("recorded runs must be written by runs, got a whole: load them")

    def _exists(self) -> bool:
        return True

    def _describe(self) -> dict[str, Any]:
        return {"report": REPORT, "rows": ROWS}


def _read(client: "MlflowClient", run: "Run") -> Recorded | None:
    """Read what a run left; None for one that left no test rows, as those of earlier versions."""
    folders = {one.path for one in client.list_artifacts(run.info.run_id)}
    if not {Path(REPORT).parent.name, Path(ROWS).parent.name} <= folders:
        return None
    report, rows = (Path(client.download_artifacts(run.info.run_id, path)) for path in (REPORT, ROWS))
    return Recorded(run.info.run_id, json.loads(report.read_text()), pd.read_parquet(rows))


def _is_asked(about: dict[str, Any], recipe: str | None, symbols: str | None) -> bool:
    """Whether a run is of the recipe and the symbols that were asked for."""
    return recipe in (None, about["recipe"]) and symbols in (None, about["symbols"])
