"""The page that lists every column: written from what the columns say of themselves."""

from collections.abc import Sequence

from topoquant.lib.indicators.options import IndicatorOptions
from topoquant.lib.indicators.sets import GROUPS, NEEDS, columns_of
from topoquant.lib.indicators.table import Column

_PURPOSE = {
    "price": "Channels: log of each price over the previous close.",
    "volume": "Channels: volume beside its own past.",
    "technical": "Channels: oscillators as fractions.",
    "flow": "Channels: what takers bought and sold.",
    "price_derived": "Returns, momentum, spreads within a bar, gaps, distance to extremes.",
    "averages": "The close beside its moving averages, one average beside another, their slope, MACD.",
    "momentum": "Oscillators.",
    "volatility": "Rolling deviation, bands, true range, estimators from ranges.",
    "volume_derived": "Volume beside its own past and beside prices; running sums as differences.",
    "taker": "What takers bought and sold; the cumulative delta as differences.",
    "statistics": "Higher moments, z-scores, dependence in time.",
    "clock": "The decision time in UTC, each cycle as a sine and a cosine.",
    "flags": "States of the market, 0 or 1.",
    "cross_asset": "Other coins, six columns each; the warm-up is in bars of that coin.",
    "macro": "Series that are no bars, five columns each; the warm-up is in values of that series.",
    "fractional": "Fractional differences of log close for a fixed grid of orders; train chooses among them.",
}


def indicators_page(options: IndicatorOptions, *, references: Sequence[str], macro: Sequence[str]) -> str:
    """Write the page of all columns that options ask for.

    Parameters
    ----------
    options : IndicatorOptions
        Sets, and the periods and grid to state.
    references, macro : sequence of str
        Names that stand for any coin and any series.

    Returns
    -------
    str
        Markdown: one table per set, one line per column.
    """
    by_set = columns_of(options, references=references, macro=macro)
    of_others = ("cross_asset", "macro")
    n_tabular = sum(len(by_set[name]) for name in GROUPS["tabular"] if name not in of_others)
    parts = [_INTRODUCTION.format(n_tabular=n_tabular)]
    parts += [_section(name, columns) for name, columns in by_set.items()]
    return "\n".join(parts)


_INTRODUCTION = """# Indicators

Every column that [features_tabular](stages/features_tabular.md) can make, by set. This page is written from
what the columns declare by `python -m topoquant.pipelines.features_tabular.page`; a test compares the two.

`channels` stands for the sets `price`, `volume` and `technical`: the fourteen columns of the trigger study.
`tabular` stands for the sets from `price_derived` to `macro`: {n_tabular} columns, six more for each other
coin and five for each macro series; COIN and SERIES stand for their names. Periods of the channels and orders
of `fractional` are options, shown here as the recipe `trigger` has them.

Prices enter as ratios, spreads and returns, never as levels, volume as a share of volume, and what
accumulates without end (on-balance volume, cumulative delta) as a change or a z-score: a level would tell a
model the date. Fractional differences keep a share of the level, the more the lower their order; train takes
the lowest that a test finds stationary on its own rows. A standard deviation is that of the population,
unless it is called a sample's.

A column is empty for its warm-up, at the start and after every gap. A star marks one that remembers all bars
of its run: its warm-up (three spans of an exponential average, six periods of one of Wilder's) ends where
what came before weighs less than 2 %. Starred channels start with their period, as libraries do. The others
see their window alone.
"""


def _section(name: str, columns: Sequence[Column]) -> str:
    """One set: what it is, what it needs, and its columns."""
    needs = f" Needs {NEEDS[name]}; left out without." if name in NEEDS else ""
    head = [
        f"## {name}",
        "",
        f"{_PURPOSE[name]}{needs}",
        "",
        "| column | formula | warm-up |",
        "|---|---|---|",
    ]
    lines = [
        f"| `{column.name}` | {column.formula} | {column.warm_up}{'*' if column.recursive else ''} |"
        for column in columns
    ]
    return "\n".join([*head, *lines, ""])
