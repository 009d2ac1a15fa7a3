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


class Heads(nn.Module):
    """Turn features into one tensor per head.

    Parameters
    ----------
    n_features : int
        Width F of the input.
    heads : sequence of Head
        What to predict.

    Shape
    -----
    Input (B, F); output, per head name, (B,): logits for "binary", values in (0, 1) for
    "fraction".

    Examples
    --------
    >>> heads = Heads(4, [Head(name="label", kind="binary")])
    >>> heads(torch.zeros(2, 4))["label"].shape
    torch.Size([2])
    """

    def __init__(self, n_features: int, heads: Sequence[Head]) -> None:
        super().__init__()
        self.kinds = {head.name: head.kind for head in heads}
        self.layers = nn.ModuleDict({name: HeadLayer(n_features, 1) for name in self.kinds})

    def forward(self, features_BF: Tensor) -> dict[str, Tensor]:
        """Return one tensor of shape (B,) per head."""
        # In float32 also under autocast: a fraction of a thousandth needs its digits.
        outputs = {name: layer(features_BF).squeeze(-1).float() for name, layer in self.layers.items()}
        return {
            name: torch.sigmoid(output) if self.kinds[name] == "fraction" else output
            for name, output in outputs.items()
        }

    def set_priors(self, means: Mapping[str, float]) -> None:
        """Set each bias to the logit of the mean target, so that nothing is spent on learning it."""
        for name, mean in means.items():
            prior = torch.tensor(min(max(mean, PRIOR_MARGIN), 1 - PRIOR_MARGIN))
            nn.init.constant_(cast(HeadLayer, self.layers[name]).bias, float(torch.logit(prior)))
