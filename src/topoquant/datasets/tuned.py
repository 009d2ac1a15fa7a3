"""The best options of a search, where a run asks for them."""

import json
from pathlib import Path
from typing import Any, NoReturn

from kedro.io import AbstractDataset, DatasetError


class TunedDataset(AbstractDataset[NoReturn, dict[str, Any]]):
    """What `tune_<member>` found, read where `used` says so: true, or names joined by +; nothing else is.

    A run that does not ask for tuned options depends on none, so that this is then nowhere.
    """

    def __init__(
        self, *, filepath: str, member: str, used: bool | str, metadata: dict[str, Any] | None = None
    ) -> None:
        self.metadata = metadata
        self.member = member
        self._found = Path(filepath)
        named = used is True or (isinstance(used, str) and member in used.split("+"))
        self._filepath = self._found if named else None

    def load(self) -> dict[str, Any]:
        """Read it; without anything where it is not asked for."""
        return {} if self._filepath is None else dict(json.loads(self._filepath.read_text()))

    def save(self, data: NoReturn) -> NoReturn:  # noqa: ARG002 (Kedro names it)
        """Refuse: a search writes it."""
        raise DatasetError(f"tuned options must be written by tune_{self.member}, got others: load them")

    @property
    def is_missing(self) -> bool:
        """Say whether it is asked for and not there."""
        return self._filepath is not None and not self._filepath.exists()

    def _exists(self) -> bool:
        return True

    def _describe(self) -> dict[str, Any]:
        return {"filepath": self._found, "used": self._filepath is not None}
