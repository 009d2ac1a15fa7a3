"""What a person may choose about topological features."""

from typing import Annotated, Literal

from pydantic import Field

from topoquant.lib.options import options

Count = Annotated[int, Field(ge=1)]


@options
class TdaOptions:
    """Window, embedding and vectorisation of Rips persistence.

    Attributes
    ----------
    window : int
        Values of the series per window.
    dimension, delay : int
        Takens embedding: coordinates per point, and bars between them.
    series : {"log_price", "returns"}
        Log of the close, or its change from bar to bar (one more bar per window).
    n_bins : int
        Points of the grid on which Betti curves and landscapes are read.
    n_layers : int
        Persistence landscapes of H1 whose norms are features.
    grid_max : float
        End of the grid, in standard deviations of the window; it begins at 0.
    backend : {"sliding", "single", "giotto"}
        Who computes the diagrams: all windows at once, each by itself, or giotto-ph, which is slow
        and there to compare with. Every backend gives the same bars.
    n_jobs : int
        Processes that share the windows; no value depends on it.
    """

    window: Annotated[int, Field(ge=3)]
    dimension: Count
    delay: Count
    series: Literal["log_price", "returns"]
    n_bins: Annotated[int, Field(ge=2)]
    n_layers: Count
    grid_max: Annotated[float, Field(gt=0)]
    backend: Literal["sliding", "single", "giotto"]
    n_jobs: Count
