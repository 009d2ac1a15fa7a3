"""What happens to a step that cannot be made: it is dropped and counted, and the best weights come back."""

from typing import Any, cast

import lightning
import torch
from torch import Tensor

from topoquant.lib.errors import InputError, bad_input
from topoquant.lib.training.options import FitOptions


class Divergence:
    """The best weights so far, and how many steps were dropped.

    Parameters
    ----------
    options : FitOptions
        `max_skipped` says how many steps may be dropped.
    n_rows : int
        Rows of the fit, for the message.
    weights : dict of str to Tensor
        What the fit starts from: the best there is until an epoch has ended.
    """

    def __init__(self, options: FitOptions, n_rows: int, weights: dict[str, Tensor]) -> None:
        self.options = options
        self.n_rows = n_rows
        self.weights = weights
        self.n_skipped = 0
        self.n_noted = 0

    def drop_step(self, task: lightning.LightningModule, optimizer: torch.optim.Optimizer) -> None:
        """Leave the optimiser nothing to do, and go back to the best weights.

        Raises
        ------
        InputError
            When more steps are dropped than may be.
        """
        self.n_skipped += 1
        if self.n_skipped > self.options.max_skipped:
            raise self.error()
        cast(Any, task).model.load_state_dict(self.weights)
        # Running moments of the steps that led here would lead here again.
        optimizer.state.clear()
        for parameter in task.parameters():
            parameter.grad = None

    def since_last(self) -> int:
        """Return how many steps were dropped since the last call."""
        n_new, self.n_noted = self.n_skipped - self.n_noted, self.n_skipped
        return n_new

    def error(self) -> InputError:
        """Return what to tell whoever asked for this fit; inputs are finite by now, so it is the steps."""
        options = self.options
        cause = "steps this large most likely diverge: lower learning_rate by 10 or lower clip_norm"
        if options.precision == "16-mixed":
            cause = f"numbers above 65504 overflow in fp16: choose bf16-mixed, or {cause}"
        return bad_input(
            "loss", f"finite but for {options.max_skipped} steps (max_skipped)",
            f"{self.n_skipped} that were not, in a fit on {self.n_rows} rows with learning_rate "
            f"{options.learning_rate} and clip_norm {options.clip_norm}",
            cause,
        )  # fmt: skip
