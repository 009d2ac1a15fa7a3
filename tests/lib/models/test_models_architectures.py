"""What each architecture promises beyond what every model must do."""

from dataclasses import replace

import pytest
import torch
from torch import nn
from torch.nn import functional

from tests.lib.models.test_models_suite import GAF_CNN, HEADS, OPTIONS, TCN, draw_inputs
from topoquant.lib.errors import InputError
from topoquant.lib.imaging import gramian_angular_field
from topoquant.lib.models import (
    DLinearOptions,
    Head,
    HybridOptions,
    LSTMOptions,
    TCNOptions,
    TransformerOptions,
    build_model,
)
from topoquant.lib.models.conv1d import standardise_windows
from topoquant.lib.models.dlinear import moving_average_matrix
from topoquant.lib.models.gaf_cnn import simple_cnn
from topoquant.lib.models.resnet18 import ResNet18, load_published, read_published
from topoquant.lib.models.tcn import receptive_field

LABEL = [Head(name="label", kind="binary")]
STUDY = {"n_channels": 25, "window": 60, "n_static": 0, "heads": LABEL}
STUDY_OPTIONS = {
    "dlinear": DLinearOptions(kernel=25, shared=False),
    "tcn": TCNOptions(n_filters=24, kernel=3, dilations=(1, 2, 4, 8), dropout=0.2),
    "lstm": LSTMOptions(hidden=64, n_residual=32, n_dense=32, dropout=0.2),
    "transformer": TransformerOptions(
        width=64, n_blocks=2, n_heads=4, feed_forward=16, pooling="mean", dropout=0.1
    ),
}


def count(model: nn.Module) -> int:
    return sum(parameter.numel() for parameter in model.parameters())


@pytest.mark.parametrize(
    ("name", "n_parameters"), [("dlinear", 3_002), ("tcn", 15_121), ("lstm", 54_003), ("transformer", 43_745)]
)
def test_models_of_the_study_have_the_studys_sizes(name, n_parameters):
    assert count(build_model(name, **STUDY, options=STUDY_OPTIONS[name])) == n_parameters


def test_image_networks_have_their_published_sizes():
    assert count(simple_cnn(2, 0.1)) == 389_088
    # torchvision's resnet18 has 11,689,512 parameters, of which its last layer has 513,000.
    assert count(ResNet18(3)) == 11_689_512 - 513_000


def test_dlinear_forecasts_every_channel_by_one_map():
    heads = [Head(name="next", kind="value", n_outputs=96)]
    model = build_model(
        "dlinear", n_channels=7, window=336, n_static=0, heads=heads,
        options=DLinearOptions(kernel=25, shared=True),
    )  # fmt: skip
    assert count(model) == 64_704
    x = torch.randn(2, 336, 7)
    both, alone = model({"sequence": x})["next"], model({"sequence": x[:, :, [3] * 7]})["next"]
    assert both.shape == (2, 96, 7)
    torch.testing.assert_close(both[:, :, 3], alone[:, :, 0])


def test_the_trend_is_the_moving_average_of_the_window_continued_by_its_ends():
    x = torch.randn(1, 1, 40, dtype=torch.float64)
    padded = functional.pad(x, (4, 4), mode="replicate")
    expected = functional.avg_pool1d(padded, 9, 1)
    torch.testing.assert_close(x @ moving_average_matrix(40, 9).double().T, expected)
    assert moving_average_matrix(5, 25).sum(dim=1).allclose(torch.ones(5))


@pytest.mark.parametrize("name", ["tcn", "transformer"])
def test_no_bar_changes_an_earlier_one(name):
    model = build_model(name, **STUDY, options=STUDY_OPTIONS[name]).eval()
    x = torch.randn(3, 60, 25)
    changed = x.clone()
    changed[:, 41:] = 7.0
    with torch.inference_mode():
        before, after = model.states(x), model.states(changed)
    assert torch.equal(before[:, :41], after[:, :41])
    assert not torch.equal(before[:, 41:], after[:, 41:])


def test_the_receptive_field_is_what_the_last_bar_sees():
    options = TCNOptions(n_filters=4, kernel=3, dilations=(1, 2), dropout=0.0)
    model = build_model("tcn", n_channels=1, window=40, n_static=0, heads=LABEL, options=options)
    x = torch.randn(1, 40, 1, requires_grad=True)
    model.states(x)[0, -1].sum().backward()
    seen = x.grad[0, :, 0].nonzero()
    assert receptive_field(3, (1, 2)) == 13 == model.receptive_field
    assert seen.min() == 40 - 13


def test_a_tcn_reads_no_more_than_it_can_see():
    model = build_model("tcn", **(STUDY | {"window": 80}), options=STUDY_OPTIONS["tcn"]).eval()
    x = torch.randn(2, 80, 25)
    whole = model.heads(model.states(x)[:, -1])["label"]
    torch.testing.assert_close(model({"sequence": x, "static": torch.zeros(2, 0)})["label"], whole)


def test_attention_weights_can_be_read_and_weigh_the_bars():
    model = build_model("lstm", **STUDY, options=STUDY_OPTIONS["lstm"]).eval()
    inputs = {"sequence": torch.randn(4, 60, 25), "static": torch.zeros(4, 0)}
    weights = model.attention(inputs)
    assert weights.shape == (4, 60)
    torch.testing.assert_close(weights.sum(dim=1), torch.ones(4))
    assert (weights > 0).all()


def test_width_and_heads_of_attention_must_agree():
    options = TransformerOptions(width=10, n_blocks=1, n_heads=4, feed_forward=8, pooling="last", dropout=0.0)
    with pytest.raises(InputError, match="multiple of n_heads = 4"):
        build_model("transformer", **STUDY, options=options)


def test_a_raw_window_is_read_in_its_own_scale():
    x = 60_000 + torch.randn(5, 30, dtype=torch.float64).cumsum(dim=1)
    torch.testing.assert_close(standardise_windows(x), standardise_windows(7 * x + 3))
    assert (standardise_windows(torch.full((1, 9), 60_000.0)) == 0).all()


@pytest.mark.parametrize("name", ["conv1d", "gaf_cnn", "hybrid"])
def test_without_raw_windows_a_model_of_them_is_refused(name):
    with pytest.raises(InputError, match="raw windows"):
        build_model(name, n_channels=3, window=12, n_static=4, n_raw=0, heads=HEADS, options=OPTIONS[name])


def test_the_native_size_is_a_pixel_per_bar_of_the_longest_window():
    raw = torch.randn(3, 20, dtype=torch.float64).cumsum(1)
    outputs = []
    for size in (None, 15):
        torch.manual_seed(0)
        options = replace(GAF_CNN, windows=(10, 15), size=size)
        model = build_model(
            "gaf_cnn", n_channels=0, window=0, n_static=0, n_raw=20, heads=LABEL, options=options
        ).eval()
        assert model.images.size == 15
        outputs.append(model({"window": raw, "static": torch.zeros(3, 0)})["label"])
    assert torch.equal(*outputs)
    # Nothing is drawn between the bars: the image of the longest window is the field of its own closes.
    fields = gramian_angular_field(raw[:, -15:].numpy(), size=15, method="summation")
    torch.testing.assert_close(model.images(raw)[:, 2], torch.from_numpy(fields).float(), atol=1e-6, rtol=0)


def test_an_image_longer_than_the_raw_windows_is_refused():
    with pytest.raises(InputError, match=r"at least 15 bars, got 12: .* or shorten that"):
        build_model(
            "gaf_cnn", n_channels=0, window=0, n_static=0, n_raw=12, heads=LABEL,
            options=replace(GAF_CNN, windows=(10, 15)),
        )  # fmt: skip


def test_published_weights_become_a_network_of_two_channels(tmp_path):
    torch.manual_seed(0)
    published = ResNet18(3).state_dict() | {"fc.weight": torch.zeros(1000, 512), "fc.bias": torch.zeros(1000)}
    torch.save(published, tmp_path / "resnet18.pth")
    network = ResNet18(2)
    load_published(network, read_published(str(tmp_path / "resnet18.pth")))
    network.eval()
    grey = torch.randn(2, 1, 32, 32)
    colours = ResNet18(3)
    load_published(colours, published)
    torch.testing.assert_close(
        network(grey.expand(-1, 2, -1, -1)), colours.eval()(grey.expand(-1, 3, -1, -1)), rtol=1e-4, atol=1e-5
    )


def test_weights_of_another_network_are_refused(tmp_path):
    with pytest.raises(InputError, match="torchvision's resnet18"):
        load_published(ResNet18(2), {"layer.weight": torch.zeros(1)})
    with pytest.raises(InputError, match="existing file"):
        read_published(str(tmp_path / "absent.pth"))


def test_frozen_layers_are_not_trained():
    options = {field: getattr(GAF_CNN, field) for field in GAF_CNN.__dataclass_fields__}
    model = build_model(
        "gaf_cnn", n_channels=0, window=0, n_static=0, n_raw=16, heads=LABEL,
        options=type(GAF_CNN)(**(options | {"n_frozen": 2})),
    )  # fmt: skip
    inputs = draw_inputs(6, 0)
    model.train()
    before = {name: value.clone() for name, value in model.backbone[1].state_dict().items()}
    model(inputs)["label"].sum().backward()
    parts = [part for part in model.backbone if any(True for _ in part.parameters())]
    grads = [next(part.parameters()).grad for part in parts]
    assert grads[0] is None
    assert grads[1] is None
    assert grads[2] is not None
    assert all(torch.equal(before[name], value) for name, value in model.backbone[1].state_dict().items())


def test_a_hybrid_reads_what_its_options_name():
    options = HybridOptions(sequence=TCN, image=None, n_features=8, dropout=0.0)
    model = build_model("hybrid", n_channels=3, window=12, n_static=0, heads=LABEL, options=options)
    assert model.needs == ("sequence", "static")
    nothing = HybridOptions(sequence=None, image=None, n_features=8, dropout=0.0)
    with pytest.raises(InputError, match="hybrid inputs"):
        build_model("hybrid", n_channels=3, window=12, n_static=0, heads=LABEL, options=nothing)
