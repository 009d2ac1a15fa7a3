"""Families of static features, attention and norms of N-BEATS."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from pydantic import ValidationError

from tests.lib.models.test_models_suite import HEADS, OPTIONS, draw_inputs
from topoquant.lib.errors import InputError
from topoquant.lib.models import NBeatsOptions, build_model
from topoquant.lib.sampling.arrays import samples_from_arrays
from topoquant.lib.training import FitOptions, Selection, fit, load_fit, model_files, predict

GROUPS = (("tda", 3), ("complexity", 1))
PLAIN = {name: getattr(OPTIONS["nbeats"], name) for name in NBeatsOptions.__dataclass_fields__}


def build(groups=GROUPS, **changes):
    options = NBeatsOptions(**(PLAIN | changes))
    return build_model(
        "nbeats", n_channels=3, window=12, n_static=4, heads=HEADS, options=options, static_groups=groups
    )


def draw_samples(groups=GROUPS, n: int = 6):
    time = np.datetime64("2024-01-01", "ns") + np.arange(n) * np.timedelta64(1, "h")
    samples = samples_from_arrays(
        time=time, t1=time, targets={"label": np.arange(n) % 2}, static=np.ones((n, 4))
    )
    return replace(samples, static_groups=groups)


def test_a_family_with_an_encoder_is_read_by_it_alone():
    model = build(encoders={"tda": 16, "complexity": 5})
    assert [one.out_features for one in (model.static.own["tda"][0], model.static.own["complexity"][0])] == [
        16,
        5,
    ]
    bar, static = torch.randn(2, 3), torch.randn(2, 4)
    changed = static.clone()
    changed[:, :3] += 1
    before, after = model.eval().static(bar, static), model.static(bar, changed)
    assert [torch.equal(a, b) for a, b in zip(before, after, strict=True)] == [True, False, True]


def test_without_encoders_groups_change_nothing():
    plain, grouped = build(groups=()), build()
    grouped.load_state_dict(plain.state_dict())
    inputs = draw_inputs(4)
    assert torch.equal(plain.eval()(inputs)["label"], grouped.eval()(inputs)["label"])


@pytest.mark.parametrize("groups", [(), GROUPS])
def test_encoders_of_families_that_are_not_there_are_refused(groups):
    with pytest.raises(InputError, match="encoders of nbeats"):
        build(groups, encoders={"images": 8})


def test_groups_must_add_up():
    with pytest.raises(InputError, match="static_groups"):
        build((("tda", 3),))
    with pytest.raises(InputError, match="static_groups"):
        draw_samples((("tda", 5),))


def test_a_family_that_a_selection_leaves_without_columns_has_no_encoder():
    selection = Selection((), ("s3",), (), (), {})
    left = selection.apply(draw_samples())
    assert left.static_groups == (("tda", 0), ("complexity", 1))
    options = NBeatsOptions(**(PLAIN | {"encoders": {"tda": 16, "complexity": 5}}))
    model = build_model(
        "nbeats", n_channels=3, window=12, n_static=1, heads=HEADS, options=options,
        static_groups=left.static_groups,
    )  # fmt: skip
    assert list(model.static.own) == ["complexity"]


def test_a_fit_that_was_stored_knows_its_families():
    options = NBeatsOptions(**(PLAIN | {"encoders": {"tda": 16}}))
    samples = draw_samples(n=60)
    samples = replace(samples, sequence=np.random.default_rng(0).normal(size=(80, 3)).astype(np.float32),
                      end=np.arange(20, 80), window=12, channel_names=("a", "b", "c"))  # fmt: skip
    model = build_model(
        "nbeats", n_channels=3, window=12, n_static=4, heads=HEADS[:1], options=options, static_groups=GROUPS
    )
    loop = FitOptions(
        n_epochs=1, batch_size=16, learning_rate=0.01, weight_decay=0.0, patience=1, validation_fraction=0.2,
        clip_norm=1.0, head_weights={"label": 1.0}, scale="robust", clip=8.0, device="cpu",
        precision="32-true", n_threads=1,
    )  # fmt: skip
    fitted = fit(model, samples, loop, seed=0)
    loaded = load_fit(model_files(fitted))
    assert loaded.model.spec == fitted.model.spec
    assert predict(loaded, samples).equals(predict(fitted, samples))


def test_attention_lets_static_features_weigh_the_blocks():
    torch.manual_seed(0)
    model = build(attention_heads=2, encoders={"tda": 16}).eval()
    blocks = torch.randn(2, 3, 8)
    known = [torch.randn(2, 8), torch.randn(2, 16)]
    out = model.attention(blocks, known)
    assert out.shape == (2, 3, 8)
    known[1] = known[1] + 1
    assert not torch.equal(out, model.attention(blocks, known))
    with pytest.raises(InputError, match="multiple of n_heads = 3"):
        build(attention_heads=3)


@pytest.mark.parametrize(("norm", "kind"), [("batch", torch.nn.BatchNorm1d), ("layer", torch.nn.LayerNorm)])
def test_norms_stand_where_the_options_say(norm, kind):
    model = build(norm=norm, block_norm=norm)
    assert isinstance(model.fuse[0], kind)
    assert isinstance(model.blocks[0].layers[2], kind)
    assert not any(isinstance(module, kind) for module in build(norm="none").modules())
    model.train()(draw_inputs(8))
    assert model.eval()(draw_inputs(1))["label"].shape == (1,)


def test_an_unknown_norm_is_refused():
    with pytest.raises(ValidationError):
        NBeatsOptions(**(PLAIN | {"norm": "group"}))
