"""What every model must do, whatever it is made of."""

import subprocess
import sys

import pytest
import torch

from topoquant.lib import models, training
from topoquant.lib.errors import InputError
from topoquant.lib.models import (
    MODELS,
    Conv1dOptions,
    DLinearOptions,
    GafCnnOptions,
    Head,
    HybridOptions,
    LightGBMOptions,
    LogisticOptions,
    LSTMOptions,
    MajorityOptions,
    NBeatsOptions,
    ResNetOptions,
    RidgeOptions,
    TCNOptions,
    TransformerOptions,
    XGBoostOptions,
    ZeroOptions,
    build_model,
)
from topoquant.lib.models.nbeats import seasonality_basis, trend_basis

HEADS = (Head(name="label", kind="binary"), Head(name="max_pct", kind="fraction"))
TCN = TCNOptions(n_filters=6, kernel=3, dilations=(1, 2), dropout=0.1)
GAF_CNN = GafCnnOptions(
    windows=(8, 16), size=16, methods=("summation", "difference"), scaling="window", limit=1.0,
    backbone="simple", weights=None, n_frozen=0, degrees=0.0, magnify=0.0, noise=0.0, dropout=0.1,
)  # fmt: skip
OPTIONS = {
    "dlinear": DLinearOptions(kernel=5, shared=False),
    "tcn": TCN,
    "lstm": LSTMOptions(hidden=6, n_residual=5, n_dense=4, dropout=0.1),
    "transformer": TransformerOptions(
        width=8, n_blocks=2, n_heads=2, feed_forward=8, pooling="mean", dropout=0.1
    ),
    "conv1d": Conv1dOptions(n_filters=(4, 8), kernel=3, dropout=0.1),
    "resnet": ResNetOptions(n_filters=(4, 8), dropout=0.1),
    "gaf_cnn": GAF_CNN,
    "hybrid": HybridOptions(sequence=TCN, image=GAF_CNN, n_features=8, dropout=0.1),
    "xgboost": XGBoostOptions(
        n_trees=20,
        learning_rate=0.3,
        max_depth=3,
        min_child_weight=0.0,
        max_bins=64,
        feature_fraction=1.0,
        row_fraction=1.0,
        l2=0.0,
        patience=5,
        validation_fraction=0.1,
        n_threads=1,
    ),
    "nbeats": NBeatsOptions(
        stacks=("trend", "seasonality", "generic"),
        n_blocks=1,
        n_layers=2,
        hidden=16,
        degree=2,
        n_harmonics=2,
        n_generic=4,
        n_features=8,
        input_dropout=0.0,
        dropout=0.0,
    ),
    "lightgbm": LightGBMOptions(
        n_trees=20,
        learning_rate=0.3,
        n_leaves=4,
        min_rows_per_leaf=1,
        max_bins=63,
        feature_fraction=1.0,
        row_fraction=1.0,
        l2=0.0,
        patience=5,
        validation_fraction=0.1,
        n_threads=1,
    ),
    "logistic": LogisticOptions(l2=1.0, n_iterations=100),
    "ridge": RidgeOptions(l2=1.0),
    "zero": ZeroOptions(),
    "majority": MajorityOptions(),
}
# Of models that predict no label.
RETURNS = (Head(name="logret_4", kind="value"),)
OTHER_HEADS = {"ridge": RETURNS, "zero": RETURNS}
TORCH = [name for name, entry in MODELS.items() if entry.is_torch]
SHAPE = {"n_channels": 3, "window": 12, "n_static": 4, "n_raw": 16}


def build(name: str, **changes: int):
    return build_model(name, **(SHAPE | changes), heads=OTHER_HEADS.get(name, HEADS), options=OPTIONS[name])


def draw_inputs(n_rows: int, n_static: int = 4) -> dict[str, torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    return {
        "sequence": torch.randn(n_rows, 12, 3, generator=generator),
        "static": torch.randn(n_rows, n_static, generator=generator),
        "window": 100 + torch.randn(n_rows, 16, generator=generator).cumsum(dim=1),
    }


def test_every_model_is_covered_here():
    assert set(OPTIONS) == set(MODELS)


@pytest.mark.parametrize("name", MODELS)
def test_a_built_model_knows_what_it_was_built_from(name):
    model = build(name)
    assert isinstance(model, MODELS[name].load())
    assert (model.spec.name, model.spec.heads, model.spec.options) == (
        name,
        OTHER_HEADS.get(name, HEADS),
        OPTIONS[name],
    )


@pytest.mark.parametrize("name", MODELS)
def test_options_of_another_model_are_refused(name):
    other = MajorityOptions() if name != "majority" else OPTIONS["logistic"]
    with pytest.raises(InputError, match=f"options of {name}"):
        build_model(name, **SHAPE, heads=HEADS, options=other)


@pytest.mark.parametrize("name", [name for name in MODELS if name not in TORCH])
def test_heads_a_model_cannot_predict_are_refused(name):
    heads = [Head(name="regime", kind="classes", n_outputs=3)]
    with pytest.raises(InputError, match=rf"heads of {name} must be .+ got regime"):
        build_model(name, **SHAPE, heads=heads, options=OPTIONS[name])


def test_unknown_names_and_repeated_heads_are_refused():
    with pytest.raises(InputError, match="one of"):
        build_model("oracle", **SHAPE, heads=HEADS, options=MajorityOptions())
    for heads in ([], [HEADS[0], HEADS[0]]):
        with pytest.raises(InputError, match="heads"):
            build_model("majority", **SHAPE, heads=heads, options=MajorityOptions())


@pytest.mark.parametrize("name", TORCH)
@pytest.mark.parametrize("n_static", [0, 4])
def test_torch_models_give_one_number_per_row_and_head(name, n_static):
    model = build(name, n_static=n_static)
    assert set(model.needs) <= {"sequence", "static", "window"}
    outputs = model(draw_inputs(5, n_static))
    assert {key: tuple(value.shape) for key, value in outputs.items()} == {"label": (5,), "max_pct": (5,)}
    assert ((outputs["max_pct"] > 0) & (outputs["max_pct"] < 1)).all()


@pytest.mark.parametrize("name", TORCH)
def test_every_parameter_has_a_finite_gradient_that_is_not_zero(name):
    torch.manual_seed(0)
    model = build(name)
    sum(output.sum() for output in model(draw_inputs(32)).values()).backward()
    # What the last block explains of its input is read by nobody.
    unread = ("blocks.2.backcast", "blocks.2.basis")
    for key, parameter in model.named_parameters():
        if key.startswith(unread):
            assert parameter.grad is None, key
            continue
        assert torch.isfinite(parameter.grad).all(), key
        assert parameter.grad.any(), key


@pytest.mark.parametrize("name", TORCH)
def test_rows_do_not_see_each_other(name):
    model = build(name).eval()
    inputs = draw_inputs(6)
    changed = {key: value.clone() for key, value in inputs.items()}
    for value in changed.values():
        value[3:] = 99.0
    with torch.inference_mode():
        before, after = model(inputs), model(changed)
    for key in before:
        assert torch.equal(before[key][:3], after[key][:3])


@pytest.mark.parametrize("name", TORCH)
def test_without_bars_a_model_of_bars_is_refused(name):
    with pytest.raises(InputError, match=r"sequence|window"):
        build(name, n_channels=0, window=0, n_raw=0)


@pytest.mark.system
def test_importing_the_packages_imports_nothing_heavy():
    heavy = ("torch", "lightning", "lightgbm", "sklearn", "numba")
    code = (
        "import sys, topoquant.lib.models, topoquant.lib.training as t;"
        f"print([m for m in {heavy} if m in sys.modules]); t.combined_loss;"
        "print('torch' in sys.modules)"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert shown.split("\n")[:2] == ["[]", "True"]


def test_an_unknown_public_name_is_an_attribute_error():
    for package in (models, training):
        with pytest.raises(AttributeError, match="oracle"):
            _ = package.oracle
        assert all(hasattr(package, name) for name in package.__all__)


@pytest.mark.parametrize(("hidden", "n_blocks", "low", "high"), [(24, 1, 8e4, 1.5e5), (768, 2, 8e6, 1.2e7)])
def test_nbeats_scales_from_a_tenth_of_a_million_to_ten_million_parameters(hidden, n_blocks, low, high):
    options = NBeatsOptions(
        stacks=("trend", "seasonality", "generic"),
        n_blocks=n_blocks,
        n_layers=2,
        hidden=hidden,
        degree=3,
        n_harmonics=6,
        n_generic=12,
        n_features=32,
        input_dropout=0.5,
        dropout=0.1,
    )
    with torch.device("meta"):
        model = build_model("nbeats", n_channels=14, window=96, n_static=112, heads=HEADS, options=options)
    assert low < sum(parameter.numel() for parameter in model.parameters()) < high


def test_a_window_that_lies_in_the_trend_basis_is_reproduced_by_its_least_squares_coefficients():
    t = torch.linspace(-1, 1, 24)
    basis_KL = trend_basis(24, 3)
    window_L = 2 - t + 3 * t**3
    theta_K = torch.linalg.lstsq(basis_KL.T, window_L[:, None]).solution[:, 0]
    assert torch.allclose(theta_K, torch.tensor([2.0, -1.0, 0.0, 3.0]), atol=1e-4)
    gram_KK = seasonality_basis(24, 3) @ seasonality_basis(24, 3).T
    assert torch.allclose(gram_KK, 12 * torch.eye(6), atol=1e-4)
