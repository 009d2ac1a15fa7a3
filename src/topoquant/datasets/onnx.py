"""A model as one ONNX file."""

import json
from pathlib import Path, PurePosixPath
from typing import Any

from kedro.io import AbstractVersionedDataset, Version
from kedro_datasets._typing import JSONPreview

from topoquant.datasets.atomic import write_atomically


class OnnxDataset(AbstractVersionedDataset[bytes, bytes]):
    """The bytes of an ONNX file; no bytes stand for no file.

    Saving nothing removes a file that is there: it would belong to an earlier model.
    """

    def __init__(
        self, *, filepath: str, version: Version | None = None, metadata: dict[str, Any] | None = None
    ) -> None:
        self.metadata = metadata
        super().__init__(PurePosixPath(filepath), version)

    def load(self) -> bytes:
        """Read the file."""
        return Path(self._get_load_path()).read_bytes()

    def save(self, data: bytes) -> None:
        """Write the file, or remove it."""
        path = Path(self._get_save_path())
        if data:
            write_atomically(path, lambda file: file.write(data))
        else:
            path.unlink(missing_ok=True)

    def preview(self) -> JSONPreview:
        """Show in kedro-viz what the file reads, gives and belongs to."""
        import onnx  # noqa: PLC0415  (an extra)

        model = onnx.load_from_string(self.load())
        shown = {
            "inputs": [value.name for value in model.graph.input],
            "outputs": [value.name for value in model.graph.output],
            **{entry.key: entry.value for entry in model.metadata_props},
        }
        return JSONPreview(json.dumps(shown))

    def _exists(self) -> bool:
        return Path(self._get_load_path()).exists()

    def _describe(self) -> dict[str, Any]:
        return {"filepath": self._filepath, "version": self._version}
