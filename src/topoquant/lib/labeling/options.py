"""Options of labels."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from topoquant.lib.errors import bad_input
from topoquant.lib.options import options

Side = Literal["up", "down", "both"]
Fraction = Annotated[float, Field(gt=0, lt=1)]


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

    horizon: Annotated[int, Field(ge=1)]
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
