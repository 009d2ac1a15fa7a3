"""Writing files so that a reader sees the old one or the new one, never half of one."""

import json
import os
import tempfile
from collections.abc import Callable
from html import escape
from pathlib import Path
from typing import Any, BinaryIO

import pandas as pd
from kedro_datasets._typing import HTMLPreview, JSONPreview, TablePreview
from kedro_datasets.json import JSONDataset
from kedro_datasets.pandas import ParquetDataset
from kedro_datasets.text import TextDataset


def write_atomically(path: Path, write: Callable[[BinaryIO], Any]) -> None:
    """Let `write` fill a temporary file beside `path`, then put it in the place of `path`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            write(file)
            file.flush()
            os.fsync(file.fileno())
        # mkstemp makes the file private; give it what an ordinary new file would have.
        umask = os.umask(0)
        os.umask(umask)
        temporary.chmod(0o666 & ~umask)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


class AtomicParquetDataset(ParquetDataset):
    """A frame in a parquet file."""

    def save(self, data: pd.DataFrame) -> None:
        """Write the frame."""
        write_atomically(Path(self._get_save_path()), lambda file: data.to_parquet(file, **self._save_args))

    def preview(self, nrows: int = 10) -> TablePreview:
        """Show the first rows in kedro-viz."""
        return TablePreview(self.load().head(nrows).astype(str).to_dict(orient="split"))


class AtomicJSONDataset(JSONDataset):
    """A JSON document."""

    def save(self, data: Any) -> None:  # noqa: ANN401 (a JSON document is anything)
        """Write the document."""
        text = json.dumps(data, indent=2, allow_nan=False)
        write_atomically(Path(self._get_save_path()), lambda file: file.write(text.encode()))

    def preview(self) -> JSONPreview:
        """Show the document in kedro-viz."""
        return JSONPreview(json.dumps(self.load()))


class AtomicTextDataset(TextDataset):
    """A text file: the report page, a model card."""

    def save(self, data: str) -> None:
        """Write the text."""
        write_atomically(Path(self._get_save_path()), lambda file: file.write(data.encode()))


class AtomicMarkdownDataset(AtomicTextDataset):
    """A page of Markdown."""

    def preview(self) -> HTMLPreview:
        """Show the page as it is written in kedro-viz."""
        return HTMLPreview(f"<pre>{escape(self.load())}</pre>")
