"""A temporal convolutional network: causal dilated convolutions with residuals.

Bai, Kolter and Koltun (2018), "An empirical evaluation of generic convolutional and recurrent
networks for sequence modeling". Difference: layer norm over channels instead of weight norm.

Shapes: B rows, L bars, C channels, F filters.
"""

from torch import Tensor, nn
from torch.nn import functional

from topoquant.lib.models.encoder import ChannelNorm, Encoder, StaticEncoder, check_sequence
from topoquant.lib.models.options import TCNOptions
from topoquant.lib.models.spec import ModelSpec

CONVOLUTIONS_PER_BLOCK = 2


def receptive_field(kernel: int, dilations: tuple[int, ...]) -> int:
    """Return how many bars the last output can see.

    Parameters
    ----------
    kernel : int
        Bars under each convolution.
    dilations : tuple of int
        Of the blocks, two convolutions each.

    Returns
    -------
    int
        1 + 2 (kernel - 1) (sum of dilations).

    Examples
    --------
    >>> receptive_field(3, (1, 2, 4, 8))
    61
    """
    return 1 + CONVOLUTIONS_PER_BLOCK * (kernel - 1) * sum(dilations)


class CausalConv(nn.Conv1d):
    """A convolution whose output at a bar sees that bar and earlier ones."""

    def __init__(self, n_inputs: int, n_outputs: int, kernel: int, dilation: int) -> None:
        super().__init__(n_inputs, n_outputs, kernel, dilation=dilation)
        self.reach = (kernel - 1) * dilation

    def forward(self, x_BCL: Tensor) -> Tensor:
        """Return the convolution, as long as the input."""
        return super().forward(functional.pad(x_BCL, (self.reach, 0)))


class Block(nn.Module):
    """Two causal convolutions of one dilation, and the input added to what they make."""

    def __init__(self, n_inputs: int, dilation: int, options: TCNOptions) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for wide in (n_inputs, options.n_filters):
            layers += [
                CausalConv(wide, options.n_filters, options.kernel, dilation),
                ChannelNorm(options.n_filters),
                nn.ReLU(),
                nn.Dropout(options.dropout),
            ]
        self.layers = nn.Sequential(*layers)
        same = n_inputs == options.n_filters
        self.residual = nn.Identity() if same else nn.Conv1d(n_inputs, options.n_filters, 1)

    def forward(self, x_BCL: Tensor) -> Tensor:
        """Return (B, F, L)."""
        return functional.relu(self.layers(x_BCL) + self.residual(x_BCL))


class TCN(Encoder):
    """Blocks of causal dilated convolutions over `sequence`; heads read its last bar and `static`.

    Parameters
    ----------
    spec : ModelSpec
        Shapes, heads and `TCNOptions`.

    Raises
    ------
    InputError
        Without a sequence.

    Attributes
    ----------
    receptive_field : int
        Bars the last output can see: a longer window is cut there in effect.

    Shape
    -----
    Input: `sequence` (B, L, C), time ascending; `static` (B, S), S may be 0. Output: one tensor
    per head. A row depends on its own window alone, and features of a bar on no later one.

    Examples
    --------
    >>> import torch
    >>> from topoquant.lib.models.options import Head
    >>> options = TCNOptions(n_filters=24, kernel=3, dilations=(1, 2, 4, 8), dropout=0.2)
    >>> spec = ModelSpec(
    ...     name="tcn", n_channels=25, window=60, n_static=0, options=options,
    ...     heads=(Head(name="label", kind="binary"),),
    ... )
    >>> model = TCN(spec)
    >>> model({"sequence": torch.zeros(2, 60, 25), "static": torch.zeros(2, 0)})["label"].shape
    torch.Size([2])
    >>> model.receptive_field
    61
    """

    def __init__(self, spec: ModelSpec) -> None:
        options: TCNOptions = spec.options
        super().__init__(spec, options.n_filters, own_scale=options.own_scale)
        check_sequence(spec)
        widths = [spec.n_channels] + [options.n_filters] * (len(options.dilations) - 1)
        self.blocks = nn.Sequential(
            *(
                Block(wide, dilation, options)
                for wide, dilation in zip(widths, options.dilations, strict=True)
            )
        )
        self.static = StaticEncoder(spec.n_static, options.n_filters, options.dropout)
        self.receptive_field = receptive_field(options.kernel, options.dilations)

    def states(self, sequence_BLC: Tensor) -> Tensor:
        """Return the features of every bar, (B, L, F); those of a bar see no later one."""
        features_BFL: Tensor = self.blocks(sequence_BLC.transpose(1, 2))
        return features_BFL.transpose(1, 2)

    def embed(self, inputs: dict[str, Tensor]) -> Tensor:
        """Return the features of the last bar, static features added."""
        # What the last bar cannot see need not be computed.
        sequence_BLC = self.windows(inputs)[:, -self.receptive_field :]
        features_BF: Tensor = self.static(self.states(sequence_BLC)[:, -1], inputs["static"])
        return features_BF
