"""The one Lightning loop that fits every torch model."""

import copy
import logging
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, cast

import lightning
import numpy as np
import torch
from torch import Tensor, nn

from topoquant.lib.errors import bad_input
from topoquant.lib.progress import Progress, silent
from topoquant.lib.sampling.halves import purged_tail
from topoquant.lib.sampling.samples import Samples
from topoquant.lib.training.batches import Batch, Batches, Inputs
from topoquant.lib.training.losses import combined_loss
from topoquant.lib.training.options import FitOptions

# Large enough to keep a core busy, small enough for any memory; it may change the last bits of a
# prediction, which is why it is no option.
PREDICTION_BATCH = 1024
# The first is a choice, not a mistake; the second is between Lightning 2.6 and torch 2.13 alone.
IGNORED_WARNINGS = ("GPU available but not used", ".*LeafSpec.* is deprecated")
# Under both of its package names: mlflow imports the other one, whose logger then takes over.
LIGHTNING_LOGGERS = ("lightning.pytorch", "lightning.fabric", "pytorch_lightning", "lightning_fabric")


@dataclass(frozen=True)
class LoopResult:
    """A fitted model (on the CPU, in evaluation mode) and its epochs."""

    model: nn.Module
    history: tuple[dict[str, Any], ...]
    best_epoch: int


def run_loop(
    model: nn.Module, samples: Samples, options: FitOptions, *, seed: int, progress: Progress = silent
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

    Returns
    -------
    LoopResult
        With the weights of the epoch of least validation loss.

    Raises
    ------
    InputError
        For a loss that is not finite, or "cuda" where there is none.
    """
    check_device(options.device)
    fit_rows, tail_rows = purged_tail(samples, options.validation_fraction)
    means, scales = _target_moments(model, samples, fit_rows)
    with progress(options.n_epochs, "epochs") as advance, _torch_settings(options, seed):
        fresh = fresh_copy(model)
        cast(Any, fresh).heads.set_priors(means)
        train, tail = _loaders(fresh, samples, options, fit_rows, tail_rows, seed)
        task = HeadsTask(fresh, options, scales)
        keeper = BestWeights(options, len(fit_rows), advance)
        with _quiet_lightning():
            trainer = lightning.Trainer(
                accelerator=options.device,
                devices=1,
                precision=options.precision,
                max_epochs=options.n_epochs,
                gradient_clip_val=options.clip_norm,
                callbacks=[keeper],
                logger=False,
                enable_checkpointing=False,
                enable_progress_bar=False,
                enable_model_summary=False,
                num_sanity_val_steps=0,
            )
            trainer.fit(task, train_dataloaders=train, val_dataloaders=tail)
        advance(options.n_epochs - len(keeper.history))
        fresh.load_state_dict(keeper.weights)
    return LoopResult(fresh.cpu().eval(), tuple(keeper.history), keeper.best_epoch)


def predict_heads(model: nn.Module, samples: Samples, device: str) -> dict[str, np.ndarray[Any, Any]]:
    """Return per head the logit (binary) or value (fraction) of every row, in float64.

    Parameters
    ----------
    model : torch.nn.Module
        Fitted; moved to `device` and back to the CPU.
    samples : Samples
        Rows to predict, preprocessed.
    device : str
        "cpu" or "cuda".

    Returns
    -------
    dict of ndarray, shape (n,)
    """
    model = model.to(device).eval()
    inputs = Inputs(samples, cast(Any, model).needs, device)
    with torch.inference_mode():
        rows = torch.arange(len(samples), device=device)
        parts = [model(inputs.gather(rows_B)) for rows_B in rows.split(PREDICTION_BATCH)]
    model.cpu()
    return {name: torch.cat([part[name] for part in parts]).double().cpu().numpy() for name in parts[0]}


def fresh_copy(model: nn.Module) -> nn.Module:
    """Return a copy whose parameters are drawn anew from torch's global generator.

    Every module that owns parameters has a `reset_parameters`, as torch's own layers do.
    """
    fresh = copy.deepcopy(model)
    for module in fresh.modules():
        if any(True for _ in module.parameters(recurse=False)):
            cast(Any, module).reset_parameters()
    return fresh


def check_device(device: str) -> None:
    """Refuse "cuda" where there is none."""
    if device == "cuda" and not torch.cuda.is_available():
        raise bad_input(
            "device", '"cpu" on a machine without a GPU', '"cuda"', "run with --env=local or on a GPU machine"
        )


class HeadsTask(lightning.LightningModule):
    """What Lightning needs to know: the loss of a batch and the optimiser."""

    def __init__(self, model: nn.Module, options: FitOptions, scales: dict[str, float]) -> None:
        super().__init__()
        self.model = model
        self.options = options
        self.scales = scales
        self.totals = {"train": torch.zeros(2), "val": torch.zeros(2)}

    def training_step(self, batch: Batch, batch_idx: int) -> Tensor:  # noqa: ARG002  (Lightning's name)
        """Return the loss of a train batch."""
        return self._loss(batch, "train")

    def validation_step(self, batch: Batch, batch_idx: int) -> Tensor:  # noqa: ARG002  (Lightning's name)
        """Return the loss of a batch of the tail."""
        return self._loss(batch, "val")

    def configure_optimizers(self) -> torch.optim.Optimizer:
        """Return AdamW with decay on every parameter (Loshchilov and Hutter, 2019)."""
        # Lightning refuses to clip the gradients of a fused optimiser in mixed precision.
        fused = self.options.precision == "32-true"
        rate, decay = self.options.learning_rate, self.options.weight_decay
        return torch.optim.AdamW(self.parameters(), lr=rate, weight_decay=decay, fused=fused)

    def mean_loss(self, part: str) -> float:
        """Return the mean loss since the last call, rows weighted, and start over."""
        loss, weight = self.totals[part].tolist()
        self.totals[part] = torch.zeros(2)
        return float(loss / weight)

    def _loss(self, batch: Batch, part: str) -> Tensor:
        """Compute a batch's loss and add it to the epoch's total without waiting for the device."""
        outputs = self.model(batch.inputs)
        loss = combined_loss(
            outputs,
            batch.targets,
            batch.weights,
            head_weights=self.options.head_weights,
            scales=self.scales,
        )
        weight = batch.weights.sum()
        self.totals[part] = self.totals[part].to(loss.device) + torch.stack([loss.detach() * weight, weight])
        return loss


class BestWeights(lightning.Callback):
    """Keep the best epoch's weights in memory, the history of losses, and stop when patience ends."""

    def __init__(self, options: FitOptions, n_rows: int, advance: Callable[[int], None]) -> None:
        self.options = options
        self.n_rows = n_rows
        self.advance = advance
        self.history: list[dict[str, Any]] = []
        self.weights: dict[str, Tensor] = {}
        self.best_epoch = 0
        self.best_loss = float("inf")

    def on_train_epoch_end(self, trainer: lightning.Trainer, pl_module: lightning.LightningModule) -> None:
        """Record the epoch; Lightning has run the tail's batches by now."""
        task = cast(HeadsTask, pl_module)
        row = {
            "epoch": len(self.history) + 1,
            "train_loss": task.mean_loss("train"),
            "val_loss": task.mean_loss("val"),
            "learning_rate": trainer.optimizers[0].param_groups[0]["lr"],
        }
        self.history.append(row)
        self._refuse_divergence(row)
        if row["val_loss"] < self.best_loss:
            self.best_loss, self.best_epoch = row["val_loss"], row["epoch"]
            self.weights = {k: v.detach().cpu().clone() for k, v in task.model.state_dict().items()}
        trainer.should_stop = row["epoch"] - self.best_epoch >= self.options.patience
        self.advance(1)

    def _refuse_divergence(self, row: dict[str, Any]) -> None:
        """Refuse a loss that is not finite: inputs are by now, so it comes from the step size."""
        if not np.isfinite([row["train_loss"], row["val_loss"]]).all():
            raise bad_input(
                "loss", "finite",
                f"train {row['train_loss']}, validation {row['val_loss']} in epoch {row['epoch']} of a fit "
                f"on {self.n_rows} rows with learning_rate {self.options.learning_rate} and clip_norm "
                f"{self.options.clip_norm}",
                "steps this large most likely diverge: lower learning_rate by 10 or lower clip_norm",
            )  # fmt: skip


def _target_moments(
    model: nn.Module, samples: Samples, rows: np.ndarray[Any, Any]
) -> tuple[dict[str, float], dict[str, float]]:
    """Return each head's weighted mean target, and each fraction head's standard deviation."""
    means, scales = {}, {}
    for head in cast(Any, model).spec.heads:
        target = samples.targets[head.name].to_numpy()[rows]
        means[head.name] = float(np.average(target, weights=samples.weights[rows]))
        if head.kind == "fraction":
            scales[head.name] = float(target.std()) or 1.0
    return means, scales


def _loaders(
    model: nn.Module,
    samples: Samples,
    options: FitOptions,
    fit_rows: np.ndarray[Any, Any],
    tail_rows: np.ndarray[Any, Any],
    seed: int,
) -> tuple[Batches, Batches]:
    """Return the shuffled train batches and the tail's, over shared tensors on the device."""
    names = [head.name for head in cast(Any, model).spec.heads]
    inputs = Inputs(samples, cast(Any, model).needs, options.device)
    targets = {
        name: torch.from_numpy(samples.targets[name].to_numpy(np.float32, copy=True)).to(options.device)
        for name in names
    }
    weights = torch.from_numpy(samples.weights.astype(np.float32)).to(options.device)
    size = options.batch_size
    train = Batches(inputs, targets, weights, rows=fit_rows, batch_size=size, seed=seed)
    return train, Batches(inputs, targets, weights, rows=tail_rows, batch_size=size)


@contextmanager
def _torch_settings(options: FitOptions, seed: int) -> Iterator[None]:
    """Seed torch and set its threads; both are as before on leaving."""
    n_threads = torch.get_num_threads()
    torch.set_num_threads(options.n_threads)
    try:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            yield
    finally:
        torch.set_num_threads(n_threads)


@contextmanager
def _quiet_lightning() -> Iterator[None]:
    """Keep Lightning's hints off the console; its warnings stay, but for two nobody can act on."""
    loggers = [logging.getLogger(name) for name in LIGHTNING_LOGGERS]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.WARNING)
    try:
        with warnings.catch_warnings():
            for message in IGNORED_WARNINGS:
                warnings.filterwarnings("ignore", message=message)
            yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
