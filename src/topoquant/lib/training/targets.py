"""Targets as a loop fits them: in which units.

Shapes: n rows, B rows of a batch.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from topoquant.lib.models import Head
from topoquant.lib.sampling.samples import Samples
from topoquant.lib.training.target_columns import target_columns


@dataclass(frozen=True)
class Units:
    """Mean and standard deviation of each target over the rows a fit learns from.

    Attributes
    ----------
    means : dict of str to float
        Weighted mean per head.
    scales : dict of str to float
        Standard deviation per "fraction" and "value" head; 1 where the target is constant.
    """

    means: dict[str, float]
    scales: dict[str, float]

    def starts(self, heads: Sequence[Head]) -> dict[str, float]:
        """Return the mean target each head starts from, in the units it is fitted in."""
        return {head.name: 0.0 if head.kind == "value" else self.means[head.name] for head in heads}


def measure_units(heads: Sequence[Head], samples: Samples, rows: NDArray[np.integer]) -> Units:
    """Return the units of every head's target on some rows."""
    means, scales = {}, {}
    for head in heads:
        columns = target_columns(head, samples.targets)
        target = samples.targets[columns].to_numpy()[rows]
        if len(columns) == 1:
            target = target[:, 0]
        mean = np.average(target, weights=samples.weights[rows], axis=0)
        means[head.name] = float(mean.mean())
        if head.kind in ("fraction", "value"):
            scales[head.name] = float(target.std()) or 1.0
    return Units(means, scales)


def target_tensors(heads: Sequence[Head], samples: Samples, units: Units, device: str) -> dict[str, Tensor]:
    """Return per head its targets (n,) or (n, columns); those of values in standard deviations."""
    tensors = {}
    for head in heads:
        columns = target_columns(head, samples.targets)
        target = samples.targets[columns[0] if len(columns) == 1 else columns].to_numpy(np.float64)
        if head.kind == "value":
            # In double precision: a return of a thousandth keeps its digits.
            target = (target - units.means[head.name]) / units.scales[head.name]
        tensors[head.name] = torch.from_numpy(target.astype(np.float32)).to(device)
    return tensors
