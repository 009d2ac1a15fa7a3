"""What a model is asked to be: heads, sizes and the options of each architecture."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from topoquant.lib.options import options

Count = Annotated[int, Field(ge=1)]
Share = Annotated[float, Field(gt=0, lt=1)]
Rate = Annotated[float, Field(gt=0, le=1)]
Dropout = Annotated[float, Field(ge=0, lt=1)]
Positive = Annotated[float, Field(gt=0)]
Stack = Literal["trend", "seasonality", "generic"]
Norm = Literal["batch", "layer", "none"]
HeadKind = Literal["binary", "fraction", "value", "classes"]


@options
class Head:
    """One thing a model predicts.

    `name` is the target column. A "binary" head gives logits of P(target = 1); a "fraction"
    head gives the value itself, in [0, 1]; a "value" head any number; a "classes" head a logit
    per class, of which there are `n_outputs`. Other heads have `n_outputs` where they give
    several numbers per row, as a forecast of several steps does; absent, they give one.
    """

    name: str
    kind: HeadKind
    n_outputs: Count | None = None

    def __post_init__(self) -> None:
        """Refuse classes that nobody counted."""
        if self.kind == "classes" and (self.n_outputs or 0) < 2:
            raise ValueError(f"a head of classes has n_outputs of at least 2, got {self.n_outputs}")

    @property
    def width(self) -> int:
        """Numbers per row."""
        return self.n_outputs or 1


@options
class NBeatsOptions:
    """Sizes of the N-BEATS classifier.

    `stacks` are read from first to last, each of `n_blocks` blocks with `n_layers` layers of
    `hidden` units. `degree` is the highest power of a trend block, `n_harmonics` the number of
    Fourier frequencies of a seasonality block, `n_generic` the learned basis vectors of a generic
    block. Every block adds `n_features` numbers to what the heads see. `input_dropout` is the share
    of window values a block does not see in training, `dropout` that of hidden units.

    `encoders` gives families of static features an encoder of their own, so many units wide; the other
    families share one. With `attention_heads` the blocks attend to each other and to the static features;
    0 is without. `norm` normalises what the stacks and the encoders found, `block_norm` the hidden units
    of blocks. With `own_scale` every window is read in a scale of its own (see `Encoder`).
    """

    stacks: Annotated[tuple[Stack, ...], Field(min_length=1)]
    n_blocks: Count
    n_layers: Count
    hidden: Count
    degree: Annotated[int, Field(ge=0)]
    n_harmonics: Count
    n_generic: Count
    n_features: Count
    input_dropout: Dropout
    dropout: Dropout
    encoders: dict[str, Count] = Field(default_factory=dict)
    attention_heads: Annotated[int, Field(ge=0)] = 0
    norm: Norm = "layer"
    block_norm: Norm = "none"
    own_scale: bool = False


def _odd(value: int) -> int:
    """Refuse a kernel without a middle."""
    if value % 2 == 0:
        raise ValueError(f"must be odd, got {value}")
    return value


Odd = Annotated[int, Field(ge=1), AfterValidator(_odd)]
Counts = Annotated[tuple[Count, ...], Field(min_length=1)]


@options
class DLinearOptions:
    """`kernel` bars make the moving average that is the trend.

    With `shared` one map serves every channel and each channel is forecast by itself, as published;
    without, every head reads all channels.
    """

    kernel: Odd
    shared: bool


@options
class TCNOptions:
    """Blocks of two causal convolutions over `kernel` bars, one block per dilation.

    With `own_scale` every window is read in a scale of its own (see `Encoder`).
    """

    n_filters: Count
    kernel: Annotated[int, Field(ge=2)]
    dilations: Counts
    dropout: Dropout
    own_scale: bool = False


@options
class LSTMOptions:
    """`hidden` units in each direction, a residual layer of `n_residual`, a dense one of `n_dense`.

    With `own_scale` every window is read in a scale of its own (see `Encoder`).
    """

    hidden: Count
    n_residual: Count
    n_dense: Count
    dropout: Dropout
    own_scale: bool = False


@options
class TransformerOptions:
    """Blocks of `n_heads` heads of attention and `feed_forward` units.

    `pooling` is the mean over the bars, or the last bar. With `own_scale` every window is read in a
    scale of its own (see `Encoder`).
    """

    width: Count
    n_blocks: Count
    n_heads: Count
    feed_forward: Count
    pooling: Literal["mean", "last"]
    dropout: Dropout
    own_scale: bool = False


@options
class Conv1dOptions:
    """Filters of each convolution over `kernel` bars of a raw window."""

    n_filters: Counts
    kernel: Odd
    dropout: Dropout


@options
class ResNetOptions:
    """Filters of each residual block over the bars of a window."""

    n_filters: Counts
    dropout: Dropout


@options
class GafCnnOptions:
    """Images of raw windows, and the network that reads them.

    Every window of `windows` becomes an image of `size` pixels a side by each of `methods`; null: the native
    size, as many pixels as the longest window has bars, which invents and averages nothing. `scaling` and
    `limit` as for `GramianLayer`. `backbone` is the simple network of four blocks or ResNet-18, whose
    `weights` may be those of a local file, or torchvision's by "hub"; null draws them. The first `n_frozen`
    parts of the network are not trained. In training, images are turned by up to `degrees`, magnified by up
    to `magnify` and blurred with `noise`.
    """

    windows: Annotated[tuple[Annotated[int, Field(ge=2)], ...], Field(min_length=1)]
    size: Annotated[int, Field(ge=8)] | None
    methods: Annotated[tuple[Literal["summation", "difference"], ...], Field(min_length=1)]
    scaling: Literal["window", "volatility"]
    limit: Positive
    backbone: Literal["simple", "resnet18"]
    weights: str | None
    n_frozen: Annotated[int, Field(ge=0)]
    degrees: Annotated[float, Field(ge=0)]
    magnify: Annotated[float, Field(ge=0, lt=1)]
    noise: Annotated[float, Field(ge=0)]
    dropout: Dropout

    @property
    def side(self) -> int:
        """Pixels per side."""
        return self.size or max(self.windows)


@options
class HybridOptions:
    """One encoder per input that is there, each with its own options, and a layer of `n_features` on all.

    `sequence` is a TCN over the channels, `image` a network on Gramian images of raw windows; null leaves
    an input out. Static features are read by a dense layer of `n_features` units.
    """

    sequence: TCNOptions | None
    image: GafCnnOptions | None
    n_features: Count
    dropout: Dropout


@options
class XGBoostOptions:
    """Boosted trees by histograms, one booster per head, stopped early on the purged tail.

    `max_depth` bounds a tree, `min_child_weight` the sum of hessians in a leaf, `patience` counts trees
    without improvement. `feature_fraction` is drawn for every tree, `row_fraction` of rows too.
    """

    n_trees: Count
    learning_rate: Rate
    max_depth: Count
    min_child_weight: Annotated[float, Field(ge=0)]
    max_bins: Annotated[int, Field(ge=2)]
    feature_fraction: Rate
    row_fraction: Rate
    l2: Annotated[float, Field(ge=0)]
    patience: Count
    validation_fraction: Share
    n_threads: Count


@options
class LightGBMOptions:
    """Boosted trees, one booster per head, stopped early on the purged tail of the train rows.

    `patience` counts trees without improvement. `feature_fraction` and `row_fraction` are drawn
    anew for every tree. `l2` is the penalty on leaf values.
    """

    n_trees: Count
    learning_rate: Rate
    n_leaves: Annotated[int, Field(ge=2)]
    min_rows_per_leaf: Count
    max_bins: Annotated[int, Field(ge=2, le=65535)]
    feature_fraction: Rate
    row_fraction: Rate
    l2: Annotated[float, Field(ge=0)]
    patience: Count
    validation_fraction: Share
    n_threads: Count


@options
class LogisticOptions:
    """Linear models on standardised columns; `l2` is the weight of half the squared norm."""

    l2: Positive
    n_iterations: Count


@options
class RidgeOptions:
    """Ridge regression on standardised columns; `l2` is the weight of the squared norm."""

    l2: Positive


@options
class ZeroOptions:
    """Nothing to choose."""


@options
class MajorityOptions:
    """The base rate has nothing to choose."""
