"""Attention maps are the weights the network used, on val rows alone."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from topoquant.lib.models import Head, TransformerOptions, build_model
from topoquant.lib.sampling.arrays import samples_from_arrays
from topoquant.lib.training import FitOptions, fit, predict
from topoquant.lib.training.attending import attention_maps

WINDOW = 10
LOOP = FitOptions(
    n_epochs=1,
    batch_size=32,
    learning_rate=0.01,
    weight_decay=0.0,
    patience=2,
    validation_fraction=0.2,
    clip_norm=1.0,
    head_weights={"label": 1.0},
    scale="standard",
    clip=8.0,
    device="cpu",
    precision="32-true",
    n_threads=1,
)


def made(pooling, window=WINDOW):
    bars = np.random.default_rng(0).normal(size=(300, 2))
    end = np.arange(window, 299)
    time = np.datetime64("2024-01-01", "ns") + end * np.timedelta64(15, "m")
    samples = samples_from_arrays(
        time=time, t1=time + np.timedelta64(15, "m"), sequence=bars, end=end, window=window,
        targets={"label": bars[end, 0] > 0},
    )  # fmt: skip
    rows = samples.rows.assign(set=["train"] * 150 + ["val"] * (len(samples) - 150))
    samples = replace(samples, rows=rows)
    options = TransformerOptions(width=8, n_blocks=2, n_heads=2, feed_forward=8, pooling=pooling, dropout=0.0)
    model = build_model(
        "transformer", n_channels=2, window=window, n_static=0, heads=[Head(name="label", kind="binary")],
        options=options,
    )  # fmt: skip
    return fit(model, samples.take(np.arange(150)), LOOP, seed=0), samples


@pytest.mark.parametrize("pooling", ["mean", "last"])
def test_rows_add_up_to_one_and_no_bar_looks_ahead(pooling):
    fitted, samples = made(pooling)
    first, second = attention_maps(fitted, samples)
    weights = np.array(first["weights"])
    assert weights.shape == (WINDOW, WINDOW)
    assert np.allclose(weights.sum(axis=1), 1.0, atol=1e-3)
    assert not np.triu(weights, 1).any()
    assert len(second["weights"]) == (1 if pooling == "last" else WINDOW)
    assert first["n_rows"] == len(samples) - 150


def test_weights_are_those_of_the_definition():
    fitted, samples = made("mean")
    val = samples.take(np.arange(150, len(samples)))
    layer = fitted.model.blocks[0].attention
    seen = []
    hook = layer.to_qkv.register_forward_hook(lambda _module, _inputs, out: seen.append(out))
    predict(fitted, val)
    hook.remove()
    rows = torch.cat(seen).double().detach().numpy()
    wanted = np.zeros((WINDOW, WINDOW))
    for row in rows:
        for head in range(2):
            query, key = row[:, 4 * head : 4 * head + 4], row[:, 8 + 4 * head : 12 + 4 * head]
            for i in range(WINDOW):
                scores = np.exp(key[: i + 1] @ query[i] / 2.0)
                wanted[i, : i + 1] += scores / scores.sum() / (2 * len(rows))
    assert np.allclose(attention_maps(fitted, samples)[0]["weights"], wanted, atol=1e-4)


def test_looking_changes_no_prediction_and_test_rows_change_nothing():
    fitted, samples = made("mean")
    before = predict(fitted, samples)
    maps = attention_maps(fitted, samples)
    assert before.equals(predict(fitted, samples))
    without = replace(samples, rows=samples.rows.assign(set="test"))
    assert attention_maps(fitted, without) == []
    assert maps == attention_maps(fitted, samples)


def test_many_tokens_are_put_together():
    fitted, samples = made("mean", window=100)
    (layer, _) = attention_maps(fitted, samples)
    weights = np.array(layer["weights"])
    assert layer["n_tokens"] == 100
    assert weights.shape == (64, 64)
    assert np.allclose(weights.sum(axis=1), 1.0, atol=1e-3)
