"""What a variant says of train rows that its fits did not see, and of val rows."""

import hashlib
import io
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from topoquant.lib.ablation.luck import SEED
from topoquant.lib.ablation.variants import Variant
from topoquant.lib.sampling import KEY, Samples
from topoquant.lib.training import FoldPlan, Selection, fingerprint_samples, train_samples
from topoquant.lib.training.checkpoints import library_versions, read_fit, write_fit

SUFFIX, FILE = ".variant", "predictions"
COLUMNS = [*KEY, "t1", "target_id", "set", "p_label"]


def take_columns(samples: Samples, variant: Variant) -> Samples:
    """Return the same rows with the columns of a variant alone.

    Parameters
    ----------
    samples : Samples
        With all columns.
    variant : Variant
        Which to keep, in the order of the samples.

    Returns
    -------
    Samples
        Without a sequence, or without static features, where the variant has none of them.

    Examples
    --------
    >>> from topoquant.lib.ablation.parts import Part
    >>> from topoquant.lib.sampling import samples_from_arrays
    >>> time = np.arange("2024-01-01", "2024-01-03", dtype="datetime64[D]")
    >>> samples = samples_from_arrays(time=time, t1=time, targets={"label": [0, 1]}, static=np.eye(2))
    >>> part = Part(name="second", family="tda", channels=(), static=("s1",))
    >>> take_columns(samples, Variant(name="second", kind="alone", parts=(part,))).static.tolist()
    [[0.0], [1.0]]
    """
    channels, static = set(variant.channels), set(variant.static)
    kept = Selection(
        tuple(name for name in samples.channel_names if name in channels),
        tuple(name for name in samples.static_names if name in static),
        (), (), {},
    ).apply(samples)  # fmt: skip
    if not channels:
        kept = replace(kept, sequence=None, window=0, end=np.full(len(kept), -1))
    return kept if static else replace(kept, static=None)


def predict_rows(
    model: str,
    samples: Samples,
    plan: FoldPlan,
    options: Any,  # noqa: ANN401
    *,
    seed: int,
    n_seeds: int = 1,
    checkpoints: Path | None = None,
) -> pd.DataFrame:
    """Predict train rows out of fold, and val rows by a fit on all train rows.

    Parameters
    ----------
    model : str
        A name in `MODELS`, of one that is not trained in epochs.
    samples : Samples
        Train and val rows with a label.
    plan : FoldPlan
        How train rows are held out: purged and embargoed.
    options : object
        Of the model.
    seed : int
        Of the first fit; the others count on from it.
    n_seeds : int
        Fits per fold, whose probabilities are averaged.
    checkpoints : Path, optional
        Folder in which what was predicted is kept: the same question is answered from it.

    Returns
    -------
    DataFrame
        `symbol`, `time`, `t1`, `target_id`, `set`, `p_label` and, of every seed, `p_label.0`, `p_label.1`,
        ...: a row per sample, in their order.

    Raises
    ------
    InputError
        As `train_samples`.

    Examples
    --------
    >>> from topoquant.lib.models import MajorityOptions
    >>> from topoquant.lib.sampling import SplitOptions, samples_from_arrays
    >>> time = np.arange("2024-01-01", "2024-01-09", dtype="datetime64[D]")
    >>> samples = samples_from_arrays(
    ...     time=time, t1=time, targets={"label": [0, 1] * 4}, fold=[0] * 4 + [1] * 4
    ... )
    >>> split = SplitOptions(train=0.7, val=0.15, n_folds=2, embargo=0)
    >>> plan = FoldPlan(split=split, horizon=1, interval="1d")
    >>> predict_rows("majority", samples, plan, MajorityOptions(), seed=0)["p_label"].unique().tolist()
    [0.5]
    """
    path = None
    if checkpoints is not None:
        columns = (samples.channel_names, samples.static_names, samples.window)
        holds = (*COLUMNS, SEED)  # a file without the columns of seeds answers another question
        told = (model, options, plan, seed, n_seeds, columns, holds, library_versions(model))
        name = hashlib.sha256(f"{told} {fingerprint_samples(samples)}".encode()).hexdigest()[:32]
        path = checkpoints / f"{name}{SUFFIX}"
        if (found := read_fit(path)) is not None:
            return pd.read_parquet(io.BytesIO(found[0][FILE]))
    said = [
        train_samples(model, samples, plan, options=options, fit=None, seed=seed + one).predictions
        for one in range(n_seeds)
    ]
    by_seed = {f"{SEED}{n}": one["p_label"].to_numpy(np.float64) for n, one in enumerate(said)}
    predictions = said[0][COLUMNS].assign(p_label=np.mean(list(by_seed.values()), axis=0), **by_seed)
    if path is not None:
        buffer = io.BytesIO()
        predictions.to_parquet(buffer)
        write_fit(path, {FILE: buffer.getvalue()}, {})
    return predictions
