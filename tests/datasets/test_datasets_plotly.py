"""Figures survive the way to a file and back."""

import plotly.graph_objects as go
import pytest
from kedro.io import DatasetError

from topoquant.datasets.plotly import AtomicPlotlyDataset


def test_a_figure_is_saved_loaded_and_kept_when_the_next_one_fails(tmp_path):
    dataset = AtomicPlotlyDataset(filepath=str(tmp_path / "figure.json"))
    dataset.save(go.Figure(go.Scatter(x=[1, 2], y=[3, 4])))
    with pytest.raises(DatasetError):
        dataset.save("no figure")
    assert list(dataset.load().data[0].y) == [3, 4]
    assert dataset.preview()["data"][0]["type"] == "scatter"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["figure.json", "figure.png"]
    assert dataset.picture.read_bytes().startswith(b"\x89PNG")
