"""What Lightning needs to know of a fit: the loss of a batch, the optimiser and its steps."""

import math
from contextlib import AbstractContextManager, nullcontext
from typing import Any, cast

import lightning
import torch
from torch import Tensor, nn

from topoquant.lib.training.batches import Batch, Batches
from topoquant.lib.training.divergence import Divergence
from topoquant.lib.training.head_weights import weigh_heads
from topoquant.lib.training.objective import combined_loss
from topoquant.lib.training.options import FitOptions
from topoquant.lib.training.schedule import Schedule
from topoquant.lib.training.tail_scores import TailScores


class HeadsTask(lightning.LightningModule):
    """The model, its loss and its steps.

    Parameters
    ----------
    model : torch.nn.Module
        To fit.
    options : FitOptions
        Of the loop.
    scales : dict of str to float
        Of the targets, as `Units` has them.
    shifts : dict of str to float
        Added to the logits of a head to undo what the sampler did to its base rate.
    schedule : Schedule
        Of the steps.
    divergence : Divergence
        Told about steps that cannot be made.
    """

    def __init__(
        self,
        model: nn.Module,
        options: FitOptions,
        scales: dict[str, float],
        shifts: dict[str, float],
        schedule: Schedule,
        divergence: Divergence,
    ) -> None:
        super().__init__()
        self.model = model
        self.options = options
        self.scales = scales
        self.shifts = shifts
        self.schedule = schedule
        self.divergence = divergence
        self.heads = cast(Any, model).spec.heads
        self.head_weights = weigh_heads(self.heads, options.head_weights)
        self.totals = {"train": torch.zeros(2), "val": torch.zeros(2)}
        self.tail = TailScores(self.heads, scales)
        self.norms: list[float] = []
        self.since_step: list[tuple[Tensor, Tensor]] = []
        # Added up when the epoch ends: that takes as long as a small model's step.
        self.made: list[tuple[Tensor, Tensor]] = []
        self.n_left = 0
        # A step of a small model takes a fraction of the time that Lightning takes around it. It is handed
        # a whole epoch at once, and the steps are made here.
        self.automatic_optimization = False
        self.parameters_list = list(model.parameters())
        self.scaler: Any = None

    def on_fit_start(self) -> None:
        """Find what keeps gradients of 16 bits above 0, a GradScaler; None elsewhere."""
        self.scaler = getattr(self.trainer.precision_plugin, "scaler", None)

    def training_step(self, batch: Batch | Batches, batch_idx: int) -> None:  # noqa: ARG002  (Lightning's name)
        """Learn from one batch, or from all of a pass."""
        for one in (batch,) if isinstance(batch, Batch) else batch:
            self._learn(one)

    def validation_step(self, batch: Batch | Batches, batch_idx: int) -> None:  # noqa: ARG002  (Lightning's name)
        """Add up the loss of a batch of the tail, or of all of it."""
        for one in (batch,) if isinstance(batch, Batch) else batch:
            outputs = self.model(one.inputs)
            for name, shift in self.shifts.items():
                outputs[name] = outputs[name] + shift
            self._count("val", self._loss(outputs, one), one.weights.sum())
            self.tail.add(outputs, one.targets)

    def configure_optimizers(self) -> torch.optim.Optimizer:
        """Return AdamW with decay on every parameter (Loshchilov and Hutter, 2019)."""
        # A fused optimiser unscales gradients itself, after they were clipped.
        fused = self.options.precision == "32-true"
        rate, decay = self.options.learning_rate, self.options.weight_decay
        return torch.optim.AdamW(self.parameters(), lr=rate, weight_decay=decay, fused=fused)

    def start_epoch(self, n_batches: int) -> None:
        """Say how many batches make an epoch: its last step is made, however many they are."""
        self.n_left = n_batches

    def mean_loss(self, part: str) -> float | None:
        """Return the mean loss since the last call, rows weighted, and start over; None where it had none."""
        if self.made:
            losses, weights = (torch.stack(one) for one in zip(*self.made, strict=True))
            self._count("train", (losses * weights).sum() / weights.sum(), weights.sum())
            self.made = []
        loss, weight = self.totals[part].tolist()
        self.totals[part] = torch.zeros(2)
        return float(loss / weight) if weight else None

    def mean_norm(self) -> float | None:
        """Return the mean norm of the gradient before clipping since the last call, and start over."""
        norms, self.norms = self.norms, []
        return math.fsum(norms) / len(norms) if norms else None

    def _learn(self, batch: Batch) -> None:
        """Add the gradient of a batch, and make a step when there are enough."""
        loss = self._loss(self.model(batch.inputs), batch)
        self.since_step.append((loss.detach(), batch.weights.sum()))
        with self._in_full_precision():
            share = loss / self.options.accumulate if self.options.accumulate > 1 else loss
            if self.options.n_devices > 1:
                self.manual_backward(share)
            else:
                (share if self.scaler is None else self.scaler.scale(share)).backward()
            self.n_left -= 1
            if self.n_left == 0 or len(self.since_step) == self.options.accumulate:
                self._step(self.trainer.optimizers[0])

    def _step(self, optimizer: torch.optim.Optimizer) -> None:
        """Clip and set the rate; drop a step whose loss or gradient is not finite."""
        scaler = self.scaler
        if scaler is not None:
            scaler.unscale_(optimizer)
        norm = nn.utils.get_total_norm([one.grad for one in self.parameters_list if one.grad is not None])
        made, self.since_step = self.since_step, []
        if self._is_finite(norm, made):
            rate = self.schedule.next_rate()
            for group in optimizer.param_groups:
                group["lr"] = rate
            self.made += made
            self._clip(norm)
            optimizer.step() if scaler is None else scaler.step(optimizer)
        else:
            self.divergence.drop_step(self, optimizer)
        if scaler is not None:
            scaler.update()
        optimizer.zero_grad()
        if self.options.precision != "32-true":
            # Autocast keeps weights in 16 bits until it ends, and these have just changed.
            torch.clear_autocast_cache()

    def _clip(self, norm: Tensor) -> None:
        """Clip the gradient, and note its norm; the scaler drops one that overflows by itself."""
        size, largest = float(norm), self.options.clip_norm
        if math.isfinite(size):
            self.norms.append(size)
        # Most steps need none, and are spared a pass over the gradient.
        if size > largest:
            nn.utils.clip_grads_with_norm_(self.parameters_list, largest, norm)

    def _in_full_precision(self) -> AbstractContextManager[object]:
        """Leave autocast, which is for the forward pass alone."""
        if self.options.precision == "32-true":
            return nullcontext()
        return torch.autocast(self.options.device, enabled=False)

    def _is_finite(self, norm: Tensor, made: list[tuple[Tensor, Tensor]]) -> bool:
        """Return whether a step may be made, on every process alike."""
        total = sum((loss for loss, _ in made[1:]), made[0][0])
        # A gradient too large for 16 bits alone is met by the scaler, which drops the step itself.
        finite = math.isfinite(total if self.scaler is not None else total + norm)
        if self.options.n_devices == 1:
            return finite
        return self.trainer.strategy.reduce_boolean_decision(finite, all=True)

    def _count(self, part: str, loss: Tensor, weight: Tensor) -> None:
        """Add a batch's loss to the epoch's total without waiting for the device."""
        self.totals[part] = self.totals[part].to(loss.device) + torch.stack([loss * weight, weight])

    def _loss(self, outputs: dict[str, Tensor], batch: Batch) -> Tensor:
        """Return a batch's loss."""
        return combined_loss(
            outputs,
            batch.targets,
            batch.weights,
            heads=self.heads,
            head_weights=self.head_weights,
            scales=self.scales,
            options=self.options.loss,
        )
