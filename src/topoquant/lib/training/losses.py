"""One loss per head, rows weighted by the uniqueness of their labels.

Shapes: B rows.
"""

from collections.abc import Mapping

import torch
from torch import Tensor
from torch.nn import functional


def binary_loss(logits_B: Tensor, target_B: Tensor, weight_B: Tensor) -> Tensor:
    """Return the weighted mean of the cross-entropy.

    Parameters
    ----------
    logits_B : Tensor, shape (B,)
        Logits of P(target = 1).
    target_B : Tensor, shape (B,)
        0 or 1.
    weight_B : Tensor, shape (B,)
        Non-negative, not all 0.

    Returns
    -------
    Tensor, scalar
        In nats.

    Examples
    --------
    >>> binary_loss(torch.zeros(2), torch.tensor([0.0, 1.0]), torch.ones(2)).round(decimals=4)
    tensor(0.6931)
    """
    losses_B = functional.binary_cross_entropy_with_logits(logits_B, target_B, reduction="none")
    return (losses_B * weight_B).sum() / weight_B.sum()


def fraction_loss(value_B: Tensor, target_B: Tensor, weight_B: Tensor, scale: float) -> Tensor:
    """Return the weighted mean of Huber's loss of errors in units of `scale`.

    Huber (1964), "Robust estimation of a location parameter", threshold 1.

    Parameters
    ----------
    value_B, target_B : Tensor, shape (B,)
        Fractions.
    weight_B : Tensor, shape (B,)
        Non-negative, not all 0.
    scale : float
        Standard deviation of the target over the fit's rows: moves of a thousandth then weigh
        as much as a binary label does.

    Returns
    -------
    Tensor, scalar

    Examples
    --------
    >>> fraction_loss(torch.tensor([0.01]), torch.tensor([0.02]), torch.ones(1), 0.01)
    tensor(0.5000)
    """
    losses_B = functional.huber_loss(value_B / scale, target_B / scale, reduction="none")
    return (losses_B * weight_B).sum() / weight_B.sum()


def combined_loss(
    outputs: Mapping[str, Tensor],
    targets: Mapping[str, Tensor],
    weight_B: Tensor,
    *,
    head_weights: Mapping[str, float],
    scales: Mapping[str, float],
) -> Tensor:
    """Return the sum of the heads' losses, each times its weight.

    Parameters
    ----------
    outputs, targets : mapping of str to Tensor, shape (B,)
        Per head.
    weight_B : Tensor, shape (B,)
        Of the rows.
    head_weights : mapping of str to float
        Per head.
    scales : mapping of str to float
        Per "fraction" head; a head that has none is binary.

    Returns
    -------
    Tensor, scalar
    """
    losses = []
    for name, output in outputs.items():
        if name in scales:
            loss = fraction_loss(output, targets[name], weight_B, scales[name])
        else:
            loss = binary_loss(output, targets[name], weight_B)
        losses.append(head_weights[name] * loss)
    return torch.stack(losses).sum()
