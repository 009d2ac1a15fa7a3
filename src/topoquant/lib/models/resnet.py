"""A residual network over the bars of a window.

Wang, Yan and Oates (2017), "Time series classification from scratch with deep neural networks: a strong
baseline": three blocks of three convolutions, pooled over time. Difference: kernels of 7, 5 and 3 instead of
8, 5 and 3, for an even one has no middle.

Shapes: B rows, L bars, C channels, F filters.
"""

from itertools import pairwise

from torch import Tensor, nn
from torch.nn import functional

from topoquant.lib.models.encoder import Encoder, StaticEncoder, check_sequence
from topoquant.lib.models.options import ResNetOptions
from topoquant.lib.models.spec import ModelSpec

KERNELS = (7, 5, 3)


class Block(nn.Module):
    """Three convolutions, and the input added to what they make."""

    def __init__(self, n_inputs: int, n_outputs: int) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for number, kernel in enumerate(KERNELS):
            layers += [
                nn.Conv1d(
                    n_inputs if number == 0 else n_outputs, n_outputs, kernel, padding=kernel // 2, bias=False
                ),
                nn.BatchNorm1d(n_outputs),
                nn.ReLU(),
            ]
        # The last one is added before it is cut at zero.
        self.layers = nn.Sequential(*layers[:-1])
        self.residual = (
            nn.Identity()
            if n_inputs == n_outputs
            else nn.Sequential(nn.Conv1d(n_inputs, n_outputs, 1, bias=False), nn.BatchNorm1d(n_outputs))
        )

    def forward(self, x_BCL: Tensor) -> Tensor:
        """Return (B, F, L)."""
        return functional.relu(self.layers(x_BCL) + self.residual(x_BCL))


class ResNet(Encoder):
    """Residual blocks over `sequence`, pooled over time; heads read them and `static`.

    Parameters
    ----------
    spec : ModelSpec
        Shapes, heads and `ResNetOptions`.

    Raises
    ------
    InputError
        Without a sequence.

    Shape
    -----
    Input: `sequence` (B, L, C), time ascending; `static` (B, S), S may be 0. Output: one tensor
    per head. Convolutions look both ways within the window, which ends at the decision bar.

    Examples
    --------
    >>> import torch
    >>> from topoquant.lib.models.options import Head
    >>> spec = ModelSpec(
    ...     name="resnet", n_channels=25, window=60, n_static=0,
    ...     options=ResNetOptions(n_filters=(32, 64, 64), dropout=0.1),
    ...     heads=(Head(name="label", kind="binary"),),
    ... )
    >>> ResNet(spec)({"sequence": torch.zeros(2, 60, 25), "static": torch.zeros(2, 0)})["label"].shape
    torch.Size([2])
    """

    def __init__(self, spec: ModelSpec) -> None:
        options: ResNetOptions = spec.options
        super().__init__(spec, options.n_filters[-1])
        check_sequence(spec)
        self.blocks = nn.Sequential(
            *(Block(*pair) for pair in pairwise((spec.n_channels, *options.n_filters)))
        )
        self.dropout = nn.Dropout(options.dropout)
        self.static = StaticEncoder(spec.n_static, options.n_filters[-1], options.dropout)

    def embed(self, inputs: dict[str, Tensor]) -> Tensor:
        """Return the filters' mean over the window, static features added."""
        pooled_BF = self.blocks(inputs["sequence"].transpose(1, 2)).mean(dim=2)
        features_BF: Tensor = self.static(self.dropout(pooled_BF), inputs["static"])
        return features_BF
