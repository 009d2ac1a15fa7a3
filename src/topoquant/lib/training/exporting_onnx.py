"""A fitted torch model as one ONNX file, its scaling and its choice of columns inside the graph."""

import io
import json
import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast

import numpy as np
import torch
from torch import Tensor, nn

from topoquant.lib.errors import bad_input
from topoquant.lib.models import MODELS
from topoquant.lib.models.encoder import zero_inputs
from topoquant.lib.training.exporting import model_files, model_hash
from topoquant.lib.training.fitting import Fit
from topoquant.lib.training.onnx_packages import check_onnx_packages

# More than one row: a single one would be taken for a constant.
TRACED_ROWS = 2
# What the exporter says about torch's own code, and about nothing that a model could change.
IGNORED_WARNINGS = (
    ".*LeafSpec.* is deprecated",
    ".*The axis name: batch will not be used",
    "The tensor attributes .*_flat_weights",
    "_check_is_size will be removed",
)
# It lists the operators of packages that are not installed.
EXPORTER_LOGGER = "torch.onnx._internal.exporter._registration"


def export_onnx(fit: Fit) -> bytes:
    """Return a fit as an ONNX model that takes unscaled features and any number of rows.

    Parameters
    ----------
    fit : Fit
        Of a torch model, fitted or loaded.

    Returns
    -------
    bytes
        Inputs, of those the model reads: `sequence` (batch, L, C) float32, time ascending; `static`
        (batch, S) float32; `window` (batch, W) float64, prices. Columns are those of the fit, in its
        order, unscaled: the graph chooses and scales them as `predict` does. Outputs are named after
        the heads and are what the model gives: logits of a binary head or of classes, values of the
        others. The file says in its metadata which columns, target and `model_hash` it belongs to.
        Nothing in it depends on where it was made.

    Raises
    ------
    InputError
        For a model that is not made of tensors, or without the packages of the extra `onnx`.

    Notes
    -----
    Inputs must be finite, which `predict` checks and a graph cannot.

    Examples
    --------
    >>> from topoquant.lib.models import Head, MajorityOptions, build_model
    >>> model = build_model("majority", n_channels=0, window=0, n_static=0,
    ...                     heads=[Head(name="label", kind="binary")], options=MajorityOptions())
    >>> export_onnx(Fit(model, None, "t", (), (), "cpu", None))
    Traceback (most recent call last):
    ...
    topoquant.lib.errors.InputError: model of an ONNX file must be of torch, got majority: use its own files
    """
    spec = fit.model.spec
    if not MODELS[spec.name].is_torch:
        raise bad_input("model of an ONNX file", "of torch", spec.name, "use its own files")
    check_onnx_packages()
    network = WholeFit(fit).eval()
    example = network.example()
    batch = torch.export.Dim("batch", min=1)
    with _quiet_exporter(), torch.no_grad():
        program: Any = torch.onnx.export(
            network,
            tuple(example.values()),
            dynamo=True,
            verbose=False,
            input_names=list(example),
            output_names=[head.name for head in spec.heads],
            dynamic_shapes=(tuple({0: batch} for _ in example),),
        )
    return _to_bytes(program.model_proto, _metadata(fit))


class WholeFit(nn.Module):
    """Choice of columns, scaling and model in one, as `predict` applies them.

    Parameters
    ----------
    fit : Fit
        Of a torch model.

    Shape
    -----
    Input: tensors in the order of `example`; output: a tuple of one tensor per head.
    """

    def __init__(self, fit: Fit) -> None:
        super().__init__()
        self.model = fit.model
        needs = [name for name in ("sequence", "static", "window") if name in fit.model.needs]
        self.reads_static = "static" in needs
        # A graph has no inputs without columns.
        self.inputs = [name for name in needs if name != "static" or fit.static_names]
        self.widths = {"sequence": len(fit.channel_names), "static": len(fit.static_names)}
        scaling = cast(Any, fit.preprocessing)
        self.clip = float(scaling.clip)
        chosen = fit.selection or fit
        for name, role in (("sequence", "channel"), ("static", "static")):
            columns, kept = (getattr(names, f"{role}_names") for names in (fit, chosen))
            places = torch.tensor([columns.index(column) for column in kept], dtype=torch.int64)
            self.register_buffer(f"{name}_places", places)
            for part in ("centre", "scale"):
                numbers = torch.tensor(getattr(scaling, f"{name}_{part}"), dtype=torch.float64)
                self.register_buffer(f"{name}_{part}", numbers)

    def example(self) -> dict[str, Tensor]:
        """Return inputs of zeros, by name, in the order of `forward`."""
        spec = self.model.spec
        zeros = zero_inputs(spec, TRACED_ROWS)
        zeros["sequence"] = torch.zeros(TRACED_ROWS, spec.window, self.widths["sequence"])
        zeros["static"] = torch.zeros(TRACED_ROWS, self.widths["static"])
        zeros["window"] = zeros["window"].double()
        return {name: zeros[name] for name in self.inputs}

    def forward(self, *tensors: Tensor) -> tuple[Tensor, ...]:
        """Return one tensor per head."""
        given = dict(zip(self.inputs, tensors, strict=True))
        inputs = {name: self._scaled(name, tensor) for name, tensor in given.items()}
        if self.reads_static and "static" not in inputs:
            inputs["static"] = tensors[0].new_zeros((tensors[0].shape[0], 0), dtype=torch.float32)
        return tuple(self.model(inputs).values())

    def _scaled(self, name: str, values: Tensor) -> Tensor:
        """Choose and scale columns in double precision, as `Preprocessing.apply`; windows stay raw."""
        if name == "window":
            return values
        places, centre, scale = (getattr(self, f"{name}_{part}") for part in ("places", "centre", "scale"))
        scaled = (values.index_select(-1, places).double() - centre) / scale
        return scaled.clamp(-self.clip, self.clip).float()


def _metadata(fit: Fit) -> dict[str, str]:
    """Say what a file belongs to."""
    return {
        "model": fit.model.spec.name,
        "model_hash": model_hash(model_files(fit)),
        "target_id": fit.target_id,
        "channel_names": json.dumps(fit.channel_names),
        "static_names": json.dumps(fit.static_names),
    }


def _to_bytes(proto: Any, metadata: dict[str, str]) -> bytes:  # noqa: ANN401  (of a package that may be absent)
    """Serialise a model without the exporting machine's paths, which the exporter notes at every node."""
    import onnx  # noqa: PLC0415  (an extra)

    for part in (proto.graph, *proto.functions):
        for node in part.node:
            del node.metadata_props[:]
            node.doc_string = ""
        del part.metadata_props[:]
    for value in (*proto.graph.value_info, *proto.graph.input, *proto.graph.output, *proto.graph.initializer):
        del value.metadata_props[:]
    onnx.helper.set_model_props(proto, metadata)
    onnx.checker.check_model(proto)
    stream = io.BytesIO()
    onnx.save_model(proto, stream)
    return stream.getvalue()


@contextmanager
def _quiet_exporter() -> Iterator[None]:
    """Keep the exporter's remarks on torch itself off the console; other warnings stay."""
    logger = logging.getLogger(EXPORTER_LOGGER)
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            for message in IGNORED_WARNINGS:
                warnings.filterwarnings("ignore", message=message)
            yield
    finally:
        logger.setLevel(level)


def run_onnx(model: bytes, inputs: dict[str, np.ndarray[Any, Any]]) -> dict[str, np.ndarray[Any, Any]]:
    """Return the outputs of an ONNX file on one core.

    Parameters
    ----------
    model : bytes
        Of `export_onnx`.
    inputs : dict of ndarray
        By name, as `export_onnx` describes them.

    Returns
    -------
    dict of ndarray, shape (batch, ...)
        Per head.

    Raises
    ------
    InputError
        Without onnxruntime.

    Notes
    -----
    Reading the file takes longer than one decision: a service keeps the session, as the page `train` shows.

    Examples
    --------
    A graph of one sum, written by hand; those of fits come from `export_onnx`:

    >>> from onnx import TensorProto, helper
    >>> numbers = {name: helper.make_tensor_value_info(name, TensorProto.FLOAT, [None]) for name in "xyz"}
    >>> graph = helper.make_graph([helper.make_node("Add", ["x", "y"], ["z"])], "sum",
    ...                           [numbers["x"], numbers["y"]], [numbers["z"]])
    >>> model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    >>> one, two = np.float32([1, 2]), np.float32([3, 4])
    >>> run_onnx(model.SerializeToString(), {"x": one, "y": two})["z"].tolist()
    [4.0, 6.0]
    """
    check_onnx_packages(("onnxruntime",))
    import onnxruntime  # noqa: PLC0415  (an extra)

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]
    return dict(zip(names, session.run(names, inputs), strict=True))
