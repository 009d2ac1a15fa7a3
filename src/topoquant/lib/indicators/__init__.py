"""Tabular features of bars: channels for models, order flow, and features blind to the sign of a return."""

from topoquant.lib.indicators.blind import blind_names, sign_blind_features
from topoquant.lib.indicators.channels import (
    CHANNEL_SETS,
    CHANNELS,
    channel_names,
    indicators,
    warm_up,
    without_absent_sets,
)
from topoquant.lib.indicators.options import BlindOptions, IndicatorOptions
from topoquant.lib.indicators.order_flow import order_flow

__all__ = [
    "CHANNELS",
    "CHANNEL_SETS",
    "BlindOptions",
    "IndicatorOptions",
    "blind_names",
    "channel_names",
    "indicators",
    "order_flow",
    "sign_blind_features",
    "warm_up",
    "without_absent_sets",
]
