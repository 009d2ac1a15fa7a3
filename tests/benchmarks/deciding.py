"""One decision of one network: the exported file beside torch, at the sizes of the studies."""

import time

import numpy as np
import onnxruntime
import torch

from tests.benchmarks.measuring import Row, compare
from topoquant.lib.models import (
    GafCnnOptions,
    Head,
    LSTMOptions,
    NBeatsOptions,
    TransformerOptions,
    build_model,
)
from topoquant.lib.training import Fit, Preprocessing, export_onnx
from topoquant.lib.training.exporting_onnx import WholeFit

HEADS = (Head(name="label", kind="binary"), Head(name="max_pct", kind="fraction"))
SHAPE = {"n_channels": 25, "window": 96, "n_static": 112, "n_raw": 60}
GAF_CNN = {
    "windows": (15, 30, 60), "size": 64, "methods": ("summation", "difference"), "scaling": "volatility",
    "limit": 2.0, "weights": None, "n_frozen": 0, "degrees": 0.0, "magnify": 0.0, "noise": 0.0,
    "dropout": 0.1,
}  # fmt: skip
N_DECISIONS = 300


def decide_nbeats(*, quick: bool) -> Row:
    options = NBeatsOptions(
        stacks=("trend", "seasonality", "generic"), n_blocks=2, n_layers=2, hidden=256, degree=3,
        n_harmonics=8, n_generic=8, n_features=64, input_dropout=0.1, dropout=0.1,
    )  # fmt: skip
    return _decide("nbeats", options, quick=quick)


def decide_lstm(*, quick: bool) -> Row:
    return _decide("lstm", LSTMOptions(hidden=64, n_residual=32, n_dense=32, dropout=0.2), quick=quick)


def decide_transformer(*, quick: bool) -> Row:
    options = TransformerOptions(
        width=64, n_blocks=2, n_heads=4, feed_forward=64, pooling="mean", dropout=0.1
    )
    return _decide("transformer", options, quick=quick)


def decide_gaf_cnn(*, quick: bool) -> Row:
    return _decide("gaf_cnn", GafCnnOptions(backbone="simple", **GAF_CNN), quick=quick)


def decide_resnet18(*, quick: bool) -> Row:
    return _decide("gaf_cnn", GafCnnOptions(backbone="resnet18", **GAF_CNN), quick=quick, title="ResNet-18")


def _decide(name: str, options: object, *, quick: bool, title: str = "") -> Row:
    """Time single decisions; what they say is compared first."""
    torch.manual_seed(0)
    torch.set_num_threads(1)
    fitted = _drawn_fit(name, options)
    network = WholeFit(fitted).eval()
    tensors = {key: torch.randn_like(value[:1]).cumsum(-1) for key, value in network.example().items()}
    inputs = {key: value.numpy() for key, value in tensors.items()}
    settings = onnxruntime.SessionOptions()
    settings.intra_op_num_threads = settings.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(export_onnx(fitted), settings, providers=["CPUExecutionProvider"])

    def peer() -> tuple[torch.Tensor, ...]:
        with torch.inference_mode():
            return network(*tensors.values())

    for ours, theirs in zip(session.run(None, inputs), peer(), strict=True):
        np.testing.assert_allclose(ours, theirs.numpy(), atol=1e-5)
    slowest = _p95(lambda: session.run(None, inputs), 20 if quick else N_DECISIONS)
    n = sum(one.numel() for one in fitted.model.parameters())
    return compare(
        f"a decision by {title or name}", "rows", ours=(lambda: session.run(None, inputs), 1), peer=(peer, 1),
        compared=f"torch, {n:,} parameters; p95 {1000 * slowest:.1f} ms of one core",
        repeats=1 if quick else 5,
    )  # fmt: skip


def _drawn_fit(name: str, options: object) -> Fit:
    """A fit whose weights were drawn: the time of a decision does not depend on them."""
    model = build_model(name, **SHAPE, heads=HEADS, options=options)
    channels, static = ([0.0] * SHAPE[part] for part in ("n_channels", "n_static"))
    scaling = Preprocessing(
        tuple(channels), tuple(1.0 for _ in channels), tuple(static), tuple(1.0 for _ in static), 8.0
    )
    names = (tuple(f"c{i}" for i in range(len(channels))), tuple(f"s{i}" for i in range(len(static))))
    return Fit(model.eval(), scaling, "none", *names, "cpu", None)


def _p95(decide, n: int) -> float:
    """Seconds of one core that 95 of 100 decisions stay within, whatever else the machine does."""
    spent = []
    for _ in range(n):
        began = time.process_time()
        decide()
        spent.append(time.process_time() - began)
    return float(np.quantile(spent, 0.95))
