"""`python -m topoquant.lib.training samples.npz options.json folder`: one fit from files, for a job."""

import argparse
import json
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO, cast

import numpy as np

from topoquant.lib.errors import InputError, bad_input
from topoquant.lib.models import MODELS, Head, build_model
from topoquant.lib.sampling import Samples
from topoquant.lib.sampling.arrays import samples_from_arrays
from topoquant.lib.training import FitOptions, FitRecord, fit, model_files
from topoquant.lib.training.atomic_file import write_whole

TARGET = "target."


def main() -> None:
    """Read the files, fit, and write the files of the model and its record."""
    parser = argparse.ArgumentParser(prog="python -m topoquant.lib.training", description=__doc__)
    parser.add_argument("samples", type=Path, help="npz of samples_from_arrays; targets as target.<name>")
    parser.add_argument("options", type=Path, help="json: model, heads, options, fit, seed")
    parser.add_argument("folder", type=Path, help="where the model goes; a job that was killed goes on there")
    arguments = parser.parse_args()
    try:
        files = fit_files(arguments.samples, arguments.options, arguments.folder / "checkpoints")
    except (InputError, OSError) as error:
        parser.error(str(error))
    for name, content in files.items():
        write_whole(arguments.folder / name, partial(_write, content))


def _write(content: bytes, file: BinaryIO) -> None:
    file.write(content)


def fit_files(samples: Path, options: Path, checkpoints: Path) -> dict[str, bytes]:
    """Return the files of the model fitted to the samples of a file, and `record.json`.

    Parameters
    ----------
    samples : Path
        An npz of the arguments of `samples_from_arrays`; a target is an array `target.<name>`.
    options : Path
        JSON of `model`, `heads`, `options` (of the model), `seed`, and `fit` (of the loop) for torch models.
    checkpoints : Path
        Folder for the state of the loop.

    Returns
    -------
    dict of str to bytes

    Raises
    ------
    InputError
        For options that lack something, and as in `fit`.
    """
    told = json.loads(options.read_text())
    if missing := {"model", "heads", "options", "seed"} - set(told):
        raise bad_input(str(options), "with model, heads, options and seed", sorted(missing), "name them")
    rows = read_samples(samples)
    name = told["model"]
    if name not in MODELS:
        raise bad_input("model", f"one of {sorted(MODELS)}", repr(name), "choose one of them")
    model = build_model(
        name,
        n_channels=rows.n_channels,
        window=rows.window,
        n_static=rows.n_static,
        heads=[Head(**head) for head in told["heads"]],
        options=MODELS[name].options(**told["options"]),
        n_raw=rows.n_raw,
    )
    loop = FitOptions(**told["fit"]) if MODELS[name].is_torch else None
    fitted = fit(model, rows, loop, seed=told["seed"], checkpoints=checkpoints)
    record = json.dumps(asdict(cast(FitRecord, fitted.record)), allow_nan=False)
    return model_files(fitted) | {"record.json": record.encode()}


def read_samples(path: Path) -> Samples:
    """Return the samples an npz holds; nothing in it is run."""
    with np.load(path, allow_pickle=False) as stored:
        arrays: dict[str, Any] = {name: stored[name] for name in stored.files}
    targets = {
        name.removeprefix(TARGET): arrays.pop(name) for name in list(arrays) if name.startswith(TARGET)
    }
    window = int(arrays.pop("window", 0))
    return samples_from_arrays(**arrays, targets=targets, window=window)


if __name__ == "__main__":
    main()
