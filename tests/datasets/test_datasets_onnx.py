"""An ONNX file is there or it is not; an old one never stays beside a newer model."""

import json

import onnx
import pytest
from kedro.io import DatasetError
from onnx import TensorProto, helper

from topoquant.datasets.atomic import AtomicMarkdownDataset
from topoquant.datasets.onnx import OnnxDataset


def tiny_model() -> bytes:
    x, y = (
        helper.make_tensor_value_info(name, TensorProto.FLOAT, ["batch"]) for name in ("sequence", "label")
    )
    graph = helper.make_graph([helper.make_node("Neg", ["sequence"], ["label"])], "tiny", [x], [y])
    model = helper.make_model(graph)
    helper.set_model_props(model, {"model_hash": "abc"})
    return model.SerializeToString()


def test_what_is_saved_is_loaded_and_previewed(tmp_path):
    dataset = OnnxDataset(filepath=str(tmp_path / "folder" / "nbeats.onnx"))
    assert not dataset.exists()
    dataset.save(tiny_model())
    assert dataset.load() == tiny_model()
    onnx.checker.check_model(onnx.load_from_string(dataset.load()))
    shown = json.loads(dataset.preview())
    assert shown == {"inputs": ["sequence"], "outputs": ["label"], "model_hash": "abc"}


def test_saving_nothing_removes_what_is_there(tmp_path):
    dataset = OnnxDataset(filepath=str(tmp_path / "nbeats.onnx"))
    dataset.save(b"")
    assert not dataset.exists()
    dataset.save(tiny_model())
    dataset.save(b"")
    assert not dataset.exists()
    with pytest.raises(DatasetError):
        dataset.load()


def test_a_page_is_shown_as_it_is_written(tmp_path):
    dataset = AtomicMarkdownDataset(filepath=str(tmp_path / "card.md"))
    dataset.save("# nbeats\n\na < b")
    assert dataset.load() == "# nbeats\n\na < b"
    assert dataset.preview() == "<pre># nbeats\n\na &lt; b</pre>"
