"""Kedro's reader of conf/, which remembers what it has read."""

from copy import deepcopy
from typing import Any

from kedro.config import OmegaConfigLoader


class ConfigLoader(OmegaConfigLoader):
    """Reads parameters, catalog and globals once a run: hooks and Kedro ask for them again and again."""

    def __init__(self, *arguments: Any, **options: Any) -> None:  # noqa: ANN401 (handed on)
        self._known: dict[str, Any] = {}
        super().__init__(*arguments, **options)

    def __getitem__(self, key: str) -> Any:  # noqa: ANN401 (a configuration is anything)
        """Return a copy, so that nobody changes what the next one gets."""
        if key not in self._known:
            self._known[key] = super().__getitem__(key)
        return deepcopy(self._known[key])

    def __setitem__(self, key: str, value: Any) -> None:  # noqa: ANN401
        """Put in a value by hand, as tests do."""
        self._known.pop(key, None)
        super().__setitem__(key, value)
