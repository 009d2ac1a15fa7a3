"""Plotly figures as files, each with its picture; apart from the others because plotly takes a second."""

import json
from pathlib import Path
from typing import Any

from kedro_datasets._typing import PlotlyPreview
from kedro_datasets.plotly import JSONDataset as PlotlyDataset

from topoquant.datasets.atomic import write_atomically


class AtomicPlotlyDataset(PlotlyDataset):
    """A plotly figure as JSON, and beside it the same figure as a PNG of the same name."""

    def save(self, data: Any) -> None:  # noqa: ANN401 (plotly is imported only where a figure is made)
        """Write the picture, then the figure."""
        from topoquant.lib.reporting import draw_png  # noqa: PLC0415 (matplotlib takes a second)

        text, picture = data.to_json(), draw_png(data)
        write_atomically(self.picture, lambda file: file.write(picture))
        write_atomically(Path(self._get_save_path()), lambda file: file.write(text.encode()))

    @property
    def picture(self) -> Path:
        """Where the PNG is."""
        return Path(self._get_save_path()).with_suffix(".png")

    def preview(self) -> PlotlyPreview:
        """Show the figure in kedro-viz."""
        return PlotlyPreview(json.loads(self.load().to_json()))
