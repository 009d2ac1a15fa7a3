"""Tabular features of bars: the trigger study's channels, and features blind to the sign of a return."""

from topoquant.lib.indicators.blind import blind_names, sign_blind_features
from topoquant.lib.indicators.channels import CHANNEL_SETS, CHANNELS, channel_names, indicators, warm_up
from topoquant.lib.indicators.options import BlindOptions, IndicatorOptions

__all__ = [
    "CHANNELS",
    "CHANNEL_SETS",
    "BlindOptions",
    "IndicatorOptions",
    "blind_names",
    "channel_names",
    "indicators",
    "sign_blind_features",
    "warm_up",
]
