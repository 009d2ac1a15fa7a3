"""A small N-BEATS classifier with static features.

Oreshkin, Carpov, Chapados and Bengio (2020), "N-BEATS: Neural basis expansion analysis for
interpretable time series forecasting". Differences: windows have several channels, the forecast
of a block is a feature vector instead of future values, and heads read the sum of those vectors
together with an encoding of the decision bar and the static features.

Shapes: B rows, L bars, C channels, S static features, H hidden units, K basis vectors, F features.
"""

import math
from itertools import pairwise
from typing import ClassVar

import torch
from torch import Tensor, nn

from topoquant.lib.errors import bad_input
from topoquant.lib.models.heads import Heads
from topoquant.lib.models.options import ModelSpec, NBeatsOptions, Stack


def trend_basis(window: int, degree: int) -> Tensor:
    """Return powers 0 to `degree` of time, time running over [-1, 1].

    Parameters
    ----------
    window : int
        Bars L.
    degree : int
        Highest power.

    Returns
    -------
    Tensor, shape (degree + 1, L)

    Examples
    --------
    >>> trend_basis(3, 2)
    tensor([[ 1.,  1.,  1.],
            [-1.,  0.,  1.],
            [ 1.,  0.,  1.]])
    """
    time_L = torch.linspace(-1.0, 1.0, window)
    return torch.stack([time_L**power for power in range(degree + 1)])


def seasonality_basis(window: int, n_harmonics: int) -> Tensor:
    """Return cosines and sines of 1 to `n_harmonics` periods per window.

    Parameters
    ----------
    window : int
        Bars L.
    n_harmonics : int
        Number of frequencies.

    Returns
    -------
    Tensor, shape (2 * n_harmonics, L)
        Cosines first.

    Examples
    --------
    >>> seasonality_basis(4, 1).round().abs()
    tensor([[1., 0., 1., 0.],
            [0., 1., 0., 1.]])
    """
    time_L = 2 * math.pi * torch.arange(window) / window
    angle_KL = torch.arange(1, n_harmonics + 1)[:, None] * time_L[None, :]
    return torch.cat([angle_KL.cos(), angle_KL.sin()])


class GenericBasis(nn.Module):
    """A learned basis (K, L)."""

    def __init__(self, n_vectors: int, window: int) -> None:
        super().__init__()
        self.basis_KL = nn.Parameter(torch.empty(n_vectors, window))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw vectors of about unit length."""
        nn.init.normal_(self.basis_KL, std=1 / math.sqrt(self.basis_KL.shape[1]))


class FixedBasis(nn.Module):
    """A basis (K, L) that follows from the options and is not stored with the weights."""

    def __init__(self, basis_KL: Tensor) -> None:
        super().__init__()
        self.register_buffer("basis_KL", basis_KL, persistent=False)


class Block(nn.Module):
    """One N-BEATS block: explains part of the window and adds to the features.

    Shape
    -----
    Input (B, L, C); output: backcast (B, L, C) and features (B, F).
    """

    def __init__(self, spec: ModelSpec, stack: Stack) -> None:
        super().__init__()
        options: NBeatsOptions = spec.options
        self.n_channels = spec.n_channels
        widths = [spec.window * spec.n_channels] + [options.hidden] * options.n_layers
        layers: list[nn.Module] = []
        for wide, narrow in pairwise(widths):
            layers += [nn.Linear(wide, narrow), nn.ReLU()]
        # Windows hold more numbers than there are rows: without this, blocks learn them by heart.
        self.layers = nn.Sequential(nn.Dropout(options.input_dropout), *layers, nn.Dropout(options.dropout))
        self.basis = build_basis(stack, spec.window, options)
        n_vectors = self.basis.basis_KL.shape[0]
        self.backcast = nn.Linear(options.hidden, n_vectors * spec.n_channels, bias=False)
        self.forecast = nn.Linear(options.hidden, options.n_features, bias=False)

    def forward(self, residual_BLC: Tensor) -> tuple[Tensor, Tensor]:
        """Return what the block explains of its input, and its features."""
        hidden_BH = self.layers(residual_BLC.flatten(1))
        theta_BCK = self.backcast(hidden_BH).unflatten(1, (self.n_channels, -1))
        backcast_BLC = (theta_BCK @ self.basis.basis_KL).transpose(1, 2)
        return backcast_BLC, self.forecast(hidden_BH)


def build_basis(stack: Stack, window: int, options: NBeatsOptions) -> FixedBasis | GenericBasis:
    """Return the basis of a stack's blocks."""
    if stack == "generic":
        return GenericBasis(options.n_generic, window)
    if stack == "trend":
        return FixedBasis(trend_basis(window, options.degree))
    return FixedBasis(seasonality_basis(window, options.n_harmonics))


class NBeats(nn.Module):
    """N-BEATS stacks over `sequence`, an encoder of its last bar and `static`, and heads on both.

    Parameters
    ----------
    spec : ModelSpec
        Shapes, heads and `NBeatsOptions`.

    Raises
    ------
    InputError
        Without a sequence.

    Shape
    -----
    Input: `sequence` (B, L, C), time ascending, the last bar being the decision bar; `static`
    (B, S), S may be 0. Output: one (B,) tensor per head. A row depends on its own window alone;
    inputs must be finite.

    Examples
    --------
    >>> from topoquant.lib.models.options import Head
    >>> options = NBeatsOptions(
    ...     stacks=("trend", "generic"), n_blocks=1, n_layers=2, hidden=8, degree=2, n_harmonics=2,
    ...     n_generic=4, n_features=8, input_dropout=0.0, dropout=0.0,
    ... )
    >>> spec = ModelSpec(
    ...     name="nbeats", n_channels=3, window=16, n_static=0, options=options,
    ...     heads=(Head(name="label", kind="binary"),),
    ... )
    >>> NBeats(spec)({"sequence": torch.zeros(5, 16, 3), "static": torch.zeros(5, 0)})["label"].shape
    torch.Size([5])
    """

    needs: ClassVar[tuple[str, ...]] = ("sequence", "static")

    def __init__(self, spec: ModelSpec) -> None:
        super().__init__()
        if spec.n_channels < 1 or spec.window < 2:
            raise bad_input(
                "nbeats sequence", "at least 1 channel and 2 bars",
                f"{spec.n_channels} channels, {spec.window} bars", "feed the member a sequence",
            )  # fmt: skip
        options: NBeatsOptions = spec.options
        width = options.n_features
        self.spec = spec
        self.blocks = nn.ModuleList(
            Block(spec, stack) for stack in options.stacks for _ in range(options.n_blocks)
        )
        self.static = nn.Sequential(
            nn.Linear(spec.n_channels + spec.n_static, width), nn.GELU(), nn.Dropout(options.dropout)
        )
        self.fuse = nn.Sequential(
            nn.LayerNorm(2 * width), nn.Linear(2 * width, width), nn.GELU(), nn.Dropout(options.dropout)
        )
        self.heads = Heads(width, spec.heads)

    def forward(self, inputs: dict[str, Tensor]) -> dict[str, Tensor]:
        """Return one tensor per head."""
        residual_BLC = inputs["sequence"]
        now_BC = residual_BLC[:, -1]
        parts = []
        for block in self.blocks:
            backcast_BLC, features_BF = block(residual_BLC)
            residual_BLC = residual_BLC - backcast_BLC
            parts.append(features_BF)
        static_BF = self.static(torch.cat([now_BC, inputs["static"]], dim=1))
        window_BF = torch.stack(parts).sum(dim=0)
        outputs: dict[str, Tensor] = self.heads(self.fuse(torch.cat([window_BF, static_BF], dim=1)))
        return outputs
