"""What torch models share: an embedding of the inputs, and heads that read it.

Shapes: B rows, L bars, C channels, S static features, F features.
"""

from typing import ClassVar

import torch
from torch import Tensor, nn

from topoquant.lib.errors import bad_input
from topoquant.lib.models.heads import Heads
from topoquant.lib.models.spec import ModelSpec

# Inputs are in standard deviations of the train rows.
SMALLEST_UNIT = 0.01


class Encoder(nn.Module):
    """A model in two parts: `embed` turns inputs into features, heads turn features into outputs.

    Subclasses name the inputs they read in `needs`, call `super().__init__(spec, n_features)` and
    define `embed`. What is pre-trained without labels is everything but the heads.

    Parameters
    ----------
    spec : ModelSpec
        Shapes, heads and the options of the model.
    n_features : int
        Width F of what `embed` returns.
    own_scale : bool, optional
        Measure every channel of a window from its last bar, in root mean squares of the window's distances
        from it (Kim et al., 2022, "Reversible instance normalization", without its learned scale). What
        "value" heads give is turned back: a forecast of a series that wanders, now wildly and now calmly,
        then goes on from where the series is. `embed` reads `self.windows(inputs)`.

    Raises
    ------
    InputError
        For a "value" head with `own_scale` and other than one channel, which must be the series that it
        forecasts.
    """

    needs: ClassVar[tuple[str, ...]] = ("sequence", "static")

    def __init__(self, spec: ModelSpec, n_features: int, *, own_scale: bool = False) -> None:
        super().__init__()
        self.spec = spec
        self.n_features = n_features
        self.own_scale = own_scale
        self.heads = Heads(n_features, spec.heads, in_window_scale=own_scale)
        if self.heads.turned_back and spec.n_channels != 1:
            raise bad_input(
                f"{spec.name} channels", "one, which value heads forecast from its last bar", spec.n_channels,
                "leave own_scale out, or feed one channel",
            )  # fmt: skip

    def embed(self, inputs: dict[str, Tensor]) -> Tensor:
        """Return the features (B, F) that the heads read."""
        raise NotImplementedError

    def windows(self, inputs: dict[str, Tensor]) -> Tensor:
        """Return the sequence (B, L, C), in each window's own scale where the options say so."""
        sequence_BLC = inputs["sequence"]
        if not self.own_scale:
            return sequence_BLC
        last_B1C, unit_B1C = window_scale(sequence_BLC)
        return (sequence_BLC - last_B1C) / unit_B1C

    def forward(self, inputs: dict[str, Tensor]) -> dict[str, Tensor]:
        """Return one tensor per head."""
        features_BF = self.embed(inputs)
        if not self.heads.turned_back:
            outputs: dict[str, Tensor] = self.heads(features_BF)
            return outputs
        last_B11, unit_B11 = window_scale(inputs["sequence"])
        turned: dict[str, Tensor] = self.heads(features_BF, (last_B11.squeeze(2), unit_B11.squeeze(2)))
        return turned


def window_scale(sequence_BLC: Tensor) -> tuple[Tensor, Tensor]:
    """Return the last bar of every window and channel, and the root mean square distance from it.

    Parameters
    ----------
    sequence_BLC : Tensor, shape (B, L, C)
        Scaled inputs, time ascending.

    Returns
    -------
    last, unit : Tensor, shape (B, 1, C)
        `unit` is at least 0.01: a window that hardly moves is not blown up.

    Examples
    --------
    >>> last, unit = window_scale(torch.tensor([[[1.0], [7.0], [4.0]]]))
    >>> last.item(), round(unit.item() ** 2, 3)
    (4.0, 6.0)
    """
    last_B1C = sequence_BLC[:, -1:]
    square_B1C = (sequence_BLC - last_B1C).square().mean(dim=1, keepdim=True)
    return last_B1C, square_B1C.clamp(min=SMALLEST_UNIT**2).sqrt()


class StaticEncoder(nn.Module):
    """Add an encoding of the static features to features of the window; without any, add nothing.

    Shape
    -----
    Input: window features (B, F) and static (B, S); output (B, F).
    """

    def __init__(self, n_static: int, n_features: int, dropout: float) -> None:
        super().__init__()
        self.layers = (
            nn.Sequential(nn.Linear(n_static, n_features), nn.GELU(), nn.Dropout(dropout))
            if n_static
            else None
        )

    def forward(self, window_BF: Tensor, static_BS: Tensor) -> Tensor:
        """Return the sum of both."""
        return window_BF if self.layers is None else window_BF + self.layers(static_BS)


class ChannelNorm(nn.LayerNorm):
    """Layer norm over the channels of every bar by itself: no bar sees another through it.

    Shape
    -----
    Input and output (B, C, L).
    """

    def forward(self, x_BCL: Tensor) -> Tensor:
        """Return the normalised channels."""
        normalised: Tensor = super().forward(x_BCL.transpose(1, 2))
        return normalised.transpose(1, 2)


def check_sequence(spec: ModelSpec, *, at_least: int = 2) -> None:
    """Refuse a model of sequences without one.

    Parameters
    ----------
    spec : ModelSpec
        What the model is to be built from.
    at_least : int
        Fewest bars it can read.

    Raises
    ------
    InputError
        Without channels, or with fewer bars.
    """
    if spec.n_channels < 1 or spec.window < at_least:
        raise bad_input(
            f"{spec.name} sequence", f"at least 1 channel and {at_least} bars",
            f"{spec.n_channels} channels, {spec.window} bars", "feed the member a sequence",
        )  # fmt: skip


def check_raw(spec: ModelSpec, *, at_least: int = 2) -> None:
    """Refuse a model of raw windows without them.

    Parameters
    ----------
    spec : ModelSpec
        What the model is to be built from.
    at_least : int
        Fewest bars it can read.

    Raises
    ------
    InputError
        For fewer bars.
    """
    if spec.n_raw < at_least:
        raise bad_input(
            f"{spec.name} window",
            f"at least {at_least} bars",
            spec.n_raw,
            "feed the member raw windows as long as its longest image, or shorten that",
        )


def zero_inputs(spec: ModelSpec, n_rows: int = 1) -> dict[str, Tensor]:
    """Return inputs of zeros in the shape a model reads: to trace it, and to measure its shapes."""
    return {
        "sequence": torch.zeros(n_rows, spec.window, spec.n_channels),
        "static": torch.zeros(n_rows, spec.n_static),
        "window": torch.zeros(n_rows, spec.n_raw),
    }
