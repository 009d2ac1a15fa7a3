"""One model that reads a sequence, images of raw windows and static features together.

Shapes: B rows, F features.
"""

from dataclasses import replace
from typing import cast

import torch
from torch import Tensor, nn

from topoquant.lib.errors import bad_input
from topoquant.lib.models.encoder import Encoder
from topoquant.lib.models.gaf_cnn import GafCnn
from topoquant.lib.models.options import HybridOptions
from topoquant.lib.models.spec import ModelSpec
from topoquant.lib.models.tcn import TCN


class Hybrid(Encoder):
    """An encoder per input, their features side by side, a dense layer, heads.

    Parameters
    ----------
    spec : ModelSpec
        Shapes, heads and `HybridOptions`.

    Raises
    ------
    InputError
        Without any input, or for an encoder whose input is not there.

    Shape
    -----
    Input: `sequence` (B, L, C), `window` (B, W) and `static` (B, S), those that the options name; S may
    be 0. Output: one tensor per head. A row depends on its own inputs alone.

    Examples
    --------
    >>> from topoquant.lib.models.options import Head, TCNOptions
    >>> options = HybridOptions(
    ...     sequence=TCNOptions(n_filters=8, kernel=3, dilations=(1, 2), dropout=0.0), image=None,
    ...     n_features=16, dropout=0.0,
    ... )
    >>> spec = ModelSpec(
    ...     name="hybrid", n_channels=2, window=20, n_static=3, options=options,
    ...     heads=(Head(name="label", kind="binary"),),
    ... )
    >>> inputs = {"sequence": torch.zeros(2, 20, 2), "static": torch.zeros(2, 3)}
    >>> Hybrid(spec)(inputs)["label"].shape
    torch.Size([2])
    """

    def __init__(self, spec: ModelSpec) -> None:
        options: HybridOptions = spec.options
        super().__init__(spec, options.n_features)
        # The parts predict nothing and see no static features: the dense layer does, once.
        plain = replace(spec, n_static=0, heads=())
        parts: dict[str, Encoder] = {}
        if options.sequence is not None:
            parts["sequence"] = TCN(replace(plain, options=options.sequence))
        if options.image is not None:
            parts["image"] = GafCnn(replace(plain, options=options.image))
        widths = [part.n_features for part in parts.values()]
        if spec.n_static:
            self.static = nn.Sequential(nn.Linear(spec.n_static, options.n_features), nn.GELU())
            widths.append(options.n_features)
        if not widths:
            raise bad_input("hybrid inputs", "at least one", "none", "name sequence, image or static")
        self.parts = nn.ModuleDict(parts)
        self.fuse = nn.Sequential(
            nn.LayerNorm(sum(widths)),
            nn.Linear(sum(widths), options.n_features),
            nn.GELU(),
            nn.Dropout(options.dropout),
        )

    @property
    def needs(self) -> tuple[str, ...]:  # type: ignore[override]
        """Return the inputs that the options name."""
        raw = {"sequence": "sequence", "image": "window"}
        return (*(raw[name] for name in self.parts), "static")

    def start(self) -> None:
        """Start a fit from published weights, where a part has some."""
        if "image" in self.parts:
            cast(GafCnn, self.parts["image"]).start()

    def embed(self, inputs: dict[str, Tensor]) -> Tensor:
        """Return the dense layer's features of all inputs."""
        # Parts add no static features of their own: theirs are (B, 0).
        nothing = inputs["static"][:, :0]
        features = [cast(Encoder, part).embed(inputs | {"static": nothing}) for part in self.parts.values()]
        if self.spec.n_static:
            features.append(self.static(inputs["static"]))
        features_BF: Tensor = self.fuse(torch.cat(features, dim=1))
        return features_BF
