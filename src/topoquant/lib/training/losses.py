"""One loss per head, rows weighted by the uniqueness of their labels.

Shapes: B rows.
"""

import torch
from torch import Tensor
from torch.nn import functional

from topoquant.lib.errors import bad_input


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


def focal_loss(
    logits: Tensor, targets: Tensor, *, alpha: float, gamma: float, weights: Tensor | None = None
) -> Tensor:
    """Return the mean focal loss.

    Lin et al. (2017), "Focal loss for dense object detection": the cross-entropy of a row times
    (1 - probability of its class) ** gamma, and times `alpha` for label 1, 1 - `alpha` for label 0.

    Parameters
    ----------
    logits : Tensor, shape (B,)
        Logits of P(target = 1).
    targets : Tensor, shape (B,)
        0 or 1, or between them when labels are smoothed.
    alpha : float
        Weight of the positive class, in (0, 1). It is not the base rate: with one positive in ten, an
        alpha of .1 leaves the positives an eightieth of the loss, and the model says no to everything;
        .9 gives both classes the same share, and the mean probability rises to about one half. With a
        gamma of 0 the logits are shifted by logit(alpha); a larger gamma also draws probabilities
        towards one half. Either way they must be calibrated before they are read.
    gamma : float
        At least 0; 0 leaves the weighted cross-entropy.
    weights : Tensor, shape (B,), optional
        Of the rows, non-negative, not all 0; absent, all count the same.

    Returns
    -------
    Tensor, scalar
        In nats.

    Raises
    ------
    InputError
        For an alpha outside (0, 1) or a negative gamma.

    Examples
    --------
    >>> logits, targets = torch.zeros(2), torch.tensor([0.0, 1.0])
    >>> focal_loss(logits, targets, alpha=0.25, gamma=2.0).round(decimals=4)
    tensor(0.0866)
    """
    if not 0 < alpha < 1:
        raise bad_input("alpha", "in (0, 1)", alpha, "0.5 treats both classes alike")
    if gamma < 0:
        raise bad_input("gamma", "at least 0", gamma, "0 is the weighted cross-entropy")
    # The same as p and log p, without an overflow at large logits.
    of_one_B = alpha * torch.sigmoid(-logits) ** gamma * functional.softplus(-logits)
    of_zero_B = (1 - alpha) * torch.sigmoid(logits) ** gamma * functional.softplus(logits)
    losses_B = targets * of_one_B + (1 - targets) * of_zero_B
    return losses_B.mean() if weights is None else (losses_B * weights).sum() / weights.sum()


def smooth_labels(targets: Tensor, smoothing: float) -> Tensor:
    """Return targets moved towards one half.

    Szegedy et al. (2016), "Rethinking the Inception architecture", for two classes.

    Parameters
    ----------
    targets : Tensor, shape (B,)
        0 or 1.
    smoothing : float
        In [0, 1): the share of a label that is given to both classes alike. Probabilities then stay
        within smoothing / 2 of 0 and 1.

    Returns
    -------
    Tensor, shape (B,)

    Examples
    --------
    >>> smooth_labels(torch.tensor([0.0, 1.0]), 0.1)
    tensor([0.0500, 0.9500])
    """
    return targets * (1 - smoothing) + 0.5 * smoothing


def diversity_penalty(logits: Tensor, *, floor: float) -> Tensor:
    """Return how far the logits of a batch are from differing at all.

    A model that says the same of every row has learned the base rate and nothing else; where the
    labels hold no signal that is right, so this is an option and never a default.

    Parameters
    ----------
    logits : Tensor, shape (B,)
        At least two.
    floor : float
        Standard deviation from which on nothing is added, positive.

    Returns
    -------
    Tensor, scalar
        (1 - std / floor) ** 2, or 0 above the floor.

    Examples
    --------
    >>> diversity_penalty(torch.zeros(4), floor=0.5).round(decimals=4)
    tensor(1.)
    >>> diversity_penalty(torch.arange(4.0), floor=0.5)
    tensor(0.)
    """
    # The square root has no gradient at 0, where it is needed most.
    deviation = (logits.var(correction=0) + 1e-12).sqrt()
    return (1 - deviation / floor).clamp(min=0).square()


def classes_loss(logits_BN: Tensor, target_B: Tensor, weight_B: Tensor, smoothing: float = 0.0) -> Tensor:
    """Return the weighted mean of the cross-entropy of several classes.

    Parameters
    ----------
    logits_BN : Tensor, shape (B, N)
        A logit per class.
    target_B : Tensor, shape (B,)
        Number of the class, 0 to N - 1.
    weight_B : Tensor, shape (B,)
        Non-negative, not all 0.
    smoothing : float
        Share of a label that is given to all classes alike, in [0, 1).

    Returns
    -------
    Tensor, scalar
        In nats.

    Examples
    --------
    >>> classes_loss(torch.zeros(1, 4), torch.tensor([2.0]), torch.ones(1)).exp()
    tensor(4.)
    """
    losses_B = functional.cross_entropy(
        logits_BN, target_B.long(), reduction="none", label_smoothing=smoothing
    )
    return (losses_B * weight_B).sum() / weight_B.sum()


def fraction_loss(
    value_B: Tensor, target_B: Tensor, weight_B: Tensor, scale: float, threshold: float = 1.0
) -> Tensor:
    """Return the weighted mean of Huber's loss of errors in units of `scale`.

    Huber (1964), "Robust estimation of a location parameter".

    Parameters
    ----------
    value_B, target_B : Tensor, shape (B,)
        Fractions.
    weight_B : Tensor, shape (B,)
        Non-negative, not all 0.
    scale : float
        Standard deviation of the target over the fit's rows: moves of a thousandth then weigh
        as much as a binary label does.
    threshold : float
        Errors of more than so many scales count linearly.

    Returns
    -------
    Tensor, scalar

    Examples
    --------
    >>> fraction_loss(torch.tensor([0.01]), torch.tensor([0.02]), torch.ones(1), 0.01)
    tensor(0.5000)
    """
    losses_B = functional.huber_loss(value_B / scale, target_B / scale, reduction="none", delta=threshold)
    return (losses_B * weight_B).sum() / weight_B.sum()


def value_loss(value: Tensor, target: Tensor, weight_B: Tensor, threshold: float = 1.0) -> Tensor:
    """Return the weighted mean of Huber's loss of values that are in standard deviations already.

    Parameters
    ----------
    value : Tensor, shape (B,) or (B, ...)
        One number per row or several, which count the same.
    target : Tensor
        As many numbers.
    weight_B : Tensor, shape (B,)
        Non-negative, not all 0.
    threshold : float
        Errors beyond it count linearly.

    Returns
    -------
    Tensor, scalar

    Examples
    --------
    >>> value_loss(torch.tensor([[1.0, 3.0]]), torch.zeros(1, 2), torch.ones(1))
    tensor(1.5000)
    """
    losses = functional.huber_loss(value, target.view_as(value), reduction="none", delta=threshold)
    losses_B = losses.flatten(1).mean(dim=1) if losses.ndim > 1 else losses
    return (losses_B * weight_B).sum() / weight_B.sum()
