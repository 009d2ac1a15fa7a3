"""A small causal transformer over the bars of the window.

Vaswani et al. (2017), "Attention is all you need", with layer norm before each part (Xiong et al., 2020,
"On layer normalization in the transformer architecture").

Shapes: B rows, L bars, C channels, D width.
"""

from typing import cast

from torch import Tensor, nn

from topoquant.lib.models.attention import SelfAttention
from topoquant.lib.models.encoder import Encoder, StaticEncoder, check_sequence
from topoquant.lib.models.options import TransformerOptions
from topoquant.lib.models.spec import ModelSpec


class Positions(nn.Embedding):
    """A learned vector per bar, small at first beside what the bar itself holds."""

    def reset_parameters(self) -> None:
        """Draw small vectors."""
        nn.init.normal_(self.weight, std=0.02)


class Block(nn.Module):
    """Attention and a feed-forward part, each added to its input."""

    def __init__(self, options: TransformerOptions) -> None:
        super().__init__()
        width = options.width
        self.norm = nn.LayerNorm(width)
        self.attention = SelfAttention(width, options.n_heads, causal=True)
        self.dropout = nn.Dropout(options.dropout)
        self.feed_forward = nn.Sequential(
            nn.LayerNorm(width),
            nn.Linear(width, options.feed_forward),
            nn.GELU(),
            nn.Linear(options.feed_forward, width),
            nn.Dropout(options.dropout),
        )

    def forward(self, x_BLD: Tensor) -> Tensor:
        """Return (B, L, D)."""
        return self._finish(x_BLD, self.attention(self.norm(x_BLD)))

    def last(self, x_BLD: Tensor) -> Tensor:
        """Return the last bar alone, (B, 1, D)."""
        return self._finish(x_BLD[:, -1:], self.attention.last(self.norm(x_BLD)))

    def _finish(self, x_BLD: Tensor, gathered_BLD: Tensor) -> Tensor:
        """Add what was gathered, and the feed-forward part."""
        x_BLD = x_BLD + self.dropout(gathered_BLD)
        out_BLD: Tensor = x_BLD + self.feed_forward(x_BLD)
        return out_BLD


class Transformer(Encoder):
    """Causal blocks over `sequence` with learned positions; heads read the pooled bars and `static`.

    Parameters
    ----------
    spec : ModelSpec
        Shapes, heads and `TransformerOptions`.

    Raises
    ------
    InputError
        Without a sequence, or for a width that the heads do not divide.

    Shape
    -----
    Input: `sequence` (B, L, C), time ascending; `static` (B, S), S may be 0. Output: one tensor
    per head. A row depends on its own window alone, and features of a bar on no later one.

    Examples
    --------
    >>> import torch
    >>> from topoquant.lib.models.options import Head
    >>> options = TransformerOptions(
    ...     width=64, n_blocks=2, n_heads=4, feed_forward=16, pooling="mean", dropout=0.1
    ... )
    >>> spec = ModelSpec(
    ...     name="transformer", n_channels=25, window=60, n_static=0, options=options,
    ...     heads=(Head(name="label", kind="binary"),),
    ... )
    >>> inputs = {"sequence": torch.zeros(2, 60, 25), "static": torch.zeros(2, 0)}
    >>> Transformer(spec)(inputs)["label"].shape
    torch.Size([2])
    """

    def __init__(self, spec: ModelSpec) -> None:
        options: TransformerOptions = spec.options
        super().__init__(spec, options.width, own_scale=options.own_scale)
        check_sequence(spec)
        self.pooling = options.pooling
        self.project = nn.Linear(spec.n_channels, options.width)
        self.positions = Positions(spec.window, options.width)
        self.dropout = nn.Dropout(options.dropout)
        self.blocks = nn.Sequential(*(Block(options) for _ in range(options.n_blocks)))
        self.norm = nn.LayerNorm(options.width)
        self.static = StaticEncoder(spec.n_static, options.width, options.dropout)

    def states(self, sequence_BLC: Tensor) -> Tensor:
        """Return the features of every bar, (B, L, D); those of a bar see no later one."""
        states_BLD: Tensor = self.norm(self.blocks(self._placed(sequence_BLC)))
        return states_BLD

    def embed(self, inputs: dict[str, Tensor]) -> Tensor:
        """Return the pooled bars, static features added."""
        windows_BLC = self.windows(inputs)
        pooled_BD = (
            self.states(windows_BLC).mean(dim=1) if self.pooling == "mean" else self._last(windows_BLC)
        )
        features_BD: Tensor = self.static(pooled_BD, inputs["static"])
        return features_BD

    def _placed(self, sequence_BLC: Tensor) -> Tensor:
        """Return every bar projected, with its position."""
        placed_BLD: Tensor = self.dropout(self.project(sequence_BLC) + self.positions.weight)
        return placed_BLD

    def _last(self, sequence_BLC: Tensor) -> Tensor:
        """Return the features of the last bar; the last block need not compute any other."""
        states_BLD = self.blocks[:-1](self._placed(sequence_BLC))
        last_B1D: Tensor = self.norm(cast(Block, self.blocks[-1]).last(states_BLD))
        return last_B1D.squeeze(1)
