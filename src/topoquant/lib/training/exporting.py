"""A fit as a handful of files without pickle, and back."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from topoquant.lib.errors import bad_input
from topoquant.lib.models import MODELS, Head, build_model
from topoquant.lib.training.fitting import Fit
from topoquant.lib.training.preprocessing import Preprocessing
from topoquant.lib.training.selection import Selection


def model_files(fit: Fit) -> dict[str, bytes]:
    """Return everything a fit predicts with, as files by name.

    Parameters
    ----------
    fit : Fit
        Fitted.

    Returns
    -------
    dict of str to bytes
        "options.json" (what the model was built from, columns and target), "selection.json" where
        columns were chosen, for torch models
        "preprocessing.json" and "weights.safetensors", for boosters "booster_<head>.txt", for
        baselines "coefficients.json". Equal fits give equal bytes.

    Examples
    --------
    >>> import numpy as np
    >>> from topoquant.lib.models import Head, MajorityOptions, build_model
    >>> from topoquant.lib.sampling.arrays import samples_from_arrays
    >>> from topoquant.lib.training import fit
    >>> time = np.arange("2024-01-01", "2024-01-05", dtype="datetime64[D]")
    >>> samples = samples_from_arrays(time=time, t1=time, targets={"label": [0, 0, 0, 1]})
    >>> heads = [Head(name="label", kind="binary")]
    >>> model = build_model(
    ...     "majority", n_channels=0, window=0, n_static=0, heads=heads, options=MajorityOptions()
    ... )
    >>> sorted(model_files(fit(model, samples, None, seed=0)))
    ['coefficients.json', 'options.json']
    """
    spec = fit.model.spec
    options = {
        "model": spec.name,
        "n_channels": spec.n_channels,
        "window": spec.window,
        "n_static": spec.n_static,
        "heads": [asdict(head) for head in spec.heads],
        "options": asdict(spec.options),
        "target_id": fit.target_id,
        "channel_names": list(fit.channel_names),
        "static_names": list(fit.static_names),
    }
    if spec.n_raw:
        options["n_raw"] = spec.n_raw
    if spec.static_groups:
        options["static_groups"] = spec.static_groups
    files = {"options.json": _to_json(options)}
    if fit.selection is not None:
        files["selection.json"] = _to_json(fit.selection.to_dict())
    if fit.preprocessing is None:
        return files | fit.model.dump()
    from safetensors.torch import save  # noqa: PLC0415  (imports torch)

    files["preprocessing.json"] = _to_json(fit.preprocessing.to_dict())
    weights = {name: tensor.contiguous() for name, tensor in fit.model.state_dict().items()}
    return files | {"weights.safetensors": save(weights)}


def load_fit(files: Mapping[str, bytes]) -> Fit:
    """Return the fit whose `model_files` these are: it predicts the same bits, on the CPU.

    Parameters
    ----------
    files : mapping of str to bytes
        As `model_files` returned them.

    Returns
    -------
    Fit
        Without a record.

    Raises
    ------
    InputError
        When a file is missing.

    Examples
    --------
    >>> load_fit({})
    Traceback (most recent call last):
    ...
    topoquant.lib.errors.InputError: files of a fit must be with options.json, got []: give all its files
    """
    if "options.json" not in files:
        raise bad_input("files of a fit", "with options.json", sorted(files), "give all its files")
    content = json.loads(files["options.json"])
    name = content["model"]
    model: Any = build_model(
        name,
        n_channels=content["n_channels"],
        window=content["window"],
        n_static=content["n_static"],
        heads=[Head(**head) for head in content["heads"]],
        options=MODELS[name].options(**content["options"]),
        n_raw=content.get("n_raw", 0),
        static_groups=content.get("static_groups", ()),
    )
    selection = None
    if "selection.json" in files:
        selection = Selection.from_dict(json.loads(files["selection.json"]))
    preprocessing = None
    if MODELS[name].is_torch:
        from safetensors.torch import load  # noqa: PLC0415  (imports torch)

        preprocessing = Preprocessing.from_dict(json.loads(files["preprocessing.json"]))
        model.load_state_dict(load(files["weights.safetensors"]))
        model.eval()
    else:
        model = model.load(dict(files))
    return Fit(
        model=model,
        preprocessing=preprocessing,
        target_id=content["target_id"],
        channel_names=tuple(content["channel_names"]),
        static_names=tuple(content["static_names"]),
        device="cpu",
        record=None,
        selection=selection,
    )


def model_hash(files: Mapping[str, bytes]) -> str:
    """Return the first 16 hex digits of the SHA-256 of the files' names and contents.

    Parameters
    ----------
    files : mapping of str to bytes
        In any order.

    Returns
    -------
    str

    Examples
    --------
    >>> model_hash({"a": b"1", "b": b"2"}) == model_hash({"b": b"2", "a": b"1"})
    True
    """
    digest = hashlib.sha256()
    for name in sorted(files):
        # Lengths keep the boundary between a name and its content unambiguous.
        digest.update(f"{len(name)} {name} {len(files[name])} ".encode())
        digest.update(files[name])
    return digest.hexdigest()[:16]


def _to_json(content: dict[str, Any]) -> bytes:
    """Return one spelling of a dict, whatever its order."""
    return json.dumps(content, sort_keys=True, indent=1).encode()
