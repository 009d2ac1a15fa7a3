"""Options of labels: one class per kind of target, each with a `horizon` and a `side`.

`horizon` is the number of bars after which every target of a row is known. `side` is what a
prediction of the target says about price: "direction" (up against down), "up" or "down" (one
way or nothing), "both" (a move, whichever way).
"""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from topoquant.lib.errors import bad_input
from topoquant.lib.options import options
from topoquant.lib.own_functions import OwnFunctionOptions

Side = Literal["up", "down", "both"]
JudgedSide = Literal["direction", "up", "down", "both"]
Reference = Literal["open", "close"]
WidthKind = Literal["atr", "volatility"]
Bars = Annotated[int, Field(ge=1)]
Fraction = Annotated[float, Field(gt=0, lt=1)]
Positive = Annotated[float, Field(gt=0)]


@options
class TriggerOptions:
    """When a move counts: how far, to which side, within how many bars.

    Attributes
    ----------
    horizon : int
        Bars from the entry bar to the last bar looked at, inclusive.
    side : {"up", "down", "both"}
        Which excursions from the entry count.
    threshold : float or None
        Fraction of the entry price a move must reach.
    rate : float or None
        Share of train rows that are to be labelled 1; the threshold is then fitted to it.
        Exactly one of threshold and rate is given.

    Examples
    --------
    >>> TriggerOptions(horizon=4, side="up", threshold=None, rate=0.1)
    TriggerOptions(horizon=4, side='up', threshold=None, rate=0.1)
    """

    horizon: Bars
    side: Side
    threshold: Fraction | None
    rate: Fraction | None

    @model_validator(mode="after")
    def check_one_given(self) -> Self:
        """Refuse both or neither of threshold and rate."""
        if (self.threshold is None) == (self.rate is None):
            raise bad_input(
                "label", "given exactly one of threshold and rate", f"{self.threshold} and {self.rate}",
                "set the other to null",
            )  # fmt: skip
        return self


@options
class DirectionOptions:
    """Up or down from the fill to the close `horizon` bars later.

    Attributes
    ----------
    horizon : int
        Bars from the entry bar to the bar of the exit, inclusive.

    Examples
    --------
    >>> DirectionOptions(horizon=15).side
    'direction'
    """

    horizon: Bars

    @property
    def side(self) -> JudgedSide:
        """Up against down."""
        return "direction"


@options
class MoveOptions:
    """When the move from the fill to the close `horizon` bars later counts.

    Attributes
    ----------
    horizon : int
        Bars from the entry bar to the bar of the exit, inclusive.
    threshold : float
        Fraction of the entry price the move must reach.
    side : {"up", "down", "both"}
        Which moves count; "both" is the absolute move.
    volume_window : int or None
        Bars of the average volume, the decision bar included.
    min_volume_ratio : float or None
        Rows whose volume lies below this multiple of that average have no target. Both or
        neither of `volume_window` and `min_volume_ratio` are given.

    Examples
    --------
    >>> MoveOptions(horizon=5, threshold=0.01, side="both", volume_window=20, min_volume_ratio=0.5).horizon
    5
    """

    horizon: Bars
    threshold: Fraction
    side: Side
    volume_window: Bars | None
    min_volume_ratio: Positive | None

    @model_validator(mode="after")
    def check_filter(self) -> Self:
        """Refuse half a volume filter."""
        if (self.volume_window is None) != (self.min_volume_ratio is None):
            raise bad_input(
                "label", "given both or neither of volume_window and min_volume_ratio",
                f"{self.volume_window} and {self.min_volume_ratio}", "set the other too, or both to null",
            )  # fmt: skip
        return self


@options
class LogReturnOptions:
    """Log-returns over one or several horizons.

    Attributes
    ----------
    horizons : tuple of int
        Distinct numbers of bars, shortest first; a row needs the longest to fit.
    reference : {"open", "close"}
        Measured from the next open, the fill, or from the close of the decision bar; the
        latter exists for published tables and cannot be traded.

    Examples
    --------
    >>> LogReturnOptions(horizons=(1, 7, 30), reference="open").horizon
    30
    """

    horizons: Annotated[tuple[Bars, ...], Field(min_length=1)]
    reference: Reference

    @model_validator(mode="after")
    def check_ascending(self) -> Self:
        """Refuse horizons that repeat or are out of order."""
        if list(self.horizons) != sorted(set(self.horizons)):
            raise bad_input(
                "horizons", "distinct numbers of bars, shortest first", list(self.horizons),
                f"write {sorted(set(self.horizons))}",
            )  # fmt: skip
        return self

    @property
    def horizon(self) -> int:
        """The longest one: after it every target of a row is known."""
        return max(self.horizons)

    @property
    def side(self) -> JudgedSide:
        """Up against down."""
        return "direction"


@options
class TripleBarrierOptions:
    """An upper barrier, a lower one and a time limit; whichever comes first is the label.

    Attributes
    ----------
    horizon : int
        Bars to the time limit, the entry bar included.
    upper, lower : float
        Distances from the entry, in widths. With a side `upper` is the profit side, which is
        below the entry when short. Infinity (`.inf` in YAML) is no barrier.
    side : {"up", "down", "both"}
        The position the label judges: long, short, or none, where the label is which barrier
        came first.
    width : {"atr", "volatility"}
        What a width is, as a fraction of price: the average true range or the volatility of
        one bar. Neither grows with the horizon: barriers do, as its square root.
    period : int
        Bars of the average true range, or the half-life of the volatility in bars.

    Examples
    --------
    >>> TripleBarrierOptions(horizon=24, upper=1.5, lower=1.5, side="up", width="atr", period=14).upper
    1.5
    """

    horizon: Bars
    upper: Positive
    lower: Positive
    side: Side
    width: WidthKind
    period: Annotated[int, Field(ge=2)]

    @model_validator(mode="after")
    def check_a_barrier(self) -> Self:
        """Refuse a target without any barrier to touch, or one whose label could never be 1."""
        needed = min(self.upper, self.lower) if self.side == "both" else self.upper
        if needed == float("inf"):
            raise bad_input(
                "label", "given a finite upper, or with side both a finite upper or lower",
                f"upper {self.upper} and lower {self.lower} with side {self.side}",
                "set the distance of the barrier in widths",
            )  # fmt: skip
        return self


@options
class OwnTargetOptions(OwnFunctionOptions):
    """A label made by a function of the user's own.

    Attributes
    ----------
    function, options : str and dict
        As in `OwnFunctionOptions`.
    horizon : int
        Longest time, in bars, from a decision to its t1.
    side : {"direction", "up", "down", "both"}
        What label 1 says about price.

    Examples
    --------
    >>> OwnTargetOptions(function="math:sqrt", horizon=4, side="up").options
    {}
    """

    horizon: Bars
    side: JudgedSide


TargetOptions = (
    TriggerOptions
    | DirectionOptions
    | MoveOptions
    | LogReturnOptions
    | TripleBarrierOptions
    | OwnTargetOptions
)
