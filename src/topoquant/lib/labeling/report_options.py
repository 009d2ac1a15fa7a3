"""What a person may choose about the report on labels."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from topoquant.lib.errors import bad_input
from topoquant.lib.indicators import BlindOptions
from topoquant.lib.options import options

Share = Annotated[float, Field(ge=0, le=1)]


@options
class LabelReportOptions:
    """From which number on the label report warns, and what it measures volatility with.

    Attributes
    ----------
    blind : BlindOptions
        Features of the volatility baseline: those that naive models see.
    regime_half_life : float
        Half-life, in bars, of the average range that tells calm, normal and wild apart; one of
        `blind.half_lives`.
    l2 : float
        Penalty of the volatility baseline's slopes.
    min_rarer_share : float
        Warn where the rarer class is a smaller share of the train rows.
    min_rarer_effective : float
        Warn where the summed uniqueness of the rarer class of any set is smaller.
    max_filtered_share : float
        Warn where a filter leaves out a larger share of the rows with a whole horizon.
    min_move_ranges : float
        Warn where the median move over the horizon is smaller, in median ranges of one bar. A
        random walk moves about .44 of a bar's range in one bar and twice that in four.
    max_threshold_moves : float
        Warn where the threshold is a larger multiple of the median move over the horizon.
    max_unmoved_share : float
        Warn where a larger share of rows ends exactly where it was filled.
    max_time_share : float
        Warn where a larger share of rows meets no barrier before the time limit.
    max_volatility_auc : float
        Say so where volatility alone ranks val rows better; above .5.
    max_both_share : float
        Warn where a larger share of rows touches both barriers in one bar.
    max_rate_ratio : float
        Warn where the rates of two sets differ by a larger factor, and by more than chance.

    Examples
    --------
    >>> blind = BlindOptions(half_lives=(20, 100), volume_half_life=20, n_lags=5)
    >>> LabelReportOptions(blind=blind, regime_half_life=100, l2=100.0, min_rarer_share=0.05,
    ...     min_rarer_effective=30, max_filtered_share=0.5, min_move_ranges=0.3, max_threshold_moves=5,
    ...     max_unmoved_share=0.05, max_time_share=0.8, max_volatility_auc=0.6, max_both_share=0.02,
    ...     max_rate_ratio=1.5).l2
    100.0
    """

    blind: BlindOptions
    regime_half_life: Annotated[float, Field(gt=0)]
    l2: Annotated[float, Field(gt=0)]
    min_rarer_share: Share
    min_rarer_effective: Annotated[float, Field(ge=0)]
    max_filtered_share: Share
    min_move_ranges: Annotated[float, Field(ge=0)]
    max_threshold_moves: Annotated[float, Field(gt=0)]
    max_unmoved_share: Share
    max_time_share: Share
    max_volatility_auc: Annotated[float, Field(gt=0.5, le=1)]
    max_both_share: Share
    max_rate_ratio: Annotated[float, Field(gt=1)]

    @model_validator(mode="after")
    def check_half_life(self) -> Self:
        """Refuse a half-life that is not among those computed."""
        if self.regime_half_life not in self.blind.half_lives:
            raise bad_input(
                "regime_half_life", f"one of blind.half_lives {self.blind.half_lives}", self.regime_half_life,
                "choose one of them or add it there",
            )  # fmt: skip
        return self
