"""Out-of-fold predictions and the final model, in one call."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, cast

import numpy as np
import pandas as pd

from topoquant.lib.models import Model
from topoquant.lib.progress import Progress, silent
from topoquant.lib.sampling.samples import KEY, Samples
from topoquant.lib.training.checking import Positions, check_folds, check_targets
from topoquant.lib.training.checkpoints import FIT, clear, fingerprint, read_fit, write_fit
from topoquant.lib.training.exporting import load_fit, model_files, model_hash
from topoquant.lib.training.fitting import Fit, FitRecord, count_parameters, fit
from topoquant.lib.training.options import FitOptions, SelectionOptions
from topoquant.lib.training.predicting import predict


@dataclass(frozen=True)
class FoldedFit:
    """What `fit_folds` returns.

    Attributes
    ----------
    predictions : DataFrame
        `symbol`, `time`, `t1`, `target_id`, `set`, `fold`, per head `p_`, `logit_` or `value_`,
        and `model_hash` of the model that predicted the row; train rows out of fold, val and test
        rows from the final fit. One row per sample, in their order.
    final : Fit
        Fitted on all train rows.
    record : dict
        `model`, `n_parameters`, `fit_seconds` (all fits), `n_epochs` and `best_epoch` (final fit),
        `n_train_rows`, `n_features` (that reach the final fit), `model_hash` (final fit), `gap` (of the
        final fit's kept epoch: `train_loss`, `val_loss` and their difference), `scores` (per head, out of
        fold and on val rows, see `score_predictions`) and `history` (rows with `fold`, "final" or the
        number of the fold).
    """

    predictions: pd.DataFrame
    final: Fit
    record: dict[str, Any]


def fit_folds(
    model: Model,
    samples: Samples,
    folds: Sequence[tuple[Positions, Positions]],
    options: FitOptions | None,
    *,
    seed: int,
    progress: Progress = silent,
    selection: SelectionOptions | None = None,
    checkpoints: Path | None = None,
) -> FoldedFit:
    """Predict each fold's held-out rows by a model that never saw them; then fit on all train rows.

    Parameters
    ----------
    model : torch.nn.Module or RowModel
        From `build_model`, unfitted; left as it is. Every fit starts from the same seed.
    samples : Samples
        Train rows, and any val and test rows to predict.
    folds : sequence of (train positions, held-out positions)
        Positions in `samples`, purged and embargoed (`fold_rows`). Every train row is held out
        exactly once.
    options : FitOptions or None
        As in `fit`.
    seed : int
        Of everything drawn.
    progress : Progress, optional
        Told about fits, one more than there are folds.
    selection : SelectionOptions, optional
        As in `fit`: every fold chooses its own columns.
    checkpoints : Path, optional
        Folder of this member alone. Fits that had ended when a run was killed are not made again, and the
        one that had not goes on from its last epoch. When all have ended the folder is emptied.

    Returns
    -------
    FoldedFit

    Raises
    ------
    InputError
        For folds that do not hold out every train row once or that fit on a row they hold out or
        that is no train row, a train or val row without a target, and as in `fit`.

    Examples
    --------
    >>> from topoquant.lib.models import Head, MajorityOptions, build_model
    >>> from topoquant.lib.sampling.arrays import samples_from_arrays
    >>> time = np.arange("2024-01-01", "2024-01-07", dtype="datetime64[D]")
    >>> samples = samples_from_arrays(
    ...     time=time, t1=time, targets={"label": [0, 1, 0, 0, 0, 1]}, fold=[0, 0, 0, 1, 1, 1]
    ... )
    >>> model = build_model(
    ...     "majority", n_channels=0, window=0, n_static=0,
    ...     heads=[Head(name="label", kind="binary")], options=MajorityOptions(),
    ... )
    >>> first, second = np.arange(3), np.arange(3, 6)
    >>> folded = fit_folds(model, samples, [(second, first), (first, second)], None, seed=0)
    >>> folded.predictions["p_label"].round(3).tolist()
    [0.333, 0.333, 0.333, 0.333, 0.333, 0.333]
    """
    started = time.perf_counter()
    is_train = (samples.rows["set"] == "train").to_numpy()
    parts, fits = [], []
    with progress(len(folds) + 1, "fits") as advance:
        for fitted, part in predict_held_out(
            model, samples, folds, options, seed=seed, selection=selection, checkpoints=checkpoints
        ):
            fits.append(fitted)
            parts.append(part)
            advance(1)
        final = _fit_or_found(
            model, samples.take(np.flatnonzero(is_train)), options, selection,
            seed=seed, checkpoints=checkpoints, held_out=None,
        )  # fmt: skip
        rest = np.flatnonzero(~is_train)
        if rest.size:
            parts.append(_predict_at(final, samples, rest))
        advance(1)
    predictions = pd.concat(parts).sort_index()
    record = _record(fits, final, seconds=time.perf_counter() - started)
    from topoquant.lib.training.scores import score_predictions  # noqa: PLC0415  (imports validity)

    record["scores"] = score_predictions(predictions, samples.targets, model.spec.heads)
    if checkpoints is not None:
        clear(checkpoints)
    return FoldedFit(predictions=predictions, final=final, record=record)


def predict_held_out(
    model: Model,
    samples: Samples,
    folds: Sequence[tuple[Positions, Positions]],
    options: FitOptions | None,
    *,
    seed: int,
    selection: SelectionOptions | None = None,
    checkpoints: Path | None = None,
) -> Iterator[tuple[Fit, pd.DataFrame]]:
    """Yield the fit of each fold and what it says of the rows that it never saw, fold by fold.

    Parameters
    ----------
    model, samples, folds, options, seed, selection, checkpoints
        As in `fit_folds`.

    Yields
    ------
    fit : Fit
        Of the fold's train rows.
    predictions : DataFrame
        Of its held-out rows, as in `FoldedFit`; the index holds their positions in `samples`.

    Raises
    ------
    InputError
        As `fit_folds`.

    Examples
    --------
    >>> from topoquant.lib.models import Head, MajorityOptions, build_model
    >>> from topoquant.lib.sampling.arrays import samples_from_arrays
    >>> time = np.arange("2024-01-01", "2024-01-05", dtype="datetime64[D]")
    >>> samples = samples_from_arrays(time=time, t1=time, targets={"label": [0, 1, 0, 1]}, fold=[0, 0, 1, 1])
    >>> model = build_model(
    ...     "majority", n_channels=0, window=0, n_static=0,
    ...     heads=[Head(name="label", kind="binary")], options=MajorityOptions(),
    ... )
    >>> folds = [(np.array([2, 3]), np.array([0, 1])), (np.array([0, 1]), np.array([2, 3]))]
    >>> for fit, part in predict_held_out(model, samples, folds, None, seed=0):
    ...     print(part.index.tolist(), part["p_label"].tolist())
    [0, 1] [0.5, 0.5]
    [2, 3] [0.5, 0.5]
    """
    check_folds((samples.rows["set"] == "train").to_numpy(), folds)
    check_targets(model, samples)
    for train, held_out in folds:
        fitted = _fit_or_found(
            model, samples.take(train), options, selection,
            seed=seed, checkpoints=checkpoints, held_out=samples.take(held_out),
        )  # fmt: skip
        yield fitted, _predict_at(fitted, samples, held_out)


def _fit_or_found(
    model: Model,
    samples: Samples,
    options: FitOptions | None,
    selection: SelectionOptions | None,
    *,
    seed: int,
    checkpoints: Path | None,
    held_out: Samples | None,
) -> Fit:
    """Return the fit a killed run had ended, or make it and keep it."""
    if checkpoints is None:
        return fit(model, samples, options, seed=seed, selection=selection, held_out=held_out)
    path = checkpoints / f"{fingerprint(model, samples, options, selection, seed)}{FIT}"
    found = read_fit(path)
    if found is None:
        fitted = fit(
            model, samples, options, seed=seed, selection=selection, checkpoints=checkpoints,
            held_out=held_out,
        )  # fmt: skip
        write_fit(path, model_files(fitted), asdict(cast(FitRecord, fitted.record)))
        return fitted
    files, record = found
    device = "cpu" if options is None else options.device
    known = FitRecord(**{**record, "history": tuple(record["history"])})
    return replace(load_fit(files), device=device, record=known)


def _predict_at(fitted: Fit, samples: Samples, positions: Positions) -> pd.DataFrame:
    """Predict the rows at `positions`; the index says where in `samples` they are."""
    part = samples.take(positions)
    keys = part.rows[[*KEY, "t1"]].assign(target_id=samples.target_id)
    keys[["set", "fold"]] = part.rows[["set", "fold"]]
    outputs = predict(fitted, part).drop(columns=KEY)
    frame = pd.concat([keys, outputs], axis=1).assign(model_hash=model_hash(model_files(fitted)))
    return frame.set_index(np.asarray(positions))


def _record(fits: list[Fit], final: Fit, *, seconds: float) -> dict[str, Any]:
    """Summarise the fits for a report, in plain numbers."""
    names: list[int | str] = [*range(len(fits)), "final"]
    records = [fitted.record for fitted in (*fits, final) if fitted.record is not None]
    last = records[-1]
    spec = final.model.spec
    pretrained = [
        {"fold": name, **record.pretraining}
        for name, record in zip(names, records, strict=True)
        if record.pretraining is not None
    ]
    told = {"pretraining": pretrained} if pretrained else {}
    return {
        "model": spec.name,
        "n_parameters": count_parameters(final.model),
        "fit_seconds": seconds,
        "n_epochs": len(last.history),
        "best_epoch": last.best_epoch,
        "n_train_rows": last.n_rows,
        "n_features": spec.n_channels + spec.n_static,
        "model_hash": model_hash(model_files(final)),
        "gap": _gap(last),
        "history": [
            {"fold": name, **row}
            for name, record in zip(names, records, strict=True)
            for row in record.history
        ],
        **told,
    }


def _gap(record: FitRecord) -> dict[str, float | None]:
    """Return train and validation loss of the epoch that was kept, and how far they are apart."""
    if not record.history or not record.best_epoch:
        return {}
    row: dict[str, Any] = record.history[record.best_epoch - 1]
    train, val = row["train_loss"], row["val_loss"]
    return {"train_loss": train, "val_loss": val, "gap": None if train is None else val - train}
