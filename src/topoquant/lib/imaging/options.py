"""What a person may choose about images of windows."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from topoquant.lib.options import options

ImageSeries = Literal["open", "high", "low", "close", "volume"]
GramianMethod = Literal["summation", "difference"]
ImageMethod = Literal["summation", "difference", "markov", "recurrence", "spectrogram"]
Resize = Literal["series", "image"]
Scaling = Literal["window", "volatility"]


def _distinct(values: tuple[object, ...]) -> tuple[object, ...]:
    """Refuse a value that is named twice: its channels would be the same."""
    if len(set(values)) < len(values):
        raise ValueError(f"each may be named once, got {list(values)}")
    return values


@options
class ImageOptions:
    """Windows of one decision time, and how each becomes images.

    Attributes
    ----------
    series : {"open", "high", "low", "close", "volume"}
        Column of the bars whose windows are stored.
    windows : tuple of int
        Bars per window, the deciding bar included; all end at it, so the shorter are suffixes of the
        longest.
    size : int
        Pixels per side, whatever the window.
    methods : tuple of {"summation", "difference", "markov", "recurrence", "spectrogram"}
        Images made of every window; windows times methods channels in all, window by window.
    resize : {"series", "image"}
        Whether the series is brought to `size` values or the finished Gramian image to `size` pixels.
    scaling : {"window", "volatility"}
        From each window's own minimum to its maximum, or around its last value in units of the
        volatility of the longest window, which all windows of a sample then share.
    limit : float
        With "volatility": the end of the scale, in standard deviations of a random walk over the
        longest window; values beyond are cut.
    n_states : int
        Quantile bins of the Markov field.
    segment : int
        Values per segment of the spectrogram.
    n_per_class : int
        Samples of each class on the sheet.
    """

    series: ImageSeries
    windows: Annotated[
        tuple[Annotated[int, Field(ge=2)], ...], Field(min_length=1), AfterValidator(_distinct)
    ]
    size: Annotated[int, Field(ge=2)]
    methods: Annotated[tuple[ImageMethod, ...], Field(min_length=1), AfterValidator(_distinct)]
    resize: Resize
    scaling: Scaling
    limit: Annotated[float, Field(gt=0)]
    n_states: Annotated[int, Field(ge=2)]
    segment: Annotated[int, Field(ge=2)]
    n_per_class: Annotated[int, Field(ge=1)]
