"""What a model is asked to be: heads, sizes and the options of each architecture."""

from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import Field

from topoquant.lib.options import options

Count = Annotated[int, Field(ge=1)]
Share = Annotated[float, Field(gt=0, lt=1)]
Rate = Annotated[float, Field(gt=0, le=1)]
Dropout = Annotated[float, Field(ge=0, lt=1)]
Positive = Annotated[float, Field(gt=0)]
Stack = Literal["trend", "seasonality", "generic"]
HeadKind = Literal["binary", "fraction"]


@options
class Head:
    """One thing a model predicts.

    `name` is the target column. A "binary" head gives logits of P(target = 1); a "fraction"
    head gives the value itself, in [0, 1].
    """

    name: str
    kind: HeadKind


@options
class NBeatsOptions:
    """Sizes of the N-BEATS classifier.

    `stacks` are read from first to last, each of `n_blocks` blocks with `n_layers` layers of
    `hidden` units. `degree` is the highest power of a trend block, `n_harmonics` the number of
    Fourier frequencies of a seasonality block, `n_generic` the learned basis vectors of a generic
    block. Every block adds `n_features` numbers to what the heads see. `input_dropout` is the share
    of window values a block does not see in training, `dropout` that of hidden units.
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
class MajorityOptions:
    """The base rate has nothing to choose."""


@dataclass(frozen=True, kw_only=True)
class ModelSpec:
    """Everything `build_model` was told: enough to build the same unfitted model again.

    Attributes
    ----------
    name : str
        A name in `MODELS`.
    n_channels, window, n_static : int
        Shape of the inputs: `sequence` (B, window, n_channels) and `static` (B, n_static).
    n_raw : int
        Bars of the raw window that images are made of, `window` (B, n_raw); 0 without one.
    heads : tuple of Head
        What is predicted, in order.
    options : object
        The options dataclass of the model.
    """

    name: str
    n_channels: int
    window: int
    n_static: int
    heads: tuple[Head, ...]
    options: Any
    n_raw: int = 0
