"""Windows of the rows that are used; images are made of them per batch and never stored."""

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from topoquant.lib.bars import MarketOptions
from topoquant.lib.imaging import ImageOptions, image_ranges, image_sheet, image_windows_of_rows
from topoquant.lib.reporting.figures import sheet_figure
from topoquant.lib.sampling import used_rows

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

Record = dict[str, Any]


def make_image_windows(
    bars: pd.DataFrame, splits: pd.DataFrame, market: MarketOptions, options: ImageOptions
) -> tuple[NDArray[np.float64], pd.DataFrame, Record]:
    """Take them, in the order of the key index beside them, and the range of every channel."""
    made = image_windows_of_rows(
        bars,
        used_rows(splits),
        window=max(options.windows),
        series=options.series,
        interval=market.interval,
    )
    record = {
        "series": options.series,
        "size": options.size,
        "n_rows": len(made.index),
        "dropped": made.dropped,
        "channels": image_ranges(made.values, options),
    }
    return made.values, made.index, record


def look_at_images(
    windows: NDArray[np.float64],
    index: pd.DataFrame,
    development_targets: pd.DataFrame,
    options: ImageOptions,
) -> tuple[Record, "Figure"]:
    """Make the images of some train and val rows of each class."""
    sheet = image_sheet(windows, index, development_targets, options)
    return sheet, sheet_figure(sheet)
