"""What was tried before: every run that reached test rows left its tags in the tracking store."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

from kedro.io import AbstractDataset, DatasetError

# MLflow keeps at most 5,000 characters of a tag: 300 predictions of one run.
LONGEST = 5000
PAGE = 1000


def trial_tags(recipe: str, market: str, predictions: Sequence[str]) -> dict[str, str]:
    """Return the tags of a run, or of a nested run of a search, that scored predictions on test rows."""
    text = ",".join(sorted(predictions))
    if len(text) > LONGEST:
        raise DatasetError(
            f"fingerprints of one run must fit in a tag of {LONGEST} characters, got {len(text)}: nest runs"
        )
    return {_market_tag(recipe): market, _predictions_tag(recipe): text}


@dataclass(frozen=True)
class TrackedTrials:
    """The runs of a recipe in the tracking store that is set, and what this run tries."""

    recipe: str
    own: tuple[str, ...] = ()
    tracked: bool = True

    def runs(self, market: str) -> list[list[str]]:
        """Return the fingerprints of every run on a market, deleted ones too: they were tried."""
        if not self.tracked:
            return []
        from mlflow.entities import ViewType  # noqa: PLC0415 (takes a second)
        from mlflow.tracking import MlflowClient  # noqa: PLC0415

        client = MlflowClient()
        experiments = [one.experiment_id for one in client.search_experiments(view_type=ViewType.ALL)]
        wanted = f"tags.`{_market_tag(self.recipe)}` = '{market}'"
        found: list[list[str]] = []
        token = None
        while experiments:
            page = client.search_runs(experiments, wanted, ViewType.ALL, PAGE, page_token=token)
            tags = [run.data.tags.get(_predictions_tag(self.recipe), "") for run in page]
            found += [text.split(",") for text in tags if text]
            token = page.token
            if not token:
                break
        return found


class TriedDataset(AbstractDataset[NoReturn, TrackedTrials]):
    """The log itself: a node asks it about one market. A hook adds what the run is about to try."""

    def __init__(self, *, recipe: str, metadata: dict[str, Any] | None = None) -> None:
        self.metadata = metadata
        self._log = TrackedTrials(recipe)

    def prepare(self, own: Sequence[str], *, tracked: bool) -> None:
        """Note what the run is about to try, and whether the store is to be asked."""
        self._log = TrackedTrials(self._log.recipe, tuple(own), tracked)

    def load(self) -> TrackedTrials:
        """Open it; nothing is read before a market is asked about."""
        return self._log

    def save(self, data: NoReturn) -> NoReturn:  # noqa: ARG002 (Kedro names it)
        """Refuse: a run is recorded by its tags."""
        raise DatasetError(
            f"trials must be recorded as tags of a run, got a whole for {self._log.recipe}: load it"
        )

    def _exists(self) -> bool:
        return True

    def _describe(self) -> dict[str, Any]:
        return {"recipe": self._log.recipe, "tracked": self._log.tracked}


def _market_tag(recipe: str) -> str:
    return f"tried.{recipe}.market"


def _predictions_tag(recipe: str) -> str:
    return f"tried.{recipe}.predictions"
