"""Convolutions on images of raw windows, which a layer draws batch by batch.

Shapes: B rows, W bars of a raw window, K images per row, S pixels per side.
"""

from itertools import pairwise
from typing import ClassVar, cast

from torch import Tensor, nn

from topoquant.lib.errors import bad_input
from topoquant.lib.models.augmenting import ImageAugmentation
from topoquant.lib.models.encoder import Encoder, StaticEncoder, check_raw
from topoquant.lib.models.gramian_layer import GramianLayer
from topoquant.lib.models.options import GafCnnOptions
from topoquant.lib.models.resnet18 import N_FEATURES, ResNet18, load_published, read_published
from topoquant.lib.models.spec import ModelSpec

# Filters of the four blocks of the simple network: 389,000 parameters with two images per row.
SIMPLE_FILTERS = (32, 64, 128, 256)


def simple_cnn(n_images: int, dropout: float) -> nn.Sequential:
    """Return four blocks of convolution, batch norm, ReLU and pooling, then the mean over the image.

    Parameters
    ----------
    n_images : int
        Channels K of the input.
    dropout : float
        Of whole filters, after each block.

    Returns
    -------
    torch.nn.Sequential
        (B, K, S, S) to (B, 256).

    Examples
    --------
    >>> import torch
    >>> simple_cnn(2, 0.1)(torch.zeros(1, 2, 16, 16)).shape
    torch.Size([1, 256])
    """
    layers: list[nn.Module] = []
    for n_inputs, n_outputs in pairwise((n_images, *SIMPLE_FILTERS)):
        layers += [
            nn.Conv2d(n_inputs, n_outputs, 3, padding=1),
            nn.BatchNorm2d(n_outputs),
            nn.ReLU(),
            nn.MaxPool2d(2, ceil_mode=True),
            nn.Dropout2d(dropout),
        ]
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten())


class GafCnn(Encoder):
    """Gramian images of raw windows through a convolutional network; heads read it and `static`.

    Parameters
    ----------
    spec : ModelSpec
        Shapes, heads and `GafCnnOptions`.

    Raises
    ------
    InputError
        Without raw windows of at least the longest of `windows`, or for weights or frozen layers that
        the network does not have.

    Notes
    -----
    Published weights are read when a fit starts; a fitted model is loaded from its own file. Frozen
    layers keep their weights and their batch statistics.

    Shape
    -----
    Input: `window` (B, W), oldest first; `static` (B, S), S may be 0. Output: one tensor per head.

    Examples
    --------
    >>> import torch
    >>> from topoquant.lib.models.options import Head
    >>> options = GafCnnOptions(
    ...     windows=(15, 30), size=16, methods=("summation", "difference"), scaling="window", limit=1.0,
    ...     backbone="simple", weights=None, n_frozen=0, degrees=0.0, magnify=0.0, noise=0.0, dropout=0.1,
    ... )
    >>> spec = ModelSpec(
    ...     name="gaf_cnn", n_channels=0, window=0, n_static=0, n_raw=30, options=options,
    ...     heads=(Head(name="label", kind="binary"),),
    ... )
    >>> inputs = {"window": torch.arange(60.0).reshape(2, 30), "static": torch.zeros(2, 0)}
    >>> GafCnn(spec)(inputs)["label"].shape
    torch.Size([2])
    """

    needs: ClassVar[tuple[str, ...]] = ("window", "static")

    def __init__(self, spec: ModelSpec) -> None:
        options: GafCnnOptions = spec.options
        is_simple = options.backbone == "simple"
        super().__init__(spec, SIMPLE_FILTERS[-1] if is_simple else N_FEATURES)
        check_raw(spec, at_least=max(options.windows))
        self.images = GramianLayer(
            options.windows, size=options.side, methods=options.methods, scaling=options.scaling,
            limit=options.limit,
        )  # fmt: skip
        self.augment = ImageAugmentation(degrees=options.degrees, scale=options.magnify, noise=options.noise)
        n_images = self.images.n_channels
        self.backbone = simple_cnn(n_images, options.dropout) if is_simple else ResNet18(n_images)
        if options.weights is not None and is_simple:
            raise bad_input(
                "gaf_cnn weights",
                "null for the simple network",
                options.weights,
                'choose backbone "resnet18"',
            )
        self.frozen = tuple(self._first_layers(options.n_frozen))
        for layer in self.frozen:
            layer.requires_grad_(requires_grad=False)
        self.dropout = nn.Dropout(options.dropout)
        self.static = StaticEncoder(spec.n_static, self.n_features, options.dropout)

    def embed(self, inputs: dict[str, Tensor]) -> Tensor:
        """Return the network's features, static features added."""
        images_BKSS = self.augment(self.images(inputs["window"]))
        features_BF: Tensor = self.static(self.dropout(self.backbone(images_BKSS)), inputs["static"])
        return features_BF

    def train(self, mode: bool = True) -> "GafCnn":
        """Set the mode; frozen layers keep the batch statistics they came with."""
        super().train(mode)
        for layer in self.frozen:
            layer.eval()
        return self

    def start(self) -> None:
        """Start a fit from the published weights, where the options name some."""
        options: GafCnnOptions = self.spec.options
        if options.weights is not None:
            load_published(cast(ResNet18, self.backbone), read_published(options.weights))

    def _first_layers(self, n_frozen: int) -> list[nn.Module]:
        """Return the first parts of the network that have parameters of their own."""
        parts = [part for part in self.backbone.children() if any(True for _ in part.parameters())]
        if n_frozen > len(parts):
            raise bad_input("gaf_cnn n_frozen", f"in [0, {len(parts)}]", n_frozen, "freeze fewer layers")
        return cast(list[nn.Module], parts[:n_frozen])
