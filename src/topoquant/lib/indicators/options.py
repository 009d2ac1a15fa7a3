"""What a person may choose about tabular features."""

from typing import Annotated, Literal

from pydantic import Field

from topoquant.lib.options import options
from topoquant.lib.own_functions import OwnFunctionOptions

Period = Annotated[int, Field(ge=2)]
ChannelSet = Literal["price", "volume", "technical", "flow"]


@options
class IndicatorOptions:
    """Which channels to compute and over how many bars.

    Attributes
    ----------
    sets : tuple of {"price", "volume", "technical", "flow"}
        Groups of channels; their order in the table is fixed, not that of this tuple. `flow` needs
        bars with `taker_buy_volume` and is left out of others.
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
    functions : tuple of OwnFunctionOptions
        Functions of the user's own whose columns are appended. Absent means none.
    """

    sets: Annotated[tuple[ChannelSet, ...], Field(min_length=1)]
    rsi_period: Period
    macd_fast: Period
    macd_slow: Period
    macd_signal: Period
    band_period: Period
    band_width: Annotated[float, Field(gt=0)]
    atr_period: Period
    momentum_period: Annotated[int, Field(ge=1)]
    volume_period: Period
    functions: tuple[OwnFunctionOptions, ...] = ()


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
