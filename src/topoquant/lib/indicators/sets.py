"""Which sets of columns there are, what each needs, and the columns that options ask for."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import cast

import pandas as pd

from topoquant.lib.errors import bad_input
from topoquant.lib.indicators import averages, clock, flags, momentum, price, statistics, volatility, volume
from topoquant.lib.indicators.channels import CHANNEL_SETS, channel_columns
from topoquant.lib.indicators.cross_asset import cross_asset_columns, reference_names
from topoquant.lib.indicators.fractional import fractional_columns
from topoquant.lib.indicators.macro import macro_columns, series_names
from topoquant.lib.indicators.options import IndicatorOptions, SetName
from topoquant.lib.indicators.order_flow import TAKER_COLUMN
from topoquant.lib.indicators.table import Column, Indicator

INDICATOR_SETS: dict[str, tuple[Indicator, ...]] = {
    "price_derived": price.COLUMNS,
    "averages": averages.COLUMNS,
    "momentum": momentum.COLUMNS,
    "volatility": volatility.COLUMNS,
    "volume_derived": volume.COLUMNS,
    "taker": volume.TAKER_COLUMNS,
    "statistics": statistics.COLUMNS,
    "clock": clock.COLUMNS,
    "flags": flags.COLUMNS,
}
# All sets, in the order of the table.
SETS: tuple[str, ...] = (*CHANNEL_SETS, *INDICATOR_SETS, "cross_asset", "macro", "fractional")
# A name for several sets.
GROUPS: dict[str, tuple[str, ...]] = {
    "channels": ("price", "volume", "technical"),
    "tabular": (*INDICATOR_SETS, "cross_asset", "macro"),
}
NEEDS_TAKERS = ("flow", "taker")
# What a set needs that not every run has.
NEEDS: dict[str, str] = {
    **dict.fromkeys(NEEDS_TAKERS, f"{TAKER_COLUMN} in the bars"),
    "cross_asset": "reference bars (market.references)",
    "macro": "macro series (market.macro)",
}


def chosen_sets(options: IndicatorOptions) -> tuple[str, ...]:
    """Spell out the sets that options ask for, in the order of the table.

    Parameters
    ----------
    options : IndicatorOptions
        With `sets`.

    Returns
    -------
    tuple of str
        Out of `SETS`.
    """
    wanted = {one for name in options.sets for one in GROUPS.get(name, (name,))}
    return tuple(name for name in SETS if name in wanted)


def without_absent_sets(
    options: IndicatorOptions,
    columns: Collection[str],
    *,
    references: pd.DataFrame | None = None,
    macro: pd.DataFrame | None = None,
) -> IndicatorOptions:
    """Leave out the sets that these inputs cannot give.

    Parameters
    ----------
    options : IndicatorOptions
        The chosen sets.
    columns : collection of str
        Columns of the bars.
    references, macro : DataFrame or None
        What stands beside them; see `indicators`. None or without rows is absent.

    Returns
    -------
    IndicatorOptions
        The same, `sets` spelt out and cut down to those whose inputs are there.

    Raises
    ------
    InputError
        When no set is left.

    Examples
    --------
    >>> options = IndicatorOptions(
    ...     sets=("price", "flow"), rsi_period=14, macd_fast=12, macd_slow=26, macd_signal=9,
    ...     band_period=20, band_width=2, atr_period=14, momentum_period=10, volume_period=20,
    ... )
    >>> without_absent_sets(options, ["open", "high", "low", "close", "volume"]).sets
    ('price',)
    """
    is_there = {
        **dict.fromkeys(NEEDS_TAKERS, TAKER_COLUMN in columns),
        "cross_asset": bool(reference_names(references)),
        "macro": bool(series_names(macro)),
    }
    asked = chosen_sets(options)
    there = tuple(name for name in asked if is_there.get(name, True))
    if not there:
        needed = "; ".join(dict.fromkeys(NEEDS[name] for name in asked))
        raise bad_input(
            "sets", "at least one that these bars can give", f"{', '.join(asked)} without {needed}",
            "add channels or another set that needs bars alone, or bring what is missing",
        )  # fmt: skip
    return replace(options, sets=cast("tuple[SetName, ...]", there))


def columns_of(
    options: IndicatorOptions, *, references: Sequence[str] = (), macro: Sequence[str] = ()
) -> dict[str, tuple[Column, ...]]:
    """Name, formula and warm-up of every column that options ask for.

    Parameters
    ----------
    options : IndicatorOptions
        Sets, and periods of the channels.
    references, macro : sequence of str
        Names of the other coins and of the series.

    Returns
    -------
    dict of str to tuple of Column
        By set, in the order of the table.
    """
    sets = chosen_sets(options)
    columns: dict[str, tuple[Column, ...]] = dict(channel_columns(options, sets))
    columns |= {name: INDICATOR_SETS[name] for name in sets if name in INDICATOR_SETS}
    if "cross_asset" in sets:
        columns["cross_asset"] = cross_asset_columns(references)
    if "macro" in sets:
        columns["macro"] = macro_columns(macro)
    if "fractional" in sets and options.fractional is not None:
        columns["fractional"] = fractional_columns(options.fractional)
    return columns


def channel_names(options: IndicatorOptions) -> tuple[str, ...]:
    """Names of the columns that `options.sets` asks for, but those of other coins and of macro series.

    Parameters
    ----------
    options : IndicatorOptions
        The chosen sets.

    Returns
    -------
    tuple of str
        In the order of the table.
    """
    return tuple(column.name for columns in columns_of(options).values() for column in columns)


def warm_up(options: IndicatorOptions) -> int:
    """Bars at the start of a run of bars for which `indicators` gives a NaN.

    Parameters
    ----------
    options : IndicatorOptions
        Chosen sets and their periods.

    Returns
    -------
    int
        The position, within a run without gaps, of the first row without NaN. Columns of other
        coins and of macro series have a warm-up in data of their own, which is not counted.
    """
    return max((column.warm_up for columns in columns_of(options).values() for column in columns), default=0)
