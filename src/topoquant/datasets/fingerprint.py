"""What lies beside a stored dataset: the fingerprint of what made it, and of what was written."""

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from kedro.io import AbstractDataset

from topoquant.datasets.atomic import write_atomically
from topoquant.datasets.chunks import ChunkDataset
from topoquant.datasets.folder import FolderDataset

SUFFIX = ".fingerprint.json"


@dataclass(frozen=True)
class Content:
    """What is in a file or a folder.

    Attributes
    ----------
    stat : str
        Digest of names, sizes and times of change: as long as it stands, nothing is read.
    digest : str
        Digest of names and bytes.
    """

    stat: str
    digest: str


def stored_path(dataset: AbstractDataset[Any, Any] | None) -> Path | None:
    """Return where a dataset keeps what it is given; None for what lives in memory or is a cache."""
    path = getattr(dataset, "_filepath", None)
    return None if path is None or isinstance(dataset, ChunkDataset | FolderDataset) else Path(path)


def content_of(path: Path, known: Content | None = None) -> Content:
    """Read a file or a folder, unless it is untouched since it was `known`."""
    files = [path] if path.is_file() else sorted(one for one in path.rglob("*") if one.is_file())
    names = [one.relative_to(path).as_posix() for one in files]
    stats = [one.stat() for one in files]
    stat = _digest(f"{name} {one.st_size} {one.st_mtime_ns}" for name, one in zip(names, stats, strict=True))
    if known is not None and known.stat == stat:
        return known
    return Content(stat, _digest(f"{n} {_hash(one)}" for n, one in zip(names, files, strict=True)))


def write_record(path: Path, record: dict[str, Any], content: Content) -> None:
    """Write the record of what was stored at `path` beside it."""
    text = json.dumps({**record, "content": asdict(content)}, indent=1)
    write_atomically(_beside(path), lambda file: file.write(text.encode()))


def read_record(path: Path) -> tuple[dict[str, Any], Content] | None:
    """Return the record of what is stored at `path`; None without one, ValueError for a damaged one."""
    try:
        record = json.loads(_beside(path).read_bytes())
        return record, Content(**record.pop("content"))
    except FileNotFoundError:
        return None
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(str(error)) from error


def remove_record(path: Path) -> None:
    """Forget what made `path`: it is about to be written again."""
    _beside(path).unlink(missing_ok=True)


def _beside(path: Path) -> Path:
    return path.with_name(path.name + SUFFIX)


def _hash(path: Path) -> str:
    """Hash what a file says; of a JSON document without the seconds it took, which nothing rests on."""
    if path.suffix == ".json":
        try:
            said = json.dumps(_without_seconds(json.loads(path.read_bytes())), sort_keys=True)
            return hashlib.sha256(said.encode()).hexdigest()
        except ValueError:
            pass  # a damaged document is hashed as it is
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _without_seconds(tree: Any) -> Any:  # noqa: ANN401 (a JSON document is anything)
    if isinstance(tree, dict):
        return {name: _without_seconds(one) for name, one in tree.items() if not name.endswith("_seconds")}
    return [_without_seconds(one) for one in tree] if isinstance(tree, list) else tree


def _digest(texts: Any) -> str:  # noqa: ANN401 (any iterable of str)
    return hashlib.sha256("\n".join(texts).encode()).hexdigest()[:32]
