"""What a person may choose about the audit. The verdict's own thresholds are not among it."""

from typing import Annotated

from pydantic import Field

from topoquant.lib.options import options


@options
class AuditOptions:
    """Sizes and alarms of the checks.

    Attributes
    ----------
    n_cuts : int
        Instants at which every feature is recomputed without the future.
    n_target_cuts : int
        Instants after which the bars are taken away, or others put there, and targets recomputed: a
        target is cheap, and one cut looks at the few rows whose t1 lies close before it.
    max_rate_ratio : float
        Ratio of base rates, either way, that passes in silence.
    drift_alarm : float
        Population stability index above which a column is named.
    n_adversarial_blocks : int
        Blocks of train rows that are told apart from each other, and the last of them from later rows.
    n_blindness_rows : int
        Train rows of the two fits, with test bars as they are and as garbage.
    n_overfitting_blocks : int
        Blocks of test bars that are halved in every way, even.
    """

    n_cuts: Annotated[int, Field(ge=1)]
    n_target_cuts: Annotated[int, Field(ge=1)]
    max_rate_ratio: Annotated[float, Field(gt=1)]
    drift_alarm: Annotated[float, Field(gt=0)]
    n_adversarial_blocks: Annotated[int, Field(ge=4)]
    n_blindness_rows: Annotated[int, Field(ge=100)]
    n_overfitting_blocks: Annotated[int, Field(ge=2, le=20, multiple_of=2)]


@options
class PowerOptions:
    """How often the fast path is run on copies of the bars with no signal, and with a known one.

    Attributes
    ----------
    n_surrogates : int
        Sign-flipped copies; with none, and no injections, power is not measured.
    n_injections : int
        Copies per strength.
    strengths : tuple of float
        Hidden drift per bar, in units of volatility per bar.
    n_jobs : int
        Threads that share the runs; no number depends on it.
    """

    n_surrogates: Annotated[int, Field(ge=0)]
    n_injections: Annotated[int, Field(ge=0)]
    strengths: tuple[Annotated[float, Field(gt=0)], ...]
    n_jobs: Annotated[int, Field(ge=1)]


@options
class CalibrationOptions:
    """How the calibrator of the one prediction is chosen.

    Attributes
    ----------
    n_blocks : int
        Contiguous blocks of out-of-fold rows; each kind is judged on each block by a fit on the others.
    """

    n_blocks: Annotated[int, Field(ge=2)]


@options
class OperatingPointOptions:
    """What a threshold must keep.

    Attributes
    ----------
    min_recall : float
        Share of the positives of the second half of val.
    min_signals : int
        Rows at or above the threshold there.
    """

    min_recall: Annotated[float, Field(ge=0, le=1)]
    min_signals: Annotated[int, Field(ge=1)]
