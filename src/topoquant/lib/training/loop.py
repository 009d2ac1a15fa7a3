"""The one Lightning loop that fits every torch model."""

import copy
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import lightning
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from topoquant.lib.progress import Progress, silent
from topoquant.lib.sampling.halves import purged_tail
from topoquant.lib.sampling.samples import Samples
from topoquant.lib.training.batches import Batches, Inputs, WholePass
from topoquant.lib.training.divergence import Divergence
from topoquant.lib.training.epoch_checkpoint import EpochCheckpoint
from topoquant.lib.training.keeper import Keeper
from topoquant.lib.training.options import BalancedOptions, FitOptions
from topoquant.lib.training.row_order import order_rows, sampled_rates
from topoquant.lib.training.schedule import Schedule
from topoquant.lib.training.targets import Units, measure_units, target_tensors
from topoquant.lib.training.task import HeadsTask
from topoquant.lib.training.torch_settings import (
    check_device,
    quiet_lightning,
    tensors_in_files,
    torch_settings,
)
from topoquant.lib.validity import correct_prior

Rows = NDArray[np.integer[Any]]


@dataclass(frozen=True)
class LoopResult:
    """A fitted model (on the CPU, in evaluation mode) and its epochs."""

    model: nn.Module
    history: tuple[dict[str, Any], ...]
    best_epoch: int


def run_loop(
    model: nn.Module,
    samples: Samples,
    options: FitOptions,
    *,
    seed: int,
    progress: Progress = silent,
    checkpoint: Path | None = None,
    start: Mapping[str, Tensor] | None = None,
    channel_units: tuple[float, float] = (0.0, 1.0),
) -> LoopResult:
    """Fit a fresh copy of `model`, stopping early on the purged tail of the given rows.

    Parameters
    ----------
    model : torch.nn.Module
        From `build_model`; left as it is. Its copy is initialised anew from `seed`.
    samples : Samples
        Rows to fit on, preprocessed, with finite targets.
    options : FitOptions
        Sizes of the loop.
    seed : int
        Of initial weights, dropout and the order of rows. Same seed, same bits on a CPU.
    progress : Progress, optional
        Told about epochs.
    checkpoint : Path, optional
        File that holds the state after every epoch. Where it is there, the fit goes on from it and
        ends with the bits it would have had without the pause; when the fit ends it is removed.
    start : mapping of str to Tensor, optional
        Weights to start from instead of drawn ones, by their names in the model; of any part of it.
    channel_units : tuple of float, optional
        Centre and scale that the first channel was brought to, for heads that forecast it in each window's
        own scale: their targets are measured in the same. Absent, it is as it came.

    Returns
    -------
    LoopResult
        With the weights of the epoch of least validation loss.

    Raises
    ------
    InputError
        For more steps without a finite loss than `max_skipped`, or "cuda" where there is none.

    Examples
    --------
    >>> import numpy as np
    >>> from topoquant.lib.models import Head, TCNOptions, build_model
    >>> from topoquant.lib.sampling.arrays import samples_from_arrays
    >>> end = np.arange(4, 84)
    >>> time = np.datetime64("2024-01-01", "ns") + end * np.timedelta64(15, "m")
    >>> samples = samples_from_arrays(
    ...     time=time, t1=time + np.timedelta64(15, "m"), end=end, window=4, targets={"label": end // 10 % 2},
    ...     sequence=np.random.default_rng(0).normal(size=(84, 2)),
    ... )
    >>> model = build_model(
    ...     "tcn", n_channels=2, window=4, n_static=0, heads=[Head(name="label", kind="binary")],
    ...     options=TCNOptions(n_filters=4, kernel=2, dilations=(1,), dropout=0.0),
    ... )
    >>> options = FitOptions(
    ...     n_epochs=2, batch_size=32, learning_rate=0.01, weight_decay=0.0, patience=2,
    ...     validation_fraction=0.3, clip_norm=1.0, head_weights={"label": 1.0}, scale="standard", clip=8.0,
    ...     device="cpu", precision="32-true", n_threads=1,
    ... )
    >>> result = run_loop(model, samples, options, seed=0)
    >>> len(result.history), result.best_epoch in (1, 2), result.model.training
    (2, True, False)
    """
    check_device(options)
    heads = cast(Any, model).spec.heads
    fit_rows, tail_rows = purged_tail(samples, options.validation_fraction)
    units = measure_units(heads, samples, fit_rows)
    for name in getattr(cast(Any, model).heads, "turned_back", ()):
        units.means[name], units.scales[name] = channel_units
    shifts = _prior_shifts(heads, samples, fit_rows, options)
    with (
        progress(options.n_epochs, "epochs") as advance,
        torch_settings(options, seed),
        _store(checkpoint, options) as store,
    ):
        fresh = fresh_copy(model)
        fresh.load_state_dict(fresh.state_dict() | dict(start or {}))
        cast(Any, fresh).heads.set_priors(units.starts(heads))
        train, tail = _loaders(fresh, samples, options, units, (fit_rows, tail_rows), seed)
        divergence = Divergence(options, len(fit_rows), copy.deepcopy(fresh.state_dict()))
        keeper = Keeper(options, train, divergence, _reporter(advance, options), seed=seed, checkpoint=store)
        keeper.find()
        advance(len(keeper.history))
        if not keeper.is_done:
            schedule = Schedule(options, steps_per_epoch=-(-len(train) // options.accumulate))
            task = HeadsTask(fresh, options, units.scales, shifts, schedule, divergence)
            run_epochs(task, keeper, train, tail)
        advance(options.n_epochs - len(keeper.history))
        if not keeper.best_epoch:
            raise divergence.error()
        fresh.load_state_dict(divergence.weights)
    _finish(fresh, units, shifts)
    return LoopResult(fresh.cpu().eval(), tuple(keeper.history), keeper.best_epoch)


def fresh_copy(model: nn.Module) -> nn.Module:
    """Return a copy whose parameters are drawn anew from torch's global generator.

    Every module that owns parameters has a `reset_parameters`, as torch's own layers do. A model that
    starts from published weights then puts them in their place.
    """
    fresh = copy.deepcopy(model)
    for module in fresh.modules():
        if any(True for _ in module.parameters(recurse=False)):
            cast(Any, module).reset_parameters()
    if hasattr(fresh, "start"):
        cast(Any, fresh).start()
    return fresh


def run_epochs(task: HeadsTask, keeper: Keeper, train: Batches, tail: Batches) -> None:
    """Run the epochs that are left."""
    options = task.options
    with quiet_lightning():
        trainer = lightning.Trainer(
            accelerator=options.device,
            devices=options.n_devices,
            strategy="auto" if options.n_devices == 1 else "ddp_spawn",
            precision=options.precision,
            max_epochs=options.n_epochs - len(keeper.history),
            callbacks=[keeper],
            logger=False,
            enable_checkpointing=False,
            enable_progress_bar=False,
            enable_model_summary=False,
            use_distributed_sampler=False,
            num_sanity_val_steps=0,
        )
        # Several processes meet after every batch, one alone has no need to.
        loaders = [one if options.n_devices > 1 else WholePass(one) for one in (train, tail)]
        with tensors_in_files() if options.n_devices > 1 else nullcontext():
            trainer.fit(task, *loaders)
    if options.n_devices > 1:
        # The processes that did the work are gone; what they kept is in the file.
        state = None if keeper.checkpoint is None else keeper.checkpoint.read()
        keeper.take_over(cast(dict[str, Any], state))


@contextmanager
def _store(path: Path | None, options: FitOptions) -> Iterator[EpochCheckpoint | None]:
    """Return where epochs are kept; the file is removed when the fit ends well, and not when it fails."""
    if path is None and options.n_devices == 1:
        yield None
        return
    with tempfile.TemporaryDirectory() as folder:
        store = EpochCheckpoint(path or Path(folder) / "epoch")
        yield store
        store.remove()


def _reporter(advance: Callable[[int], None], options: FitOptions) -> Callable[[int], None]:
    """Return what hears of epochs: other processes have nobody to tell."""
    return advance if options.n_devices == 1 else _ignore


def _ignore(n_epochs: int) -> None:
    """Tell nobody."""


def _prior_shifts(
    heads: Any,  # noqa: ANN401  (a tuple of Head)
    samples: Samples,
    rows: Rows,
    options: FitOptions,
) -> dict[str, float]:
    """Return what undoes the sampler's base rate, per head it moved."""
    if not isinstance(options.sampler, BalancedOptions):
        return {}
    name, as_drawn, true = sampled_rates(rows, heads, samples, options.sampler)
    return {name: float(correct_prior(0.0, sampled_rate=as_drawn, true_rate=true))}


def _finish(model: nn.Module, units: Units, shifts: dict[str, float]) -> None:
    """Put units and the correction of the prior into the weights of the heads."""
    heads: Any = cast(Any, model).heads
    for head in cast(Any, model).spec.heads:
        if head.kind == "value":
            heads.rescale(head.name, scale=units.scales[head.name], shift=units.means[head.name])
        elif head.name in shifts:
            heads.rescale(head.name, scale=1.0, shift=shifts[head.name])


def _loaders(
    model: nn.Module,
    samples: Samples,
    options: FitOptions,
    units: Units,
    rows: tuple[Rows, Rows],
    seed: int,
) -> tuple[Batches, Batches]:
    """Return the shuffled train batches and the tail's, over shared tensors on the device."""
    heads = cast(Any, model).spec.heads
    # Tensors of a GPU stay with their process: several processes move batches there themselves.
    device = options.device if options.n_devices == 1 else "cpu"
    inputs = Inputs(samples, cast(Any, model).needs, device)
    targets = target_tensors(heads, samples, units, device)
    weights: Tensor = torch.from_numpy(samples.weights.astype(np.float32)).to(device)
    order = order_rows(rows[0], heads, samples, options.sampler)
    size = options.batch_size
    train = Batches(inputs, targets, weights, rows=rows[0], batch_size=size, seed=seed, order=order)
    return train, Batches(inputs, targets, weights, rows=rows[1], batch_size=size)
