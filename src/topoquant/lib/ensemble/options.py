"""Options of the ensemble."""

from typing import Annotated, Literal

from pydantic import Field

from topoquant.lib.options import options

Candidate = Literal["stack", "mean", "best_single"]


@options
class EnsembleOptions:
    """How members are combined; which members is the recipe's structure, not a number.

    Attributes
    ----------
    candidates : tuple of {"stack", "mean", "best_single"}
        What is compared on the first half of val.
    ridge : float
        Penalty of the stack: added to its mean log-loss is ridge / 2 times the sum of its squared
        weights (not the intercept), whatever the number of rows.
    min_rarer : float
        Summed uniqueness of the rarer class that each fit of the stack must have; with less, the
        stack is not a candidate.

    Examples
    --------
    >>> EnsembleOptions(candidates=("stack", "mean"), ridge=0.001, min_rarer=10)
    EnsembleOptions(candidates=('stack', 'mean'), ridge=0.001, min_rarer=10.0)
    """

    candidates: Annotated[tuple[Candidate, ...], Field(min_length=1)]
    ridge: Annotated[float, Field(gt=0)]
    min_rarer: Annotated[float, Field(ge=1)]
