"""How large a step is, from the first to the last."""

import math
from typing import Any

from topoquant.lib.training.options import CosineOptions, FitOptions, PlateauOptions


class Schedule:
    """The learning rate of every step.

    Parameters
    ----------
    options : FitOptions
        With `schedule`, `learning_rate` and `n_epochs`.
    steps_per_epoch : int
        Steps of the optimiser.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> cosine = CosineOptions(kind="cosine", warm_up=2, final=0.0)
    >>> loop = SimpleNamespace(schedule=cosine, learning_rate=1.0, n_epochs=6)
    >>> schedule = Schedule(loop, steps_per_epoch=1)
    >>> [round(schedule.next_rate(), 3) for _ in range(6)]
    [0.5, 1.0, 1.0, 0.854, 0.5, 0.146]
    """

    def __init__(self, options: FitOptions, *, steps_per_epoch: int) -> None:
        self.options = options.schedule
        self.base = options.learning_rate
        self.steps_per_epoch = steps_per_epoch
        self.n_total = options.n_epochs * steps_per_epoch
        self.n_steps = 0
        self.factor = 1.0
        self.least = math.inf
        self.n_worse = 0

    def next_rate(self) -> float:
        """Return the rate of the next step, and count it."""
        if isinstance(self.options, CosineOptions):
            self.factor = self._cosine(self.options)
        self.n_steps += 1
        return self.base * self.factor

    def end_epoch(self, val_loss: float) -> None:
        """Lower the rate where the validation loss has stopped falling."""
        if not isinstance(self.options, PlateauOptions):
            return
        if val_loss < self.least:
            self.least, self.n_worse = val_loss, 0
            return
        self.n_worse += 1
        if self.n_worse >= self.options.patience:
            self.factor *= self.options.factor
            self.n_worse = 0

    def state(self) -> dict[str, Any]:
        """Return what the next rates depend on."""
        return {name: getattr(self, name) for name in ("n_steps", "factor", "least", "n_worse")}

    def restore(self, state: dict[str, Any]) -> None:
        """Go on as the one whose `state` this was would have."""
        for name, value in state.items():
            setattr(self, name, value)

    def _cosine(self, options: CosineOptions) -> float:
        """Return the share of the rate at a step: a line up, half a cosine down."""
        n_warm = options.warm_up * self.steps_per_epoch
        if self.n_steps < n_warm:
            return min((self.n_steps + 1) / n_warm, 1.0)
        done = (self.n_steps - n_warm) / max(self.n_total - n_warm, 1)
        return options.final + (1 - options.final) * (1 + math.cos(math.pi * min(done, 1.0))) / 2
