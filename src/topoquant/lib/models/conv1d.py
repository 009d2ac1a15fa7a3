"""A small convolution over raw windows of one series, each in its own scale.

Shapes: B rows, W bars of a raw window, F filters.
"""

from itertools import pairwise
from typing import ClassVar

import torch
from torch import Tensor, nn

from topoquant.lib.models.encoder import Encoder, StaticEncoder, check_raw
from topoquant.lib.models.options import Conv1dOptions
from topoquant.lib.models.spec import ModelSpec


def standardise_windows(raw_BW: Tensor) -> Tensor:
    """Return windows measured from their last value in their own standard deviations.

    Parameters
    ----------
    raw_BW : Tensor, shape (B, W)
        Raw values, oldest first, finite; float64 where they are prices, whose digits a float32 loses.

    Returns
    -------
    Tensor of float32, shape (B, W)
        The last column is 0; a constant window is 0 everywhere.

    Examples
    --------
    >>> standardise_windows(torch.tensor([[1.0, 3.0], [5.0, 5.0]])).tolist()
    [[-2.0, 0.0], [0.0, 0.0]]
    """
    from_last_BW = raw_BW.double() - raw_BW[:, -1:].double()
    deviation_B1 = from_last_BW.std(dim=1, correction=0, keepdim=True)
    return (from_last_BW / torch.where(deviation_B1 > 0, deviation_B1, 1.0)).float()


class Conv1d(Encoder):
    """Convolutions over raw windows, pooled over time; heads read them and `static`.

    Parameters
    ----------
    spec : ModelSpec
        Shapes, heads and `Conv1dOptions`.

    Raises
    ------
    InputError
        Without raw windows of at least `kernel` bars.

    Shape
    -----
    Input: `window` (B, W), oldest first; `static` (B, S), S may be 0. Output: one tensor per head.

    Examples
    --------
    >>> from topoquant.lib.models.options import Head
    >>> spec = ModelSpec(
    ...     name="conv1d", n_channels=0, window=0, n_static=0, n_raw=60,
    ...     options=Conv1dOptions(n_filters=(32, 64), kernel=5, dropout=0.2),
    ...     heads=(Head(name="label", kind="binary"),),
    ... )
    >>> inputs = {"window": torch.zeros(2, 60), "static": torch.zeros(2, 0)}
    >>> Conv1d(spec)(inputs)["label"].shape
    torch.Size([2])
    """

    needs: ClassVar[tuple[str, ...]] = ("window", "static")

    def __init__(self, spec: ModelSpec) -> None:
        options: Conv1dOptions = spec.options
        super().__init__(spec, options.n_filters[-1])
        check_raw(spec, at_least=options.kernel)
        layers: list[nn.Module] = []
        for n_inputs, n_outputs in pairwise((1, *options.n_filters)):
            layers += [
                nn.Conv1d(n_inputs, n_outputs, options.kernel, padding=options.kernel // 2, bias=False),
                nn.BatchNorm1d(n_outputs),
                nn.ReLU(),
                nn.Dropout(options.dropout),
            ]
        self.layers = nn.Sequential(*layers)
        self.static = StaticEncoder(spec.n_static, options.n_filters[-1], options.dropout)

    def embed(self, inputs: dict[str, Tensor]) -> Tensor:
        """Return the filters' mean over the window, static features added."""
        filtered_BFW = self.layers(standardise_windows(inputs["window"]).unsqueeze(1))
        features_BF: Tensor = self.static(filtered_BFW.mean(dim=2), inputs["static"])
        return features_BF
