"""One array in one `.npy` file, read as a memory map."""

from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
from kedro.io import AbstractVersionedDataset, Version
from kedro_datasets._typing import TablePreview
from numpy.typing import NDArray

from topoquant.datasets.atomic import write_atomically


class NpyDataset(AbstractVersionedDataset[NDArray[Any], NDArray[Any]]):
    """An array; rows are in the order of the key index stored beside it."""

    def __init__(
        self, *, filepath: str, version: Version | None = None, metadata: dict[str, Any] | None = None
    ) -> None:
        self.metadata = metadata
        super().__init__(PurePosixPath(filepath), version)

    def load(self) -> NDArray[Any]:
        """Map the file copy-on-write: a reader may write to its pages, never to the file."""
        return np.load(self._get_load_path(), mmap_mode="c", allow_pickle=False)

    def save(self, data: NDArray[Any]) -> None:
        """Write the array beside the old file, which a map may still hold, and take its place."""
        write_atomically(Path(self._get_save_path()), lambda file: np.save(file, data, allow_pickle=False))

    def preview(self, nrows: int = 5) -> TablePreview:
        """Show the first rows and columns in kedro-viz."""
        head = np.asarray(self.load()[:nrows, :12], dtype=float).round(4)
        return TablePreview(
            {"index": list(range(len(head))), "columns": list(range(head.shape[1])), "data": head.tolist()}
        )

    def _exists(self) -> bool:
        return Path(self._get_load_path()).exists()

    def _describe(self) -> dict[str, Any]:
        return {"filepath": self._filepath, "version": self._version}
