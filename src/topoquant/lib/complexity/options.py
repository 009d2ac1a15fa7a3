"""What a person may choose about complexity."""

from typing import Annotated, Literal

from pydantic import Field

from topoquant.lib.options import options

Series = Literal["log_return", "log_price", "log_range"]
Window = Annotated[int, Field(ge=4)]
BoxSize = Annotated[int, Field(ge=3)]


@options
class ComplexityOptions:
    """Which windows of which series are looked at, and how.

    Attributes
    ----------
    series : tuple of {"log_return", "log_price", "log_range"}
        Of closes, or log(high / low); each gets columns of its own.
    interval : str or None
        Length of the bars that the windows consist of ("5m"). None takes the finest there are.
    windows : tuple of int
        Values per window, each with columns of its own.
    permutation_order, permutation_delay : int
        Values per ordinal pattern and the distance between them.
    sample_order : int
        Values per template of the sample entropy.
    sample_tolerance : float
        How near is a match, in standard deviations of the window.
    higuchi_lags : int
        Largest lag of Higuchi's curves.
    box_sizes : tuple of int or None
        Box sizes of the detrended fluctuation analysis. None takes `default_box_sizes` of the window.
    normalize : bool
        Permutation and spectral entropy and Lempel-Ziv complexity as fractions of the most there can
        be, or, for the last, of what coin tosses tend to.
    """

    series: Annotated[tuple[Series, ...], Field(min_length=1)]
    interval: str | None
    windows: Annotated[tuple[Window, ...], Field(min_length=1)]
    permutation_order: Annotated[int, Field(ge=2, le=8)]
    permutation_delay: Annotated[int, Field(ge=1)]
    sample_order: Annotated[int, Field(ge=1)]
    sample_tolerance: Annotated[float, Field(gt=0)]
    higuchi_lags: Annotated[int, Field(ge=2)]
    box_sizes: tuple[BoxSize, ...] | None
    normalize: bool
