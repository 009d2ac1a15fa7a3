"""What is searched, and how."""

from math import isclose
from typing import Annotated, Any

from pydantic import Field

from topoquant.lib.options import options

Count = Annotated[int, Field(ge=1)]


@options
class RangeOptions:
    """Numbers from `low` to `high`, both included: whole ones where both ends are.

    With `log` small numbers are drawn as often as large ones. `step` is the distance between the numbers
    drawn, which leads from one end to the other; absent, 1 of whole numbers and none of others.
    """

    low: int | float
    high: int | float
    log: bool = False
    step: int | float | None = None

    def __post_init__(self) -> None:
        """Refuse ends in the wrong order, logarithms of what has none, and steps that miss the upper end."""
        if not self.low < self.high:
            raise ValueError(f"low must be below high, got {self.low} and {self.high}")
        if self.log and (self.low <= 0 or self.step is not None):
            raise ValueError(f"log needs a low above 0 and no step, got {self.low} and {self.step}")
        if self.step is not None and (
            self.step <= 0 or (self.is_whole and self.step != int(self.step)) or not self.is_drawn(self.high)
        ):
            raise ValueError(
                f"step must lead from low to high, whole between whole ends, got {self.step} "
                f"from {self.low} to {self.high}"
            )

    @property
    def is_whole(self) -> bool:
        """Say whether whole numbers are drawn."""
        return isinstance(self.low, int) and isinstance(self.high, int)

    def is_drawn(self, value: float) -> bool:
        """Say whether a number lies between the ends, and on a step where there are steps."""
        if not self.low <= value <= self.high:
            return False
        step = self.step or (1 if self.is_whole else None)
        if step is None:
            return True
        steps = (value - self.low) / step
        # 0.3 is three steps of 0.1, though not to the last bit.
        return isclose(steps, round(steps), abs_tol=1e-9)

    def ends(self) -> tuple[Any, ...]:
        """Return the values that an option must take if it takes them all."""
        return (self.low, self.high)


@options
class ChoiceOptions:
    """One of `choices`: numbers, words, lists or nothing (null)."""

    choices: Annotated[tuple[Any, ...], Field(min_length=2)]

    def ends(self) -> tuple[Any, ...]:
        """Return the values that an option must take if it takes them all."""
        return self.choices


Domain = RangeOptions | ChoiceOptions
Space = dict[str, Domain]


@options
class TuningOptions:
    """How options of members are searched.

    Attributes
    ----------
    n_startup : int
        Trials drawn at random before the sampler (multivariate TPE) has something to go by, those that are
        enqueued included.
    n_startup_pruning : int
        Trials that are seen to their end before one may be stopped.
    n_folds_before_pruning : int
        Folds of a trial that are fitted before it may be stopped for being worse than the median of the
        others after as many.
    heartbeat_seconds : int
        How often a trial shows that it lives; one that has not for three times as long died with its process,
        and is run again.
    spaces : dict
        Member -> dotted option (`options.hidden`, `fit.learning_rate`, `selection.n_features`) -> what it may
        be.
    first : dict
        Member -> the trials to begin with, each some options; what a trial does not name is drawn. The
        options as they are without tuning come before all others.
    """

    n_startup: Count
    n_startup_pruning: Count
    n_folds_before_pruning: Count
    heartbeat_seconds: Count
    spaces: dict[str, Space]
    first: dict[str, tuple[dict[str, Any], ...]]
