"""One fitted model: a folder of native files and a manifest that vouches for them."""

import hashlib
import json
from pathlib import Path, PurePosixPath
from typing import Any

from kedro.io import AbstractVersionedDataset, DatasetError, Version
from kedro_datasets._typing import JSONPreview

from topoquant.datasets.atomic import write_atomically

MANIFEST = "manifest.json"


class ModelDataset(AbstractVersionedDataset[dict[str, bytes], dict[str, bytes]]):
    """File name to content: weights as safetensors, boosters as native text, the rest as JSON.

    The manifest is written last and holds the hash of every file, so that a folder whose writing
    was cut short is refused instead of being half believed.
    """

    def __init__(
        self, *, filepath: str, version: Version | None = None, metadata: dict[str, Any] | None = None
    ) -> None:
        self.metadata = metadata
        super().__init__(PurePosixPath(filepath), version)

    def load(self) -> dict[str, bytes]:
        """Read every file the manifest names and check it against its hash."""
        folder = Path(self._get_load_path())
        manifest = json.loads((folder / MANIFEST).read_text())
        files = {name: (folder / name).read_bytes() for name in manifest}
        broken = [name for name, content in files.items() if _digest(content) != manifest[name]]
        if broken:
            raise DatasetError(
                f"model files must match {folder / MANIFEST}, got others in {broken}: train again"
            )
        return files

    def save(self, data: dict[str, bytes]) -> None:
        """Write the files, then the manifest; files of an earlier model go last."""
        folder = Path(self._get_save_path())
        for name, content in data.items():
            write_atomically(folder / name, lambda file, content=content: file.write(content))
        manifest = {name: _digest(content) for name, content in data.items()}
        text = json.dumps(manifest, indent=2).encode()
        write_atomically(folder / MANIFEST, lambda file: file.write(text))
        for path in folder.iterdir():
            if path.name not in data and path.name != MANIFEST:
                path.unlink()

    def preview(self) -> JSONPreview:
        """Show the options in kedro-viz."""
        return JSONPreview(self.load().get("options.json", b"{}").decode())

    def _exists(self) -> bool:
        return (Path(self._get_load_path()) / MANIFEST).exists()

    def _describe(self) -> dict[str, Any]:
        return {"filepath": self._filepath, "version": self._version}


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
