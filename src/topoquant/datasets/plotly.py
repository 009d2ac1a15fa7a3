"""Plotly figures as files; apart from the others because importing plotly takes a second."""

import json
from pathlib import Path
from typing import Any

from kedro_datasets._typing import PlotlyPreview
from kedro_datasets.plotly import JSONDataset as PlotlyDataset

from topoquant.datasets.atomic import write_atomically


class AtomicPlotlyDataset(PlotlyDataset):
    """A plotly figure."""

    def save(self, data: Any) -> None:  # noqa: ANN401 (plotly is imported only where a figure is made)
        """Write the figure."""
        text = data.to_json()
        write_atomically(Path(self._get_save_path()), lambda file: file.write(text.encode()))

    def preview(self) -> PlotlyPreview:
        """Show the figure in kedro-viz."""
        return PlotlyPreview(json.loads(self.load().to_json()))
