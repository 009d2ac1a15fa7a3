"""How well each head does on the tail that early stopping watches, epoch by epoch.

Shapes: B rows of a batch.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from topoquant.lib.models import Head
from topoquant.lib.validity import roc_auc

# Of other kinds of heads: the root of the mean squared error.
SCORES = {"binary": "auc", "classes": "accuracy"}


class TailScores:
    """Outputs and targets of one pass over the tail, and their scores.

    Parameters
    ----------
    heads : sequence of Head
        What is predicted.
    scales : mapping of str to float
        Standard deviation of the target per "value" head, whose outputs are in units of it.
    """

    def __init__(self, heads: Sequence[Head], scales: Mapping[str, float]) -> None:
        self.heads, self.scales = heads, scales
        self.parts: list[tuple[dict[str, Tensor], dict[str, Tensor]]] = []

    def add(self, outputs: dict[str, Tensor], targets: dict[str, Tensor]) -> None:
        """Keep a batch."""
        self.parts.append(({k: v.detach() for k, v in outputs.items()}, targets))

    def finish(self) -> dict[str, float | None]:
        """Return `val_auc_<head>`, `val_accuracy_<head>` or `val_rmse_<head>`, and start over.

        None where there is none: of one class, or not finite.
        """
        parts, self.parts = self.parts, []
        scores: dict[str, float | None] = {}
        for head in self.heads:
            output = torch.cat([outputs[head.name] for outputs, _ in parts]).double().cpu().numpy()
            target = torch.cat([targets[head.name] for _, targets in parts]).double().cpu().numpy()
            scores[f"val_{SCORES.get(head.kind, 'rmse')}_{head.name}"] = self._score(head, output, target)
        return scores

    def _score(self, head: Head, output: NDArray[np.float64], target: NDArray[np.float64]) -> float | None:
        """Return the score of a head, in the target's own unit."""
        if not np.isfinite(output).all():
            return None
        if head.kind == "binary":
            return roc_auc(target, output) if 0 < target.mean() < 1 else None
        if head.kind == "classes":
            return float((output.argmax(axis=1) == target).mean())
        unit = self.scales[head.name] if head.kind == "value" else 1.0
        return unit * float(np.sqrt(np.mean((output - target.reshape(output.shape)) ** 2)))
