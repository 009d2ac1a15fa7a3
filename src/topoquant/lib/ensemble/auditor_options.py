"""Options of the auditor and of conformal intervals."""

from typing import Annotated

from pydantic import Field

from topoquant.lib.options import options

Count = Annotated[int, Field(ge=1)]
Share = Annotated[float, Field(gt=0, lt=1)]
Rate = Annotated[float, Field(gt=0, le=1)]


@options
class AuditorOptions:
    """Which rows are signals, how the auditor's trees grow, and how many signals it lets pass.

    Attributes
    ----------
    share : float
        Share of a fit's own rows that are signals, at each end that the target trades.
    kept : float
        Share of the train signals that the gate lets pass, those most likely to be right.
    min_rarer : float
        Summed uniqueness that right and wrong signals must each have in every fit; with less there is
        no auditor.
    n_trees, learning_rate, max_depth, min_child_weight, max_bins : numbers
        Of the boosted trees; `min_child_weight` is in effective signals over four.
    feature_fraction, row_fraction : float
        Drawn for every tree.
    l2 : float
        Penalty on the leaves.
    patience, validation_fraction : int and float
        Trees without a better log-loss on the purged tail of a fit's own signals before it stops.
    n_threads : int
        One keeps sums in one order.
    """

    share: Annotated[float, Field(gt=0, le=0.5)]
    kept: Share
    min_rarer: Annotated[float, Field(ge=1)]
    n_trees: Count
    learning_rate: Rate
    max_depth: Count
    min_child_weight: Annotated[float, Field(ge=0)]
    max_bins: Annotated[int, Field(ge=2)]
    feature_fraction: Rate
    row_fraction: Rate
    l2: Annotated[float, Field(ge=0)]
    patience: Count
    validation_fraction: Share
    n_threads: Count


@options
class ConformalOptions:
    """Split-conformal intervals of predicted values.

    Attributes
    ----------
    miscoverage : float
        Share of targets that may lie outside: 0.1 asks for intervals that hold nine in ten.
    half_life : float
        Which of the filtered volatilities scores are divided by: a half-life of `features_blind`.

    Examples
    --------
    >>> ConformalOptions(miscoverage=0.1, half_life=20)
    ConformalOptions(miscoverage=0.1, half_life=20.0)
    """

    miscoverage: Share
    half_life: Annotated[float, Field(gt=0)]
