"""A folder that a stage writes into while it works: what a run that died had reached."""

from pathlib import Path
from typing import Any, NoReturn

from kedro.io import AbstractDataset, DatasetError


class FolderDataset(AbstractDataset[NoReturn, Path]):
    """The folder itself, there or not; whoever is given it makes it when there is something to keep."""

    def __init__(self, *, filepath: str, metadata: dict[str, Any] | None = None) -> None:
        self.metadata = metadata
        self._filepath = Path(filepath)

    def load(self) -> Path:
        """Return where it is."""
        return self._filepath

    def save(self, data: NoReturn) -> NoReturn:  # noqa: ARG002 (Kedro names it)
        """Refuse: it is written file by file, while a stage works."""
        raise DatasetError(f"files must be written one by one, got a whole for {self._filepath}: load it")

    def _exists(self) -> bool:
        return True

    def _describe(self) -> dict[str, Any]:
        return {"filepath": self._filepath}
