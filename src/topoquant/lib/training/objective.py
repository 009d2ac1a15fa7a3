"""What a fit minimises: the loss of every head by the options, each times its weight.

Shapes: B rows.
"""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from topoquant.lib.models import Head
from topoquant.lib.training.losses import (
    binary_loss,
    classes_loss,
    diversity_penalty,
    focal_loss,
    fraction_loss,
    smooth_labels,
    value_loss,
)
from topoquant.lib.training.options import LossOptions

PLAIN = LossOptions(kind="bce", smoothing=0.0, diversity=0.0, diversity_floor=1.0, huber=1.0)


def combined_loss(
    outputs: Mapping[str, Tensor],
    targets: Mapping[str, Tensor],
    weight_B: Tensor,
    *,
    heads: Sequence[Head],
    head_weights: Mapping[str, float],
    scales: Mapping[str, float],
    options: LossOptions | None = None,
) -> Tensor:
    """Return the sum of the heads' losses, each times its weight.

    Parameters
    ----------
    outputs, targets : mapping of str to Tensor, shape (B,) or (B, ...)
        Per head. Of a "value" head both are in standard deviations of the target.
    weight_B : Tensor, shape (B,)
        Of the rows.
    heads : sequence of Head
        What is predicted.
    head_weights : mapping of str to float
        Per head.
    scales : mapping of str to float
        Standard deviation of the target per "fraction" head.
    options : LossOptions, optional
        Absent, the cross-entropy, and Huber's loss at one standard deviation.

    Returns
    -------
    Tensor, scalar

    Examples
    --------
    >>> heads = [Head(name="label", kind="binary")]
    >>> combined_loss(
    ...     {"label": torch.zeros(2)}, {"label": torch.ones(2)}, torch.ones(2), heads=heads,
    ...     head_weights={"label": 2.0}, scales={},
    ... ).round(decimals=3)
    tensor(1.3860)
    """
    chosen = options or PLAIN
    losses = [
        head_weights[head.name]
        * _head_loss(head, outputs[head.name], targets[head.name], weight_B, scales, chosen)
        for head in heads
    ]
    return losses[0] if len(losses) == 1 else torch.stack(losses).sum()


def _head_loss(
    head: Head,
    output: Tensor,
    target: Tensor,
    weight_B: Tensor,
    scales: Mapping[str, float],
    options: LossOptions,
) -> Tensor:
    """Return the loss of one head."""
    if head.kind == "fraction":
        return fraction_loss(output, target, weight_B, scales[head.name], options.huber)
    if head.kind == "value":
        return value_loss(output, target, weight_B, options.huber)
    if head.kind == "classes":
        return classes_loss(output, target, weight_B, options.smoothing)
    return _binary(output, target, weight_B, options)


def _binary(logits_B: Tensor, target_B: Tensor, weight_B: Tensor, options: LossOptions) -> Tensor:
    """Return the loss of a binary head, by its kind."""
    if options.smoothing:
        target_B = smooth_labels(target_B, options.smoothing)
    if options.alpha is None or options.gamma is None:
        loss = binary_loss(logits_B, target_B, weight_B)
    else:
        loss = focal_loss(logits_B, target_B, alpha=options.alpha, gamma=options.gamma, weights=weight_B)
    if options.diversity and len(logits_B) > 1:
        loss = loss + options.diversity * diversity_penalty(logits_B, floor=options.diversity_floor)
    return loss
