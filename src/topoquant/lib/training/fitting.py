"""One fit of any model."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from topoquant.lib.errors import bad_input
from topoquant.lib.models import MODELS, Model, RowModel, build_model
from topoquant.lib.progress import Progress, silent
from topoquant.lib.sampling.samples import Samples
from topoquant.lib.training.checking import check_features, check_rows, check_shape
from topoquant.lib.training.checkpoints import EPOCH, fingerprint
from topoquant.lib.training.head_weights import weigh_heads
from topoquant.lib.training.options import FitOptions, SelectionOptions
from topoquant.lib.training.preprocessing import Preprocessing
from topoquant.lib.training.selection import Selection


@dataclass(frozen=True)
class FitRecord:
    """How a fit went.

    Attributes
    ----------
    n_rows : int
        Rows given, the tail for early stopping included.
    history : tuple of dict
        Per epoch (per tree for boosters, of the first head): `epoch` from 1, `train_loss`,
        `val_loss`, `learning_rate`; of the loop also `gradient_norm` (mean before clipping),
        `n_skipped` (steps dropped) and a score per head on the tail: `val_auc_<head>`,
        `val_accuracy_<head>` or `val_rmse_<head>`. Empty for models without rounds.
    best_epoch : int
        The epoch whose weights were kept; 0 without rounds.
    seconds : float
        Wall clock.
    pretraining : dict or None
        Of a fit that began with one: its `history`, `best_epoch` and `probe` (see
        `pretrain_and_probe`).
    """

    n_rows: int
    history: tuple[dict[str, Any], ...]
    best_epoch: int
    seconds: float
    pretraining: dict[str, Any] | None = None


@dataclass(frozen=True)
class Fit:
    """A fitted model and all that is needed to predict with it.

    Attributes
    ----------
    model : torch.nn.Module or RowModel
        Fitted; `model.spec` says what it was built from.
    preprocessing : Preprocessing or None
        Of the inputs; None for models that scale for themselves.
    target_id : str
        What it was fitted to.
    channel_names, static_names : tuple of str
        The columns it reads, in order.
    device : str
        Where it predicts.
    record : FitRecord or None
        How the fit went; None for a fit that was loaded.
    selection : Selection or None
        Which of those columns reach the model; None when all do.
    """

    model: Any
    preprocessing: Preprocessing | None
    target_id: str
    channel_names: tuple[str, ...]
    static_names: tuple[str, ...]
    device: str
    record: FitRecord | None
    selection: Selection | None = None


def fit(
    model: Model,
    samples: Samples,
    options: FitOptions | None,
    *,
    seed: int,
    progress: Progress = silent,
    selection: SelectionOptions | None = None,
    checkpoints: Path | None = None,
    held_out: Samples | None = None,
) -> Fit:
    """Fit a fresh copy of a model on every row of `samples`.

    Parameters
    ----------
    model : torch.nn.Module or RowModel
        From `build_model` for all columns of the samples, unfitted; left as it is.
    samples : Samples
        Rows to fit on; selection, scaling and early stopping see these rows alone. A row contributes its
        window (bars up to `end`), its static features, its targets and its weight.
    options : FitOptions or None
        Of the Lightning loop for torch models; None for the others, whose options came with
        `build_model`.
    seed : int
        Of everything drawn. Same seed, same bits on a CPU.
    progress : Progress, optional
        Told about epochs (torch models).
    selection : SelectionOptions, optional
        How columns are chosen on these rows; the model is then built anew for those that stay.
        Absent, all stay.
    checkpoints : Path, optional
        Folder for the state of the loop after every epoch (torch models). A fit of the same model, samples,
        options and seed that was killed is continued, and ends with the same bits; when a fit ends its
        state is removed. Absent, nothing is written.
    held_out : Samples, optional
        Rows with targets that the frozen encoder of a pre-training is scored on; nothing is learnt from
        them.

    Returns
    -------
    Fit

    Raises
    ------
    InputError
        For test rows, targets or features that are not finite, targets outside what their head
        can mean, a binary target of one class, options that do not belong to the model, or more
        steps without a finite loss than `max_skipped`.

    Examples
    --------
    >>> import numpy as np
    >>> from topoquant.lib.models import Head, MajorityOptions, build_model
    >>> from topoquant.lib.sampling.arrays import samples_from_arrays
    >>> time = np.arange("2024-01-01", "2024-01-05", dtype="datetime64[D]")
    >>> samples = samples_from_arrays(time=time, t1=time, targets={"label": [0, 0, 0, 1]})
    >>> heads = [Head(name="label", kind="binary")]
    >>> model = build_model(
    ...     "majority", n_channels=0, window=0, n_static=0, heads=heads, options=MajorityOptions()
    ... )
    >>> fit(model, samples, None, seed=0).model.means
    {'label': 0.25}
    """
    started = time.perf_counter()
    check_shape(model, samples)
    check_rows(model.spec.heads, samples)
    check_features(samples)
    is_torch = MODELS[model.spec.name].is_torch
    state = None
    if checkpoints is not None and is_torch:
        state = checkpoints / f"{fingerprint(model, samples, options, selection, seed)}{EPOCH}"
    columns = (samples.channel_names, samples.static_names)
    selected = None if selection is None else Selection.fit(samples, model.spec.heads, selection, seed=seed)
    if selected is not None:
        samples = selected.apply(samples)
        held_out = None if held_out is None else selected.apply(held_out)
        model = _built_for(samples, model)
    if is_torch:
        options = _loop_options(model, options)
        found = _fit_network(
            model, samples, options, held_out, seed=seed, progress=progress, checkpoint=state
        )
    else:
        found = _fit_rows(model, samples, options, seed=seed)
    return Fit(
        model=found.model,
        preprocessing=found.preprocessing,
        target_id=samples.target_id,
        channel_names=columns[0],
        static_names=columns[1],
        device="cpu" if options is None else options.device,
        selection=selected,
        record=FitRecord(
            n_rows=len(samples),
            history=found.history,
            best_epoch=found.best_epoch,
            seconds=time.perf_counter() - started,
            pretraining=found.pretraining,
        ),
    )


@dataclass(frozen=True)
class _Found:
    """What a model's own way of fitting gives, of any kind of model."""

    model: Any
    history: tuple[dict[str, Any], ...]
    best_epoch: int
    preprocessing: Preprocessing | None = None
    pretraining: dict[str, Any] | None = None


def _fit_network(
    model: Model, samples: Samples, options: FitOptions, held_out: Samples | None, *, seed: int,
    progress: Progress, checkpoint: Path | None,
) -> _Found:  # fmt: skip
    """Scale the inputs, pre-train where the options say so, and run the loop."""
    from topoquant.lib.training.loop import run_loop  # noqa: PLC0415  (imports torch)

    preprocessing = Preprocessing.fit(samples, method=options.scale, clip=options.clip)
    scaled = preprocessing.apply(samples)
    held_out = None if held_out is None else preprocessing.apply(held_out)
    start, pretraining = _pretrain(model, scaled, options, held_out, seed=seed, progress=progress)
    result = run_loop(
        cast(Any, model), scaled, options, seed=seed, progress=progress, checkpoint=checkpoint, start=start,
        channel_units=preprocessing.first_channel,
    )  # fmt: skip
    return _Found(result.model, result.history, result.best_epoch, preprocessing, pretraining)


def _fit_rows(model: Model, samples: Samples, options: FitOptions | None, *, seed: int) -> _Found:
    """Let a model that is no network fit itself."""
    if options is not None:
        raise bad_input(
            f"fit options of {model.spec.name}", "none", "FitOptions", "give its numbers to build_model"
        )
    fitted = cast(RowModel, model).fit(samples, seed=seed)
    return _Found(fitted, fitted.history, fitted.best_epoch)


def count_parameters(model: Model) -> int | None:
    """Return how many numbers a model fits.

    Parameters
    ----------
    model : torch.nn.Module or RowModel
        From `build_model`, fitted or not.

    Returns
    -------
    int or None
        None for trees.

    Examples
    --------
    >>> from topoquant.lib.models import Head, LogisticOptions, build_model
    >>> model = build_model(
    ...     "logistic", n_channels=0, window=0, n_static=3, heads=[Head(name="label", kind="binary")],
    ...     options=LogisticOptions(l2=1.0, n_iterations=10),
    ... )
    >>> count_parameters(model)
    4
    """
    if MODELS[model.spec.name].is_torch:
        return sum(parameter.numel() for parameter in cast(Any, model).parameters())
    return cast(RowModel, model).n_parameters


def _loop_options(model: Model, options: FitOptions | None) -> FitOptions:
    """Refuse a torch model without options, or with weights for other heads."""
    name = model.spec.name
    if options is None:
        raise bad_input(f"fit options of {name}", "FitOptions", None, "give the numbers of its loop")
    weigh_heads(model.spec.heads, options.head_weights)
    return options


def _pretrain(
    model: Model, scaled: Samples, options: FitOptions, held_out: Samples | None, *, seed: int,
    progress: Progress,
) -> tuple[Mapping[str, Any] | None, dict[str, Any] | None]:  # fmt: skip
    """Return the weights a fit starts from and how they were found; None and None without pre-training."""
    if options.pretraining is None:
        return None, None
    from topoquant.lib.training.probing import pretrain_and_probe  # noqa: PLC0415  (imports torch)

    return pretrain_and_probe(
        cast(Any, model), scaled, options, held_out=held_out, seed=seed, progress=progress
    )


def _built_for(samples: Samples, model: Model) -> Model:
    """Return the same model for the columns these samples have."""
    spec = model.spec
    return build_model(
        spec.name,
        n_channels=samples.n_channels,
        window=spec.window,
        n_static=samples.n_static,
        heads=spec.heads,
        options=spec.options,
        n_raw=spec.n_raw,
        static_groups=samples.static_groups,
    )
