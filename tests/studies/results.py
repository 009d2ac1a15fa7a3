"""What a finished run stored: documents and tables by name, of the recipe or of one of its views."""

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from tests.studies.plan import Run
from tests.studies.running import read_record

LAYERS = ("02_intermediate", "03_primary", "04_feature", "06_models", "07_model_output", "08_reporting")
KEY = ["symbol", "time"]


@dataclass(frozen=True)
class Results:
    """Datasets of one run."""

    run: Run
    store: Path

    @cached_property
    def record(self) -> dict[str, Any]:
        """What its commands took."""
        record = read_record(self.run, self.store)
        if record is None:
            raise FileNotFoundError(
                f"{self.run.study} {self.run.name} must have run, got no record: run make studies"
            )
        return record

    def path(self, name: str, view: str | None = None) -> Path | None:
        """File of a dataset, or None."""
        recipe = self.run.recipe if view is None else f"{self.run.recipe}.{view}"
        found = [
            path
            for layer in LAYERS
            for path in sorted((self.run.place(self.store) / layer / recipe).glob(f"*/*/{name}"))
        ]
        if len(found) > 1:
            raise ValueError(f"{name} must be one file of {recipe}, got {found}")
        return found[0] if found else None

    def document(self, name: str, view: str | None = None) -> Any:
        """A JSON document that has to be there."""
        path = self.path(f"{name}.json", view)
        if path is None:
            raise FileNotFoundError(
                f"{name}.json must be stored by {self.run.recipe}, got none of {self.run.name}"
            )
        return json.loads(path.read_text())

    def table(self, name: str, view: str | None = None) -> pd.DataFrame:
        """A table that has to be there."""
        path = self.path(f"{name}.parquet", view)
        if path is None:
            raise FileNotFoundError(
                f"{name}.parquet must be stored by {self.run.recipe}, got none of {self.run.name}"
            )
        return pd.read_parquet(path)

    def views(self) -> list[str | None]:
        """Names of the views of a recipe of several horizons; of another None, for the recipe itself."""
        return [*self.document("verdict")["numbers"].get("views", {})] or [None]
