"""Models that forecast a series: windows in a scale of their own, and what need not be computed."""

import pytest
import torch
from torch.nn import functional

from tests.lib.models.test_models_suite import OPTIONS
from topoquant.lib.errors import InputError
from topoquant.lib.models import DLinearOptions, Head, build_model
from topoquant.lib.models.encoder import SMALLEST_UNIT, window_scale

PATH = [Head(name="path", kind="value", n_outputs=5)]
NAMES = ["nbeats", "tcn", "lstm", "transformer"]


def build(name: str, *, n_channels: int = 1, heads=PATH, **changes):
    options = OPTIONS[name]
    fields = {field: getattr(options, field) for field in options.__dataclass_fields__}
    return build_model(
        name, n_channels=n_channels, window=12, n_static=0, heads=heads,
        options=type(options)(**(fields | {"own_scale": True} | changes)),
    ).eval()  # fmt: skip


def inputs_of(x: torch.Tensor) -> dict[str, torch.Tensor]:
    return {"sequence": x, "static": torch.zeros(len(x), 0)}


@pytest.mark.parametrize("name", NAMES)
def test_a_forecast_moves_and_grows_with_its_window(name):
    torch.manual_seed(1)
    model, x = build(name), torch.randn(4, 12, 1)
    path = model(inputs_of(x))["path"]
    torch.testing.assert_close(model(inputs_of(3 * x + 7))["path"], 3 * path + 7, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("name", NAMES)
def test_a_model_that_has_learnt_nothing_says_the_last_value_in_any_units(name):
    model, x = build(name), torch.randn(4, 12, 1)
    torch.nn.init.zeros_(model.heads.layers["path"].weight)
    assert torch.equal(model(inputs_of(x))["path"], x[:, -1].expand(-1, 5))
    model.heads.rescale("path", scale=10.0, shift=100.0)
    torch.testing.assert_close(model(inputs_of(x))["path"], 100 + 10 * x[:, -1].expand(-1, 5))


def test_a_label_is_the_same_wherever_the_series_is():
    model, x = build("tcn", n_channels=3, heads=[Head(name="label", kind="binary")]), torch.randn(4, 12, 3)
    scale, shift = torch.tensor([1.0, 2.0, 0.5]), torch.tensor([0.0, 5.0, -3.0])
    torch.testing.assert_close(
        model(inputs_of(x))["label"], model(inputs_of(scale * x + shift))["label"], rtol=1e-4, atol=1e-5
    )


def test_which_of_several_channels_is_forecast_is_not_guessed():
    with pytest.raises(InputError, match="tcn channels must be one"):
        build("tcn", n_channels=2)


def test_a_window_that_stands_still_is_not_blown_up():
    last, unit = window_scale(torch.full((1, 9, 1), 4.0))
    assert (last.item(), round(unit.item(), 6)) == (4.0, SMALLEST_UNIT)


@pytest.mark.parametrize("n_blocks", [1, 3])
def test_the_last_bar_alone_is_what_all_bars_give(n_blocks):
    model, x = build("transformer", pooling="last", n_blocks=n_blocks, own_scale=False), torch.randn(4, 12, 1)
    torch.testing.assert_close(model.embed(inputs_of(x)), model.states(x)[:, -1])


@pytest.mark.parametrize("shared", [True, False])
def test_dlinear_is_a_map_of_the_trend_plus_one_of_the_remainder(shared):
    model = build_model(
        "dlinear", n_channels=3, window=12, n_static=0, heads=PATH,
        options=DLinearOptions(kernel=5, shared=shared),
    )  # fmt: skip
    x = torch.randn(4, 12, 3)
    maps, series = model.heads.layers["path"], x.transpose(1, 2)
    trend = functional.avg_pool1d(functional.pad(series, (2, 2), mode="replicate"), 5, 1)
    parts = (trend, series - trend) if shared else (trend.flatten(1), (series - trend).flatten(1))
    expected = maps.trend(parts[0]) + maps.remainder(parts[1])
    torch.testing.assert_close(
        model({"sequence": x})["path"], expected.transpose(1, 2) if shared else expected, rtol=1e-4, atol=1e-5
    )
