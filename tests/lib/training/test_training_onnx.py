"""A fit as an ONNX file says what the fit says, for every network there is."""

import json
import subprocess
import sys

import numpy as np
import onnx
import pytest
import torch

from topoquant.lib.errors import InputError
from topoquant.lib.models import (
    MODELS,
    Conv1dOptions,
    DLinearOptions,
    GafCnnOptions,
    Head,
    HybridOptions,
    LSTMOptions,
    NBeatsOptions,
    ResNetOptions,
    TCNOptions,
    TransformerOptions,
    build_model,
)
from topoquant.lib.sampling import Samples
from topoquant.lib.sampling.arrays import samples_from_arrays
from topoquant.lib.training import (
    Fit,
    Preprocessing,
    Selection,
    export_onnx,
    load_fit,
    model_files,
    model_hash,
    predict,
    run_onnx,
)

N, WINDOW, N_RAW = 12, 10, 16
HEADS = (
    Head(name="label", kind="binary"),
    Head(name="max_pct", kind="fraction"),
    Head(name="logret_4", kind="value"),
    Head(name="regime", kind="classes", n_outputs=3),
)
TCN = TCNOptions(n_filters=6, kernel=3, dilations=(1, 2), dropout=0.1)
GAF_CNN = GafCnnOptions(
    windows=(8, 16), size=16, methods=("summation", "difference"), scaling="volatility", limit=2.0,
    backbone="simple", weights=None, n_frozen=1, degrees=5.0, magnify=0.1, noise=0.1, dropout=0.1,
)  # fmt: skip
OPTIONS = {
    "dlinear": DLinearOptions(kernel=5, shared=False),
    "tcn": TCN,
    "lstm": LSTMOptions(hidden=6, n_residual=5, n_dense=4, dropout=0.1),
    "transformer": TransformerOptions(
        width=8, n_blocks=1, n_heads=2, feed_forward=8, pooling="mean", dropout=0.1
    ),
    "conv1d": Conv1dOptions(n_filters=(4, 8), kernel=3, dropout=0.1),
    "resnet": ResNetOptions(n_filters=(4, 8), dropout=0.1),
    "gaf_cnn": GAF_CNN,
    "hybrid": HybridOptions(sequence=TCN, image=GAF_CNN, n_features=8, dropout=0.1),
    "nbeats": NBeatsOptions(
        stacks=("trend", "seasonality", "generic"), n_blocks=1, n_layers=1, hidden=8, degree=2, n_harmonics=2,
        n_generic=4, n_features=8, input_dropout=0.1, dropout=0.1,
    ),
}  # fmt: skip
# The slow ones are run with the whole project; one of bars and one of images with every change.
QUICK = ("dlinear", "conv1d")
NETWORKS = [
    pytest.param(name, marks=[] if name in QUICK else [pytest.mark.system])
    for name, entry in MODELS.items()
    if entry.is_torch
]


def draw_samples(*, n_static: int = 4) -> Samples:
    rng = np.random.default_rng(0)
    time = np.datetime64("2024-01-01", "ns") + np.arange(N) * np.timedelta64(1, "h")
    prices = 50_000 + rng.normal(size=(N, N_RAW)).cumsum(axis=1)
    return samples_from_arrays(
        time=time, t1=time, targets={head.name: np.zeros(N) for head in HEADS},
        sequence=rng.normal(3.0, 2.0, size=(N + WINDOW, 3)), end=WINDOW + np.arange(N), window=WINDOW,
        static=rng.normal(size=(N, n_static)) if n_static else None, raw_windows=prices,
    )  # fmt: skip


def make_fit(name: str, samples: Samples, selection: Selection | None = None) -> Fit:
    """A fit whose weights were drawn: nothing here depends on what they learnt."""
    kept = samples if selection is None else selection.apply(samples)
    torch.manual_seed(0)
    model = build_model(
        name, n_channels=kept.n_channels, window=WINDOW, n_static=kept.n_static, heads=HEADS,
        options=OPTIONS[name], n_raw=N_RAW,
    )  # fmt: skip
    with torch.no_grad():
        for layer in model.heads.parameters():
            layer.normal_()
    return Fit(
        model=model.eval(), preprocessing=Preprocessing.fit(kept, method="standard", clip=1.5),
        target_id="t", channel_names=samples.channel_names, static_names=samples.static_names, device="cpu",
        record=None, selection=selection,
    )  # fmt: skip


def onnx_inputs(model: bytes, samples: Samples) -> dict[str, np.ndarray]:
    windows = np.stack([samples.sequence[end - WINDOW + 1 : end + 1] for end in samples.end])
    every = {"sequence": windows, "static": samples.static, "window": samples.raw_windows[samples.raw_rows]}
    return {value.name: every[value.name] for value in onnx.load_from_string(model).graph.input}


def check_parity(fitted: Fit, model: bytes, samples: Samples) -> None:
    """Compare with `predict`, which chooses, scales and runs torch; a row by itself, and all together."""
    expected = predict(fitted, samples)
    for n in (1, len(samples)):
        some = samples.take(np.arange(n))
        found = run_onnx(model, onnx_inputs(model, some))
        logits = found["regime"] - found["regime"].max(axis=1, keepdims=True)
        shares = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
        np.testing.assert_allclose(found["label"], expected["logit_label"][:n], atol=1e-5, rtol=1e-5)
        np.testing.assert_allclose(found["max_pct"], expected["value_max_pct"][:n], atol=1e-5)
        np.testing.assert_allclose(found["logret_4"], expected["value_logret_4"][:n], atol=1e-5, rtol=1e-5)
        np.testing.assert_allclose(shares[:, 2], expected["p_regime_2"][:n], atol=1e-5)


@pytest.mark.parametrize("name", NETWORKS)
def test_every_network_says_in_onnx_what_it_says_in_torch(name):
    samples = draw_samples()
    fitted = make_fit(name, samples)
    check_parity(fitted, export_onnx(fitted), samples)


def test_every_network_is_covered_here():
    assert set(OPTIONS) == {name for name, entry in MODELS.items() if entry.is_torch}


@pytest.mark.system
def test_columns_are_chosen_inside_the_graph_and_bytes_do_not_depend_on_the_moment():
    samples = draw_samples()
    selection = Selection(("c2", "c0"), ("s3",), (), (), {})
    fitted = make_fit("tcn", samples, selection)
    model = export_onnx(fitted)
    check_parity(fitted, model, samples)
    assert onnx_inputs(model, samples)["sequence"].shape == (N, WINDOW, 3)
    assert export_onnx(load_fit(model_files(fitted))) == model


def test_a_file_says_what_it_belongs_to_and_not_where_it_was_made():
    fitted = make_fit("dlinear", draw_samples(n_static=0))
    model = export_onnx(fitted)
    told = {entry.key: entry.value for entry in onnx.load_from_string(model).metadata_props}
    assert told["model_hash"] == model_hash(model_files(fitted))
    assert json.loads(told["channel_names"]) == ["c0", "c1", "c2"]
    assert (told["model"], told["target_id"]) == ("dlinear", "t")
    assert b".py" not in model
    assert [value.name for value in onnx.load_from_string(model).graph.input] == ["sequence"]


def test_models_of_other_kinds_and_missing_packages_are_refused(monkeypatch):
    fitted = make_fit("dlinear", draw_samples())
    monkeypatch.setattr("topoquant.lib.training.onnx_packages.find_spec", lambda name: None)
    with pytest.raises(InputError, match=r"no onnx, onnxscript: pip install 'topoquant\[onnx\]'"):
        export_onnx(fitted)
    with pytest.raises(InputError, match="no onnxruntime"):
        run_onnx(b"", {})


@pytest.mark.system
@pytest.mark.parametrize("name", ["gaf_cnn", "nbeats"])
def test_a_decision_needs_little_memory(name, tmp_path):
    samples = draw_samples()
    model = export_onnx(make_fit(name, samples))
    (tmp_path / "model.onnx").write_bytes(model)
    np.savez(tmp_path / "inputs.npz", **onnx_inputs(model, samples.take(np.arange(1))))
    # A process of its own, as a service would be: neither torch nor this package.
    code = (
        "import numpy as np, onnxruntime as ort\n"
        "session = ort.InferenceSession('model.onnx', providers=['CPUExecutionProvider'])\n"
        "inputs = dict(np.load('inputs.npz'))\n"
        "for _ in range(50): session.run(None, inputs)\n"
        "print(open('/proc/self/status').read().split('VmHWM:')[1].split()[0])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert int(done.stdout) * 1024 < 500e6
