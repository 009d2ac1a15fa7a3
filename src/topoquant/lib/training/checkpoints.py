"""What a killed run leaves behind: names that no other fit can have, and fits that had ended."""

import hashlib
import json
import zipfile
from collections.abc import Iterator
from dataclasses import asdict
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from topoquant.lib.models import MODELS, Model
from topoquant.lib.sampling.samples import Samples
from topoquant.lib.training.atomic_file import write_whole
from topoquant.lib.training.options import FitOptions, SelectionOptions

EPOCH, FIT = ".epoch", ".fit"
RECORD = "record.json"
# Rows hashed at a time: of a mapped file no more than this is in memory.
BLOCK_ROWS = 8192


def fingerprint(
    model: Model,
    samples: Samples,
    options: FitOptions | None,
    selection: SelectionOptions | None,
    seed: int,
) -> str:
    """Return a name for a fit, made of everything its result depends on.

    Parameters
    ----------
    model : torch.nn.Module or RowModel
        Unfitted; what it is built from counts.
    samples, options, selection, seed
        As in `fit`.

    Returns
    -------
    str
        32 hex digits. Another option, target, feature, row, seed or version of torch is another name.
    """
    spec = model.spec
    told = {
        "spec": asdict(spec),
        "options": None if options is None else asdict(options),
        "selection": None if selection is None else asdict(selection),
        "seed": seed,
        "target_id": samples.target_id,
        "columns": [samples.channel_names, samples.static_names, list(samples.targets), samples.window],
        "libraries": library_versions(spec.name),
    }
    digest = hashlib.sha256(json.dumps(told, sort_keys=True, default=str).encode())
    digest.update(fingerprint_samples(samples).encode())
    return digest.hexdigest()[:32]


def fingerprint_samples(samples: Samples) -> str:
    """Return a name for rows: keys, sets, folds, targets, weights and everything models read.

    Parameters
    ----------
    samples : Samples
        Any.

    Returns
    -------
    str
        64 hex digits.

    Examples
    --------
    >>> from topoquant.lib.sampling.arrays import samples_from_arrays
    >>> time = np.arange("2024-01-01", "2024-01-03", dtype="datetime64[D]")
    >>> one, other = (samples_from_arrays(time=time, t1=time, targets={"label": y}) for y in ([0, 1], [1, 1]))
    >>> fingerprint_samples(one) == fingerprint_samples(other)
    False
    """
    digest = hashlib.sha256()
    digest.update(pd.util.hash_pandas_object(samples.rows, index=False).to_numpy().tobytes())
    for name, values in _arrays(samples):
        digest.update(f"{name} {values.dtype} {values.shape}".encode())
        for start in range(0, len(values), BLOCK_ROWS):
            digest.update(np.ascontiguousarray(values[start : start + BLOCK_ROWS]).tobytes())
    return digest.hexdigest()


def write_fit(path: Path, files: dict[str, bytes], record: dict[str, Any]) -> None:
    """Keep a fit that has ended: the files of its model, and how it went."""

    def write(file: Any) -> None:  # noqa: ANN401  (a file open for bytes)
        with zipfile.ZipFile(file, "w") as archive:
            for name, content in (files | {RECORD: json.dumps(record).encode()}).items():
                archive.writestr(name, content)

    write_whole(path, write)


def read_fit(path: Path) -> tuple[dict[str, bytes], dict[str, Any]] | None:
    """Return what `write_fit` kept; None where there is nothing, or nothing that can be read."""
    try:
        with zipfile.ZipFile(path) as archive:
            files = {name: archive.read(name) for name in archive.namelist()}
    except (FileNotFoundError, zipfile.BadZipFile):
        return None
    return files, json.loads(files.pop(RECORD))


def clear(folder: Path) -> None:
    """Remove every checkpoint of a folder: what is there has ended, or nobody will go on with it."""
    for suffix in (EPOCH, FIT):
        for path in folder.glob(f"*{suffix}"):
            path.unlink(missing_ok=True)


def _arrays(samples: Samples) -> Iterator[tuple[str, NDArray[Any]]]:
    """Yield everything a fit reads but its rows' keys."""
    yield "targets", samples.targets.to_numpy()
    for name in ("weights", "end", "sequence", "static", "raw_windows", "raw_rows"):
        values = getattr(samples, name)
        if values is not None:
            yield name, values


def library_versions(name: str) -> list[str]:
    """Return the versions of this project and of what fits a model of a name in `MODELS`."""
    if name == "xgboost":
        # The package xgboost and the package xgboost-cpu bring the same module.
        return [version("topoquant"), str(import_module(name).__version__)]
    if MODELS[name].is_torch:
        return [version("topoquant"), version("torch")]
    return [version("topoquant"), version("lightgbm" if name == "lightgbm" else "scikit-learn")]
