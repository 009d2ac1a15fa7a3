"""What a person may choose about tabular features."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from topoquant.lib.options import options
from topoquant.lib.own_functions import OwnFunctionOptions

Period = Annotated[int, Field(ge=2)]
SetName = Literal[
    "price", "volume", "technical", "flow",
    "price_derived", "averages", "momentum", "volatility", "volume_derived", "taker", "statistics", "clock",
    "flags", "cross_asset", "macro", "fractional", "channels", "tabular",
]  # fmt: skip
LARGEST_D = 2.0
SMALLEST_THRESHOLD = 1e-7


@options
class FractionalOptions:
    """Which fractional differences to compute, for the fit of each fold to choose from.

    Attributes
    ----------
    grid : tuple of float
        Orders, ascending, in (0, 2].
    threshold : float
        Weights smaller than this in absolute value are left out; it sets the width of the window.
    """

    grid: Annotated[tuple[Annotated[float, Field(gt=0, le=LARGEST_D)], ...], Field(min_length=1)]
    threshold: Annotated[float, Field(ge=SMALLEST_THRESHOLD, lt=1)]

    @model_validator(mode="after")
    def check_grid(self) -> Self:
        """Refuse an order that stands twice or out of its place."""
        if list(self.grid) != sorted(set(self.grid)):
            raise ValueError(f"grid must be ascending, without an order twice, got {self.grid}: sort it")
        return self


@options
class IndicatorOptions:
    """Which sets of columns to compute, and over how many bars the channels look back.

    Attributes
    ----------
    sets : tuple of str
        Names of sets; their order in the table is fixed, not that of this tuple. `channels` stands
        for `price`, `volume` and `technical`, `tabular` for all others but `flow` and
        `fractional`. `flow` and `taker` need bars with `taker_buy_volume`, `cross_asset`
        references and `macro` macro series, and each is left out without them.
    rsi_period, atr_period : int
        Wilder periods of the relative strength index and the average true range.
    macd_fast, macd_slow, macd_signal : int
        Spans of the three exponential averages of MACD.
    band_period : int
        Bars of the Bollinger band.
    band_width : float
        Half-width of the band in standard deviations.
    momentum_period : int
        Bars of the momentum.
    volume_period : int
        Bars of every average of volume or order flow.
    fractional : FractionalOptions
        Of the set `fractional`. Absent means that it cannot be chosen.
    functions : tuple of OwnFunctionOptions
        Functions of the user's own whose columns are appended. Absent means none.
    """

    sets: Annotated[tuple[SetName, ...], Field(min_length=1)]
    rsi_period: Period
    macd_fast: Period
    macd_slow: Period
    macd_signal: Period
    band_period: Period
    band_width: Annotated[float, Field(gt=0)]
    atr_period: Period
    momentum_period: Annotated[int, Field(ge=1)]
    volume_period: Period
    fractional: FractionalOptions | None = None
    functions: tuple[OwnFunctionOptions, ...] = ()

    @model_validator(mode="after")
    def check_fractional(self) -> Self:
        """Refuse the set `fractional` without its grid."""
        if "fractional" in self.sets and self.fractional is None:
            raise ValueError("fractional must be given with the set fractional, got none: add its grid")
        return self


@options
class BlindOptions:
    """Memory of the features that know how much a market moves and never which way.

    Attributes
    ----------
    half_lives : tuple of float
        Half-lives, in bars, of the average squared range.
    volume_half_life : float
        Half-life, in bars, of the average that volume is compared with.
    n_lags : int
        Number of past absolute returns.
    """

    half_lives: Annotated[tuple[Annotated[float, Field(gt=0)], ...], Field(min_length=1)]
    volume_half_life: Annotated[float, Field(gt=0)]
    n_lags: Annotated[int, Field(ge=1)]


@options
class ResidualOptions:
    """Which columns of the indicators say how far price is from a moving mean.

    Attributes
    ----------
    columns : tuple of str
        Names in the table of indicators, such as `close_zscore_30`.
    """

    columns: Annotated[tuple[str, ...], Field(min_length=1)]
