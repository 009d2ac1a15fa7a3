"""A small N-BEATS classifier with static features.

Oreshkin, Carpov, Chapados and Bengio (2020), "N-BEATS: Neural basis expansion analysis for
interpretable time series forecasting". Differences: windows have several channels, the forecast
of a block is a feature vector instead of future values, and heads read the sum of those vectors
together with encodings of the decision bar and of the static features.

Shapes: B rows, L bars, C channels, S static features, H hidden units, K basis vectors, F features,
T tokens of attention.
"""

import math
from collections.abc import Iterable, Mapping
from itertools import pairwise
from typing import cast

import torch
from torch import Tensor, nn

from topoquant.lib.errors import bad_input
from topoquant.lib.models.attention import SelfAttention
from topoquant.lib.models.encoder import Encoder, check_sequence
from topoquant.lib.models.options import NBeatsOptions, Norm, Stack
from topoquant.lib.models.spec import ModelSpec


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
    `read` takes (B, L, C) to hidden units (B, H); `explain` takes those to the backcast (B, L, C),
    `forecast` to features (B, F).
    """

    def __init__(self, spec: ModelSpec, stack: Stack) -> None:
        super().__init__()
        options: NBeatsOptions = spec.options
        self.n_channels = spec.n_channels
        widths = [spec.window * spec.n_channels] + [options.hidden] * options.n_layers
        layers: list[nn.Module] = []
        for wide, narrow in pairwise(widths):
            layers += [nn.Linear(wide, narrow), build_norm(options.block_norm, narrow), nn.ReLU()]
        # Windows hold more numbers than there are rows: without this, blocks learn them by heart.
        self.layers = nn.Sequential(nn.Dropout(options.input_dropout), *layers, nn.Dropout(options.dropout))
        self.basis = build_basis(stack, spec.window, options)
        n_vectors = self.basis.basis_KL.shape[0]
        self.backcast = nn.Linear(options.hidden, n_vectors * spec.n_channels, bias=False)
        self.forecast = nn.Linear(options.hidden, options.n_features, bias=False)

    def read(self, residual_BLC: Tensor) -> Tensor:
        """Return hidden units (B, H) of what is left of the window."""
        hidden_BH: Tensor = self.layers(residual_BLC.flatten(1))
        return hidden_BH

    def explain(self, hidden_BH: Tensor) -> Tensor:
        """Return the part of the window that the block explains."""
        theta_BCK = self.backcast(hidden_BH).unflatten(1, (self.n_channels, -1))
        backcast_BLC: Tensor = (theta_BCK @ self.basis.basis_KL).transpose(1, 2)
        return backcast_BLC


def build_basis(stack: Stack, window: int, options: NBeatsOptions) -> FixedBasis | GenericBasis:
    """Return the basis of a stack's blocks."""
    if stack == "generic":
        return GenericBasis(options.n_generic, window)
    if stack == "trend":
        return FixedBasis(trend_basis(window, options.degree))
    return FixedBasis(seasonality_basis(window, options.n_harmonics))


def build_norm(norm: Norm, width: int) -> nn.Module:
    """Return what normalises (B, width), over the rows of a batch, over the width, or not at all."""
    if norm == "batch":
        return nn.BatchNorm1d(width)
    return nn.LayerNorm(width) if norm == "layer" else nn.Identity()


class StaticFamilies(nn.Module):
    """Encode the decision bar and the static features; families that the options name, each by itself.

    Shape
    -----
    Input: bar (B, C) and static (B, S); output: first (B, F) of the bar and the families that share an
    encoder, then one tensor per family with its own, as wide as the options say.
    """

    def __init__(self, spec: ModelSpec) -> None:
        super().__init__()
        options: NBeatsOptions = spec.options
        groups = spec.static_groups or (("static", spec.n_static),)
        _check_encoders(options.encoders, groups)
        self.families, self.sizes = [name for name, _ in groups], [n for _, n in groups]
        # A selection of columns may have left a family without any.
        own = {name: n for name, n in groups if n and name in options.encoders}
        n_shared = spec.n_channels + spec.n_static - sum(own.values())
        self.shared = _dense(n_shared, options.n_features, options.dropout)
        self.own = nn.ModuleDict(
            {name: _dense(n, options.encoders[name], options.dropout) for name, n in own.items()}
        )
        self.widths = [options.n_features, *(options.encoders[name] for name in own)]

    def forward(self, bar_BC: Tensor, static_BS: Tensor) -> list[Tensor]:
        """Return the encodings."""
        parts = dict(zip(self.families, static_BS.split(self.sizes, dim=1), strict=True))
        shared = [part for name, part in parts.items() if name not in self.own]
        own = [encoder(parts[name]) for name, encoder in self.own.items()]
        return [self.shared(torch.cat([bar_BC, *shared], dim=1)), *own]


def _dense(n_inputs: int, width: int, dropout: float) -> nn.Sequential:
    """Return one layer of an encoder."""
    return nn.Sequential(nn.Linear(n_inputs, width), nn.GELU(), nn.Dropout(dropout))


def _check_encoders(encoders: Mapping[str, int], groups: tuple[tuple[str, int], ...]) -> None:
    """Refuse encoders of families that are not there."""
    if unknown := sorted(set(encoders) - {name for name, _ in groups}):
        raise bad_input(
            "encoders of nbeats", f"of families among {[name for name, _ in groups]}", unknown,
            "name families that feed the member's static features",
        )  # fmt: skip


class BlockAttention(nn.Module):
    """Let the blocks look at each other and at the static encodings, and add what they gather.

    Shape
    -----
    Input: features of N blocks (B, N, F), and the encodings of `StaticFamilies`; output (B, N, F).
    """

    def __init__(self, width: int, n_heads: int, encodings: list[int], dropout: float) -> None:
        super().__init__()
        self.project = nn.ModuleList(nn.Linear(wide, width) for wide in encodings)
        self.norm = nn.LayerNorm(width)
        self.attention = SelfAttention(width, n_heads, causal=False)
        self.dropout = nn.Dropout(dropout)

    def forward(self, blocks_BNF: Tensor, encodings: list[Tensor]) -> Tensor:
        """Return the blocks' features with what they gathered."""
        known = [project(part) for project, part in zip(self.project, encodings, strict=True)]
        tokens_BTF = torch.cat([blocks_BNF, torch.stack(known, dim=1)], dim=1)
        gathered_BTF = self.dropout(self.attention(self.norm(tokens_BTF)))
        return blocks_BNF + gathered_BTF[:, : blocks_BNF.shape[1]]


class NBeats(Encoder):
    """N-BEATS stacks over `sequence`, encoders of its last bar and `static`, and heads on both.

    Parameters
    ----------
    spec : ModelSpec
        Shapes, heads and `NBeatsOptions`; `static_groups` where the options name encoders.

    Raises
    ------
    InputError
        Without a sequence, for encoders of families that are not there, or for attention heads that do
        not divide `n_features`.

    Shape
    -----
    Input: `sequence` (B, L, C), time ascending, the last bar being the decision bar; `static`
    (B, S), S may be 0. Output: one tensor per head. A row depends on its own window alone (in train
    mode with batch norm on the others of its batch too); inputs must be finite.

    Examples
    --------
    >>> from topoquant.lib.models.options import Head
    >>> options = NBeatsOptions(
    ...     stacks=("trend", "generic"), n_blocks=1, n_layers=2, hidden=8, degree=2, n_harmonics=2,
    ...     n_generic=4, n_features=8, input_dropout=0.0, dropout=0.0, encoders={"tda": 16},
    ...     attention_heads=2,
    ... )
    >>> spec = ModelSpec(
    ...     name="nbeats", n_channels=3, window=16, n_static=5, options=options,
    ...     static_groups=(("tda", 3), ("complexity", 2)), heads=(Head(name="label", kind="binary"),),
    ... )
    >>> NBeats(spec)({"sequence": torch.zeros(5, 16, 3), "static": torch.zeros(5, 5)})["label"].shape
    torch.Size([5])
    """

    def __init__(self, spec: ModelSpec) -> None:
        options: NBeatsOptions = spec.options
        width = options.n_features
        super().__init__(spec, width, own_scale=options.own_scale)
        check_sequence(spec)
        self.blocks = nn.ModuleList(
            Block(spec, stack) for stack in options.stacks for _ in range(options.n_blocks)
        )
        self.static = StaticFamilies(spec)
        self.attention = (
            BlockAttention(width, options.attention_heads, self.static.widths, options.dropout)
            if options.attention_heads
            else None
        )
        n_joined = width + sum(self.static.widths)
        self.fuse = nn.Sequential(
            build_norm(options.norm, n_joined),
            nn.Linear(n_joined, width),
            nn.GELU(),
            nn.Dropout(options.dropout),
        )

    def embed(self, inputs: dict[str, Tensor]) -> Tensor:
        """Return the features of all stacks and encoders (B, F)."""
        residual_BLC = self.windows(inputs)
        encodings = self.static(residual_BLC[:, -1], inputs["static"])
        found = []
        for block in cast(Iterable[Block], self.blocks):
            hidden_BH = block.read(residual_BLC)
            found.append(block.forecast(hidden_BH))
            # What the last block leaves over is read by nobody.
            if len(found) < len(self.blocks):
                residual_BLC = residual_BLC - block.explain(hidden_BH)
        blocks_BNF = torch.stack(found, dim=1)
        if self.attention is not None:
            blocks_BNF = self.attention(blocks_BNF, encodings)
        joined = torch.cat([blocks_BNF.sum(dim=1), *encodings], dim=1)
        fused_BF: Tensor = self.fuse(joined)
        return fused_BF
