"""The last layer of every torch model: one output per head.

Shapes: B rows, F features.
"""

from collections.abc import Mapping, Sequence
from typing import cast

import torch
from torch import Tensor, nn

from topoquant.lib.models.options import Head

# A prior nearer to 0 or 1 than this would leave the sigmoid without a gradient.
PRIOR_MARGIN = 1e-6


class HeadLayer(nn.Linear):
    """One linear unit that starts close to its bias, so that a fit starts from the base rate."""

    def reset_parameters(self) -> None:
        """Draw small weights and a zero bias."""
        nn.init.normal_(self.weight, std=0.01)
        nn.init.zeros_(self.bias)


class WindowScale(nn.Module):
    """Turn what a head says in a window's own scale back into the scale of its target.

    Attributes
    ----------
    unit, shift : Tensor, scalar
        The target is unit * input + shift: 1 and 0 until the head is rescaled.
    """

    unit: Tensor
    shift: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("unit", torch.ones(()))
        self.register_buffer("shift", torch.zeros(()))

    def forward(self, output_BN: Tensor, last_B1: Tensor, unit_B1: Tensor) -> Tensor:
        """Return the values that are forecast."""
        return self.unit * (last_B1 + unit_B1 * output_BN) + self.shift

    def rescale(self, *, scale: float, shift: float) -> None:
        """Give scale * output + shift from now on."""
        self.unit.mul_(scale)
        self.shift.mul_(scale).add_(shift)


class Heads(nn.Module):
    """Turn features into one tensor per head.

    Parameters
    ----------
    n_features : int
        Width F of the input.
    heads : sequence of Head
        What to predict.
    in_window_scale : bool, optional
        Let "value" heads answer in their window's own scale, which is then passed with the features.

    Shape
    -----
    Input (B, F); output, per head name, (B,), or (B, n_outputs) for a head that has them: logits
    for "binary" and "classes", values in (0, 1) for "fraction", any number for "value".

    Examples
    --------
    >>> heads = Heads(4, [Head(name="label", kind="binary")])
    >>> heads(torch.zeros(2, 4))["label"].shape
    torch.Size([2])
    """

    def __init__(self, n_features: int, heads: Sequence[Head], *, in_window_scale: bool = False) -> None:
        super().__init__()
        self.kinds = {head.name: head for head in heads}
        self.layers = nn.ModuleDict({head.name: HeadLayer(n_features, head.width) for head in heads})
        turned = [head.name for head in heads if in_window_scale and head.kind == "value"]
        self.turned_back = nn.ModuleDict({name: WindowScale() for name in turned})

    def forward(self, features_BF: Tensor, scale: tuple[Tensor, Tensor] | None = None) -> dict[str, Tensor]:
        """Return one tensor per head; `scale` is the last value and the unit of every window, (B, 1) each."""
        outputs = {}
        for name, layer in self.layers.items():
            output_BN = layer(features_BF)
            if scale is not None and name in self.turned_back:
                output_BN = self.turned_back[name](output_BN, *scale)
            outputs[name] = finish_output(self.kinds[name], output_BN)
        return outputs

    def set_priors(self, means: Mapping[str, float]) -> None:
        """Set each bias to what gives the mean target, so that nothing is spent on learning it."""
        for name, mean in means.items():
            nn.init.constant_(cast(HeadLayer, self.layers[name]).bias, prior_bias(self.kinds[name], mean))

    def rescale(self, name: str, *, scale: float, shift: float) -> None:
        """Let a head give scale * output + shift from now on; not for a fraction, which a sigmoid ends."""
        if name in self.turned_back:
            cast(WindowScale, self.turned_back[name]).rescale(scale=scale, shift=shift)
        else:
            rescale_layer(cast(HeadLayer, self.layers[name]), scale=scale, shift=shift)


def finish_output(head: Head, output_BN: Tensor) -> Tensor:
    """Return what a head gives: the shape it promises, a fraction between 0 and 1."""
    # In float32 also under autocast: a fraction of a thousandth needs its digits.
    output = (output_BN.squeeze(1) if head.n_outputs is None else output_BN).float()
    return torch.sigmoid(output) if head.kind == "fraction" else output


def rescale_layer(layer: nn.Linear, *, scale: float, shift: float) -> None:
    """Let a layer give scale * output + shift from now on."""
    with torch.no_grad():
        layer.weight.mul_(scale)
        layer.bias.mul_(scale).add_(shift)


def prior_bias(head: Head, mean: float) -> float:
    """Return the bias at which a head gives the mean target of every row."""
    if head.kind == "value":
        return mean
    if head.kind == "classes":
        return 0.0
    prior = torch.tensor(min(max(mean, PRIOR_MARGIN), 1 - PRIOR_MARGIN))
    return float(torch.logit(prior))
