"""A folder of computed blocks: what a run that died had finished is not computed again."""

import time
from collections.abc import Collection
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
from kedro.io import AbstractDataset, DatasetError
from numpy.typing import NDArray

from topoquant.datasets.atomic import write_atomically
from topoquant.lib.topology.store import pack_rows, unpack_rows

SUFFIX = ".rows"
# A temporary file this old belongs to a process that died.
ABANDONED_SECONDS = 3600


class ChunkStore:
    """Blocks of rows, one file each, named by options, code and values: others are simply not found."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def read(self, name: str, shape: tuple[int, int]) -> NDArray[np.float32] | None:
        """Return the rows of a block; None where there is no file, or a damaged one."""
        try:
            content = self._path(name).read_bytes()
        except FileNotFoundError:
            return None
        return unpack_rows(content, name, shape)

    def write(self, name: str, rows: NDArray[np.float32]) -> None:
        """Write a block beside its place, then put it there."""
        content = pack_rows(name, rows)
        write_atomically(self._path(name), lambda file: file.write(content))

    def prune(self, names: Collection[str]) -> None:
        """Remove the files of other blocks, and what processes that died were writing."""
        kept = {self._path(name).name for name in names}
        oldest = time.time() - ABANDONED_SECONDS
        for path in self._folder.glob(f"*{SUFFIX}"):
            if path.name not in kept:
                path.unlink(missing_ok=True)
        for path in self._folder.glob(f".*{SUFFIX}.*"):
            if path.stat().st_mtime < oldest:
                path.unlink(missing_ok=True)

    def _path(self, name: str) -> Path:
        return self._folder / f"{name}{SUFFIX}"


class ChunkDataset(AbstractDataset[NoReturn, ChunkStore]):
    """The store itself: a stage reads and writes it while it works, for what it made must outlive it."""

    def __init__(self, *, filepath: str, metadata: dict[str, Any] | None = None) -> None:
        self.metadata = metadata
        self._filepath = Path(filepath)

    def load(self) -> ChunkStore:
        """Open it; a folder that is not there yet is an empty one."""
        return ChunkStore(self._filepath)

    def save(self, data: NoReturn) -> NoReturn:  # noqa: ARG002 (Kedro names it)
        """Refuse: a store is written block by block, while it is computed."""
        raise DatasetError(f"blocks must be written one by one, got a whole for {self._filepath}: load it")

    def _exists(self) -> bool:
        return True

    def _describe(self) -> dict[str, Any]:
        return {"filepath": self._filepath}
