"""What is kept of a fit from epoch to epoch: best weights, history, and a checkpoint to go on from."""

import math
from collections.abc import Callable
from typing import Any, cast

import lightning
import torch

from topoquant.lib.training.batches import Batches
from topoquant.lib.training.divergence import Divergence
from topoquant.lib.training.epoch_checkpoint import EpochCheckpoint
from topoquant.lib.training.options import FitOptions
from topoquant.lib.training.task import HeadsTask


class Keeper(lightning.Callback):
    """Record epochs, stop when patience ends, and write what the next process needs to go on.

    Parameters
    ----------
    options : FitOptions
        Of the loop.
    train : Batches
        Whose order goes on.
    divergence : Divergence
        Which is told the best weights.
    advance : callable
        Told about every epoch.
    seed : int
        Of the fit.
    checkpoint : EpochCheckpoint or None
        Where the state goes after every epoch; None keeps it in memory alone.
    """

    def __init__(
        self,
        options: FitOptions,
        train: Batches,
        divergence: Divergence,
        advance: Callable[[int], None],
        *,
        seed: int,
        checkpoint: EpochCheckpoint | None,
    ) -> None:
        self.options = options
        self.train = train
        self.divergence = divergence
        self.advance = advance
        self.seed = seed
        self.checkpoint = checkpoint
        self.history: list[dict[str, Any]] = []
        self.best_epoch = 0
        self.best_loss = math.inf
        self.found: dict[str, Any] | None = None

    @property
    def is_done(self) -> bool:
        """Whether there is no epoch left to run."""
        n_epochs = len(self.history)
        waited = bool(n_epochs) and n_epochs - self.best_epoch >= self.options.patience
        return waited or n_epochs >= self.options.n_epochs

    def find(self) -> None:
        """Read what a process that was killed had reached, if anything."""
        self.found = None if self.checkpoint is None else self.checkpoint.read()
        if self.found is not None:
            self.take_over(self.found)

    def take_over(self, state: dict[str, Any]) -> None:
        """Make a state's results one's own."""
        self.history = list(state["history"])
        self.best_epoch, self.best_loss = state["best_epoch"], state["best_loss"]
        self.divergence.weights = state["best_weights"]
        self.divergence.n_skipped = self.divergence.n_noted = state["n_skipped"]

    def on_fit_start(self, trainer: lightning.Trainer, pl_module: lightning.LightningModule) -> None:  # noqa: ARG002
        """Take this process's share of the rows."""
        if trainer.world_size > 1:
            torch.set_num_threads(self.options.n_threads)
            self.train.share = (trainer.global_rank, trainer.world_size)

    def on_train_start(self, trainer: lightning.Trainer, pl_module: lightning.LightningModule) -> None:
        """Go on from the state that was found."""
        if self.found is None:
            return
        task, state = cast(HeadsTask, pl_module), self.found
        task.model.load_state_dict(state["model"])
        trainer.optimizers[0].load_state_dict(state["optimizer"])
        trainer.precision_plugin.load_state_dict(state["precision"])
        task.schedule.restore(state["schedule"])
        self.train.restore(state["batches"])
        torch.set_rng_state(state["random"])
        if state["cuda_random"] is not None:
            torch.cuda.set_rng_state(state["cuda_random"])
        self.found = None

    def on_train_epoch_start(self, trainer: lightning.Trainer, pl_module: lightning.LightningModule) -> None:
        """Count the epoch's batches; let every process of several draw its own dropout."""
        cast(HeadsTask, pl_module).start_epoch(len(self.train))
        if trainer.world_size > 1:
            torch.manual_seed(hash((self.seed, len(self.history), trainer.global_rank)))

    def on_train_epoch_end(self, trainer: lightning.Trainer, pl_module: lightning.LightningModule) -> None:
        """Record the epoch; Lightning has run the tail's batches by now."""
        task = cast(HeadsTask, pl_module)
        # Of several processes the first decides, so that all stop together.
        row = trainer.strategy.broadcast(self._row(trainer, task))
        self.history.append(row)
        if row["val_loss"] is None:
            self.divergence.drop_step(task, trainer.optimizers[0])
        elif row["val_loss"] < self.best_loss:
            self.best_loss, self.best_epoch = row["val_loss"], row["epoch"]
            self.divergence.weights = {
                k: v.detach().cpu().clone() for k, v in task.model.state_dict().items()
            }
        task.schedule.end_epoch(math.inf if row["val_loss"] is None else row["val_loss"])
        trainer.should_stop = self.is_done
        if self.checkpoint is not None and trainer.is_global_zero:
            self.checkpoint.write(self._state(trainer, task))
        self.advance(1)

    def _row(self, trainer: lightning.Trainer, task: HeadsTask) -> dict[str, Any]:
        """Return the epoch's line of the history."""
        return {
            "epoch": len(self.history) + 1,
            "train_loss": task.mean_loss("train"),
            "val_loss": task.mean_loss("val"),
            "learning_rate": trainer.optimizers[0].param_groups[0]["lr"],
            "gradient_norm": task.mean_norm(),
            "n_skipped": self.divergence.since_last(),
            **task.tail.finish(),
        }

    def _state(self, trainer: lightning.Trainer, task: HeadsTask) -> dict[str, Any]:
        """Return everything the next epoch depends on, and what has been kept."""
        on_cuda = self.options.device == "cuda"
        return {
            "history": self.history,
            "best_epoch": self.best_epoch,
            "best_loss": self.best_loss,
            "best_weights": self.divergence.weights,
            "n_skipped": self.divergence.n_skipped,
            "model": task.model.state_dict(),
            "optimizer": trainer.optimizers[0].state_dict(),
            "precision": trainer.precision_plugin.state_dict(),
            "schedule": task.schedule.state(),
            "batches": self.train.state(),
            "random": torch.get_rng_state(),
            "cuda_random": torch.cuda.get_rng_state() if on_cuda else None,
        }
