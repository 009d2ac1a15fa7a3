"""DLinear: a linear map of the trend of a window plus one of what remains.

Zeng, Chen, Zhang and Xu (2023), "Are transformers effective for time series forecasting?".

Shapes: B rows, L bars, C channels, N outputs of a head.
"""

from typing import ClassVar, cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from topoquant.lib.models.encoder import check_sequence
from topoquant.lib.models.heads import finish_output, prior_bias, rescale_layer
from topoquant.lib.models.options import DLinearOptions, Head
from topoquant.lib.models.spec import ModelSpec


def moving_average_matrix(window: int, kernel: int) -> Tensor:
    """Return the matrix that takes a window to its centred moving average.

    Beyond its ends the window is continued by its first and its last value, so that the trend of
    the last bar looks back only: no bar outside the window is read.

    Parameters
    ----------
    window : int
        Bars L.
    kernel : int
        Bars averaged, odd.

    Returns
    -------
    Tensor, shape (L, L)
        Row k holds the weights of the bars in the average at bar k; rows sum to 1.

    Examples
    --------
    >>> (3 * moving_average_matrix(4, 3)).round()
    tensor([[2., 1., 0., 0.],
            [1., 1., 1., 0.],
            [0., 1., 1., 1.],
            [0., 0., 1., 2.]])
    """
    reach = kernel // 2
    bars = torch.arange(window)[:, None] + torch.arange(-reach, reach + 1)[None, :]
    matrix_LL = torch.zeros(window, window, dtype=torch.float64)
    matrix_LL.scatter_add_(1, bars.clamp(0, window - 1), torch.full(bars.shape, 1 / kernel).double())
    return matrix_LL.float()


class Decomposition(nn.Module):
    """Trend and remainder of every channel, each through a linear map.

    The average is linear as well. T A x + R (x - A x) = (R + (T - R) A) x: the maps are joined first,
    which costs no more than the average of a few rows, and windows are read by one product.

    Shape
    -----
    Input: windows (B, L, C) and the average (L, L); output (B, N) of all channels together, or (B, N, C)
    of each by the same map.
    """

    def __init__(self, spec: ModelSpec, n_outputs: int) -> None:
        super().__init__()
        options: DLinearOptions = spec.options
        self.n_maps = 1 if options.shared else spec.n_channels
        self.shared = options.shared
        self.trend = nn.Linear(spec.window * self.n_maps, n_outputs)
        self.remainder = nn.Linear(spec.window * self.n_maps, n_outputs)

    def forward(self, x_BLC: Tensor, average_LL: Tensor) -> Tensor:
        """Return the sum of both maps."""
        weight_NC, bias_N = self.remainder.weight, self.trend.bias + self.remainder.bias
        apart_NCL = (self.trend.weight - weight_NC).unflatten(1, (self.n_maps, -1))
        joined_NCL = weight_NC.unflatten(1, (self.n_maps, -1)) + apart_NCL @ average_LL
        if not self.shared:
            return functional.linear(x_BLC.flatten(1), joined_NCL.transpose(1, 2).flatten(1), bias_N)
        mapped_BCN = functional.linear(x_BLC.transpose(1, 2), joined_NCL.squeeze(1), bias_N)
        return mapped_BCN.transpose(1, 2)


class DLinear(nn.Module):
    """A linear map per head of the trend, and one of the remainder, of every channel.

    Parameters
    ----------
    spec : ModelSpec
        Shapes, heads and `DLinearOptions`. With `shared`, one map serves every channel and a head
        gives a value per output and channel, as published; otherwise every head reads all channels.

    Raises
    ------
    InputError
        Without a sequence.

    Shape
    -----
    Input: `sequence` (B, L, C), time ascending. Output per head: (B,), or (B, N) for a head of N
    outputs; with `shared` (B, N, C). A row depends on its own window alone.

    Examples
    --------
    >>> spec = ModelSpec(
    ...     name="dlinear", n_channels=25, window=60, n_static=0,
    ...     options=DLinearOptions(kernel=25, shared=False), heads=(Head(name="label", kind="binary"),),
    ... )
    >>> model = DLinear(spec)
    >>> model({"sequence": torch.zeros(2, 60, 25)})["label"].shape
    torch.Size([2])
    >>> sum(parameter.numel() for parameter in model.parameters())
    3002
    """

    needs: ClassVar[tuple[str, ...]] = ("sequence",)

    def __init__(self, spec: ModelSpec) -> None:
        super().__init__()
        check_sequence(spec)
        options: DLinearOptions = spec.options
        self.spec = spec
        average = moving_average_matrix(spec.window, options.kernel)
        self.register_buffer("average_LL", average, persistent=False)
        self.heads = DecomposedHeads(spec)

    def forward(self, inputs: dict[str, Tensor]) -> dict[str, Tensor]:
        """Return one tensor per head."""
        outputs: dict[str, Tensor] = self.heads(inputs["sequence"], self.average_LL)
        return outputs


class DecomposedHeads(nn.Module):
    """One decomposition per head."""

    def __init__(self, spec: ModelSpec) -> None:
        super().__init__()
        self.kinds = {head.name: head for head in spec.heads}
        self.layers = nn.ModuleDict({head.name: Decomposition(spec, head.width) for head in spec.heads})

    def forward(self, x_BLC: Tensor, average_LL: Tensor) -> dict[str, Tensor]:
        """Return one tensor per head."""
        return {
            name: finish_output(self.kinds[name], layer(x_BLC, average_LL))
            for name, layer in self.layers.items()
        }

    def set_priors(self, means: dict[str, float]) -> None:
        """Start every head at its mean target."""
        for name, mean in means.items():
            bias = prior_bias(cast(Head, self.kinds[name]), mean)
            layer = cast(Decomposition, self.layers[name])
            nn.init.constant_(layer.trend.bias, bias)
            nn.init.zeros_(layer.remainder.bias)

    def rescale(self, name: str, *, scale: float, shift: float) -> None:
        """Let a head give scale * output + shift from now on; not for a fraction, which a sigmoid ends."""
        layer = cast(Decomposition, self.layers[name])
        rescale_layer(layer.trend, scale=scale, shift=shift)
        rescale_layer(layer.remainder, scale=scale, shift=0.0)
