"""What a store of computed blocks is, and how the rows of a block are written so that damage shows."""

import hashlib
import json
from collections.abc import Collection
from dataclasses import asdict, fields, is_dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Protocol

import numba
import numpy as np
from numpy.typing import NDArray

from topoquant.lib.topology.options import TdaOptions

ROWS = np.dtype("<f4")


class BlockStore(Protocol):
    """Keeps the rows of blocks beyond the life of a process, under names that say what they are."""

    def read(self, name: str, shape: tuple[int, int]) -> NDArray[np.float32] | None:
        """Return the rows written under `name`; None if there are none, or not as they were written."""
        ...

    def write(self, name: str, rows: NDArray[np.float32]) -> None:
        """Keep rows under `name`: wholly or, if the process dies, not at all."""
        ...

    def prune(self, names: Collection[str]) -> None:
        """Forget every block but those of `names`."""
        ...


class NoStore:
    """Keeps nothing: work that is done again when it is asked for again.

    Examples
    --------
    >>> store = NoStore()
    >>> store.write("a", np.ones((1, 2), np.float32))
    >>> store.read("a", (1, 2)) is None
    True
    """

    def read(self, name: str, shape: tuple[int, int]) -> None:
        """Find nothing."""

    def write(self, name: str, rows: NDArray[np.float32]) -> None:
        """Keep nothing."""

    def prune(self, names: Collection[str]) -> None:
        """Have nothing to forget."""


def options_name(options: TdaOptions) -> str:
    """Name what makes rows out of values: the options that matter, and the code.

    Parameters
    ----------
    options : TdaOptions
        All but `n_jobs` matters.

    Returns
    -------
    str
        The same for options that give the same rows, in this version of the code alone.

    Examples
    --------
    >>> options = TdaOptions(windows=[4], dimension=2, delay=1, series=["log_price"], n_bins=3,
    ...                      n_layers=1, grid_max=2.0, sublevel=False, sublevel_max=4.0,
    ...                      backend="sliding", n_jobs=1)
    >>> from dataclasses import replace
    >>> options_name(options) == options_name(replace(options, n_jobs=2))
    True
    >>> options_name(options) == options_name(replace(options, windows=(5,)))
    False
    """
    chosen = {name: value for name, value in asdict(options).items() if name != "n_jobs"}
    text = json.dumps(chosen, sort_keys=True).encode()
    return f"{hashlib.sha256(text).hexdigest()[:16]}-{code_version()}"


def block_name(options: str, block: object) -> str:
    """Name a block: by its options and code, and by the values it reads.

    Parameters
    ----------
    options : str
        Of `options_name`.
    block : dataclass of arrays
        Everything the rows are made of.

    Returns
    -------
    str
        Fit for a file name. Two blocks share it only if they hold the same bits.

    Examples
    --------
    >>> from topoquant.lib.topology.blocks import Block
    >>> one, other = (Block(series=np.array([0.0, last]), starts=np.array([0])) for last in (1.0, 2.0))
    >>> block_name("options", one) == block_name("options", other)
    False
    """
    digest = hashlib.sha256()
    _feed(digest, block)
    return f"{options}-{digest.hexdigest()[:32]}"


def _feed(digest: Any, part: object) -> None:  # noqa: ANN401  (hashlib names no type for it)
    """Put every array of a block into the digest, with its shape and type."""
    if is_dataclass(part):
        for field in fields(part):
            digest.update(f"{field.name};".encode())
            _feed(digest, getattr(part, field.name))
    elif isinstance(part, np.ndarray):
        digest.update(f"{part.dtype.str}{part.shape};".encode())
        digest.update(np.ascontiguousarray(part).data)
    elif isinstance(part, dict):
        _feed(digest, list(part.items()))
    elif isinstance(part, list | tuple):
        digest.update(f"{len(part)};".encode())
        for one in part:
            _feed(digest, one)
    else:
        digest.update(f"{part!r};".encode())


@cache
def code_version() -> str:
    """Return a name of the code that computes rows: this package's sources, numpy and numba.

    Returns
    -------
    str
        Another one after every change to a module of `topoquant.lib.topology`.

    Examples
    --------
    >>> len(code_version())
    16
    """
    digest = hashlib.sha256(f"{np.__version__} {numba.__version__}".encode())
    sources = (file for file in files(__package__).iterdir() if file.name.endswith(".py"))
    for file in sorted(sources, key=lambda file: file.name):
        digest.update(file.name.encode() + b"\n" + file.read_bytes())
    return digest.hexdigest()[:16]


def pack_rows(name: str, rows: NDArray[np.float32]) -> bytes:
    """Write rows as bytes that vouch for themselves.

    Parameters
    ----------
    name : str
        Of `block_name`.
    rows : ndarray of float32, shape (n, n_features)
        Rows of the block.

    Returns
    -------
    bytes
        One line of text with the name and a SHA-256 of name and rows, then the rows.

    Examples
    --------
    >>> content = pack_rows("a", np.zeros((1, 2), np.float32))
    >>> unpack_rows(content, "a", (1, 2)).tolist(), unpack_rows(content[:-1], "a", (1, 2))
    ([[0.0, 0.0]], None)
    """
    payload = np.ascontiguousarray(rows, dtype=ROWS).tobytes()
    return _header(name, payload) + payload


def unpack_rows(content: bytes, name: str, shape: tuple[int, int]) -> NDArray[np.float32] | None:
    """Read what `pack_rows` wrote.

    Parameters
    ----------
    content : bytes
        Of `pack_rows`, or what is left of it.
    name : str
        The block that is wanted.
    shape : (int, int)
        Rows and columns it must have.

    Returns
    -------
    ndarray of float32 or None
        None unless every byte is the one that was written for this block.

    Examples
    --------
    >>> unpack_rows(pack_rows("a", np.zeros((1, 2), np.float32)), "b", (1, 2)) is None
    True
    """
    start = content.find(b"\n") + 1
    payload = memoryview(content)[start:]
    whole = len(payload) == shape[0] * shape[1] * ROWS.itemsize
    if not whole or content[:start] != _header(name, payload):
        return None
    return np.frombuffer(payload, ROWS).reshape(shape)


# As it is loaded: the files may change under a process that lives on.
code_version()


def _header(name: str, payload: bytes | memoryview) -> bytes:
    digest = hashlib.sha256(name.encode())
    digest.update(payload)
    return f"topoquant rows {name} {digest.hexdigest()}\n".encode()
