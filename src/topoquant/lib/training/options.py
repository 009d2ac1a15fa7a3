"""How a torch model is fitted, and which columns any model reads. Other models carry options of their own."""

from typing import Annotated, Literal

from pydantic import Field

from topoquant.lib.options import options

Count = Annotated[int, Field(ge=1)]
Positive = Annotated[float, Field(gt=0)]
Share = Annotated[float, Field(gt=0, lt=1)]


@options
class LossOptions:
    """What is minimised.

    `kind` of binary heads is the cross-entropy ("bce") or the focal loss, which alone has `alpha` and
    `gamma`. `smoothing` moves labels towards one half (several classes: towards each other).
    `diversity` is the weight of a penalty on logits whose standard deviation within a batch is below
    `diversity_floor`; 0 leaves it out. Errors of values and fractions beyond `huber` standard deviations
    of the target count linearly, not squared.
    """

    kind: Literal["bce", "focal"]
    alpha: Annotated[float, Field(gt=0, lt=1)] | None = None
    gamma: Annotated[float, Field(ge=0)] | None = None
    smoothing: Annotated[float, Field(ge=0, lt=1)]
    diversity: Annotated[float, Field(ge=0)]
    diversity_floor: Positive
    huber: Positive

    def __post_init__(self) -> None:
        """Refuse a focal loss without its numbers, and its numbers without a focal loss."""
        given = [self.alpha is not None, self.gamma is not None]
        if given != [self.kind == "focal"] * 2:
            raise ValueError(f"alpha and gamma belong to kind focal, got {self.alpha}, {self.gamma}")


@options
class PlainOptions:
    """Every row once an epoch, in an order drawn anew."""

    kind: Literal["plain"]


@options
class BalancedOptions:
    """As many rows as there are, drawn with replacement so that a share `rate` has label 1.

    The model then answers for a base rate that is not the market's; its logits are corrected to the
    rate of its train rows when the fit ends.
    """

    kind: Literal["balanced"]
    rate: Share


@options
class CurriculumOptions:
    """The clearest rows first: a share `start` of them, growing to all within `n_epochs`."""

    kind: Literal["curriculum"]
    start: Share
    n_epochs: Count


@options
class ConstantOptions:
    """The same step size throughout."""

    kind: Literal["constant"]


@options
class PlateauOptions:
    """The step size times `factor` after every `patience` epochs without a better validation loss."""

    kind: Literal["plateau"]
    factor: Share
    patience: Count


@options
class CosineOptions:
    """From 0 in a line over `warm_up` epochs, then down half a cosine to a share `final`."""

    kind: Literal["cosine"]
    warm_up: Annotated[float, Field(ge=0)]
    final: Annotated[float, Field(ge=0, le=1)]


SamplerOptions = Annotated[PlainOptions | BalancedOptions | CurriculumOptions, Field(discriminator="kind")]
ScheduleOptions = Annotated[ConstantOptions | PlateauOptions | CosineOptions, Field(discriminator="kind")]


@options
class ContrastiveOptions:
    """Supervised contrastive pre-training of everything but the heads, before a fit of all.

    Rows are compared in `width` numbers, at a `temperature` that looks at the nearest rows where it is
    small. `patience` counts epochs without a better contrastive loss on the rows that early stopping
    watches. A row is counted as looking `look_back` bars back, which decides what overlaps in time; null:
    the bars of its windows, which is too few where static features look further. The frozen encoder is
    then probed by a logistic regression with penalty `l2`.
    """

    temperature: Positive
    n_epochs: Count
    batch_size: Annotated[int, Field(ge=4)]
    learning_rate: Positive
    patience: Count
    width: Count
    look_back: Count | None
    l2: Positive


@options
class FitOptions:
    """The Lightning loop and the scaling of its inputs.

    `scale` is "robust" (median and interquartile range) or "standard" (mean and standard
    deviation), and scaled inputs are clipped at +-`clip`. `patience` counts epochs without a
    better loss on the purged last `validation_fraction` of the fit's own train rows.
    `head_weights` has one positive weight per head; a head `logret_<h>` that it does not name has
    1 / sqrt(h). `device` "cuda" is refused where there is none. Absent, `loss` is the cross-entropy
    and Huber's loss at one standard deviation, `sampler` plain, `schedule` constant; a step is made
    after every batch, or after `accumulate` of them; no step may be lost to a loss that is not
    finite, or `max_skipped` of them; and one process fits, or `n_devices` of them side by side. With
    `pretraining` the fit starts from a pre-trained encoder.
    """

    n_epochs: Count
    batch_size: Count
    learning_rate: Positive
    weight_decay: Annotated[float, Field(ge=0)]
    patience: Count
    validation_fraction: Share
    clip_norm: Positive
    head_weights: dict[str, Positive]
    scale: Literal["robust", "standard"]
    clip: Positive
    device: Literal["cpu", "cuda"]
    precision: Literal["32-true", "bf16-mixed", "16-mixed"]
    n_threads: Count
    loss: LossOptions | None = None
    sampler: SamplerOptions | None = None
    schedule: ScheduleOptions | None = None
    accumulate: Count = 1
    max_skipped: Annotated[int, Field(ge=0)] = 0
    n_devices: Count = 1
    pretraining: ContrastiveOptions | None = None


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
