"""How a torch model is fitted, and which columns any model reads. Other models carry options of their own."""

from typing import Annotated, Literal

from pydantic import Field

from topoquant.lib.options import options

Count = Annotated[int, Field(ge=1)]
Positive = Annotated[float, Field(gt=0)]


@options
class FitOptions:
    """The Lightning loop and the scaling of its inputs.

    `scale` is "robust" (median and interquartile range) or "standard" (mean and standard
    deviation), and scaled inputs are clipped at +-`clip`. `patience` counts epochs without a
    better loss on the purged last `validation_fraction` of the fit's own train rows.
    `head_weights` has one positive weight per head. `device` "cuda" is refused where there is
    none.
    """

    n_epochs: Count
    batch_size: Count
    learning_rate: Positive
    weight_decay: Annotated[float, Field(ge=0)]
    patience: Count
    validation_fraction: Annotated[float, Field(gt=0, lt=1)]
    clip_norm: Positive
    head_weights: Annotated[dict[str, Positive], Field(min_length=1)]
    scale: Literal["robust", "standard"]
    clip: Positive
    device: Literal["cpu", "cuda"]
    precision: Literal["32-true", "bf16-mixed"]
    n_threads: Count


@options
class SelectionOptions:
    """Which columns a fit reads, chosen anew on the train rows of every fit.

    `n_features` columns of each role (sequence channels, static features) stay, those with the most
    mutual information with the target; null keeps all. It is estimated from `n_neighbors`
    neighbours on at most `max_rows` rows whose labels do not overlap. Of a series that was
    fractionally differenced to several orders the smallest stays that passes an augmented
    Dickey-Fuller test with `adf_lags` lags at level `adf_level`.
    """

    n_features: Count | None
    n_neighbors: Count
    max_rows: Count
    adf_lags: Annotated[int, Field(ge=0)]
    adf_level: Annotated[float, Field(gt=0, lt=1)]
