"""Tabular features of bars: sets of indicators, order flow, and features blind to the sign of a return."""

from topoquant.lib.indicators.blind import blind_names, sign_blind_features
from topoquant.lib.indicators.channels import CHANNEL_SETS, CHANNELS
from topoquant.lib.indicators.fractional import (
    augmented_dickey_fuller,
    fractional_difference,
    fractional_name,
    smallest_stationary_d,
)
from topoquant.lib.indicators.options import (
    BlindOptions,
    FractionalOptions,
    IndicatorOptions,
    ResidualOptions,
)
from topoquant.lib.indicators.order_flow import order_flow
from topoquant.lib.indicators.page import indicators_page
from topoquant.lib.indicators.residuals import moving_mean_residuals
from topoquant.lib.indicators.sets import (
    GROUPS,
    NEEDS,
    SETS,
    channel_names,
    chosen_sets,
    columns_of,
    warm_up,
    without_absent_sets,
)
from topoquant.lib.indicators.table import Column
from topoquant.lib.indicators.tabular import indicators, known_by

__all__ = [
    "CHANNELS",
    "CHANNEL_SETS",
    "GROUPS",
    "NEEDS",
    "SETS",
    "BlindOptions",
    "Column",
    "FractionalOptions",
    "IndicatorOptions",
    "ResidualOptions",
    "augmented_dickey_fuller",
    "blind_names",
    "channel_names",
    "chosen_sets",
    "columns_of",
    "fractional_difference",
    "fractional_name",
    "indicators",
    "indicators_page",
    "known_by",
    "moving_mean_residuals",
    "order_flow",
    "sign_blind_features",
    "smallest_stationary_d",
    "warm_up",
    "without_absent_sets",
]
