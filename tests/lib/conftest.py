"""What tests of the library may ask for."""

import importlib
import itertools
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

COUNT = itertools.count()


@pytest.fixture
def own_module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], str]]:
    """Return a function: code of a module as a user would write it -> the name it can be imported by."""
    monkeypatch.syspath_prepend(tmp_path)
    made = []

    def write(code: str) -> str:
        name = f"own_module_{next(COUNT)}"
        (tmp_path / f"{name}.py").write_text(code)
        importlib.invalidate_caches()
        made.append(name)
        return name

    yield write
    for name in made:
        sys.modules.pop(name, None)
