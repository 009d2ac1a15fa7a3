"""What a person may choose about topological features."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from topoquant.lib.options import options

Count = Annotated[int, Field(ge=1)]
Series = Literal["log_price", "returns", "volume"]


def _distinct(values: tuple[object, ...]) -> tuple[object, ...]:
    """Refuse a value that is named twice: its columns would have the same names."""
    if len(set(values)) < len(values):
        raise ValueError(f"each may be named once, got {list(values)}")
    return values


@options
class TdaOptions:
    """Series, windows, embedding and vectorisation of persistent homology.

    Attributes
    ----------
    windows : tuple of int
        Values per window; every window of a row ends at the row's own bar.
    dimension, delay : int
        Takens embedding: coordinates per point, and bars between them.
    series : tuple of {"log_price", "returns", "volume"}
        Log of the close; its change from bar to bar (one more bar per window); log(1 + volume).
        Every series is taken in every window, and their columns stand one after the other.
    n_bins : int
        Points of the grid on which Betti curves and landscapes are read.
    n_layers : int
        Persistence landscapes of H1 whose norms are features.
    grid_max : float
        End of the grid, in standard deviations of the window; it begins at 0.
    sublevel : bool
        Whether the persistence of the window's sub-level sets is added.
    sublevel_max : float
        End of the grid of its Betti curve, in standard deviations above the window's minimum.
    backend : {"sliding", "single", "giotto"}
        Who computes the diagrams: all windows at once, each by itself, or giotto-ph, which is slow
        and there to compare with. Every backend gives the same bars.
    n_jobs : int
        Processes that share the windows; no value depends on it.
    """

    windows: Annotated[
        tuple[Annotated[int, Field(ge=3)], ...], Field(min_length=1), AfterValidator(_distinct)
    ]
    dimension: Count
    delay: Count
    series: Annotated[tuple[Series, ...], Field(min_length=1), AfterValidator(_distinct)]
    n_bins: Annotated[int, Field(ge=2)]
    n_layers: Count
    grid_max: Annotated[float, Field(gt=0)]
    sublevel: bool
    sublevel_max: Annotated[float, Field(gt=0)]
    backend: Literal["sliding", "single", "giotto"]
    n_jobs: Count
