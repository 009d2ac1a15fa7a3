"""The sources of this project: what may be read of them, and which were edited while the process lived."""

from pathlib import Path

from topoquant.lib.fingerprints import Source

PACKAGE = Path(__file__).parents[1]
State = tuple[int, int]


class Sources:
    """Reads modules of this package, and of functions of one's own that lie beside pyproject.toml."""

    def __init__(self) -> None:
        self.root: Path | None = None
        self._paths: dict[str, Path] = {}
        # As Python loads them: made when the hooks are imported, before anything that computes.
        self._states = {path: _state(path) for path in PACKAGE.rglob("*.py")}

    def read(self, name: str) -> Source | None:
        """Return the source of a module; None for packages of others."""
        folder = PACKAGE.parent if name.split(".", maxsplit=1)[0] == PACKAGE.name else self.root
        if folder is None:
            return None
        place = folder.joinpath(*name.split("."))
        for path, is_package in ((place.with_suffix(".py"), False), (place / "__init__.py", True)):
            if path.is_file():
                self._paths[name] = path
                self._states.setdefault(path, _state(path))
                return Source(path.read_bytes(), is_package)
        return None

    def is_edited(self, name: str) -> bool:
        """Say whether a module's file is another one than when the process began."""
        path = self._paths[name]
        return _state(path) != self._states[path]


def _state(path: Path) -> State | None:
    """Return time of change and size; None where there is no file."""
    try:
        stat = path.stat()
    except FileNotFoundError:
        return None
    return stat.st_mtime_ns, stat.st_size
