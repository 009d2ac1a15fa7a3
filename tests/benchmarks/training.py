"""The loop beside a bare torch loop on the same batches."""

import copy
from dataclasses import replace
from typing import Any

import numpy as np
import torch

from tests.benchmarks.measuring import Row, compare
from topoquant.lib.models import (
    DLinearOptions,
    Head,
    LSTMOptions,
    NBeatsOptions,
    TCNOptions,
    TransformerOptions,
    build_model,
)
from topoquant.lib.sampling import Samples
from topoquant.lib.sampling.arrays import samples_from_arrays
from topoquant.lib.training import Batches, FitOptions, Inputs, binary_loss, run_loop

WINDOW, N_CHANNELS, BATCH = 60, 25, 64


def loop_dlinear(*, quick: bool) -> Row:
    return _loop("dlinear", DLinearOptions(kernel=25, shared=False), (10, 100), quick=quick)


def loop_tcn(*, quick: bool) -> Row:
    options = TCNOptions(n_filters=24, kernel=3, dilations=(1, 2, 4, 8), dropout=0.2)
    return _loop("tcn", options, (2, 20), quick=quick)


def loop_lstm(*, quick: bool) -> Row:
    return _loop("lstm", LSTMOptions(hidden=64, n_residual=32, n_dense=32, dropout=0.2), (2, 20), quick=quick)


def loop_transformer(*, quick: bool) -> Row:
    options = TransformerOptions(
        width=64, n_blocks=2, n_heads=4, feed_forward=64, pooling="mean", dropout=0.1
    )
    return _loop("transformer", options, (2, 20), quick=quick)


def loop_nbeats(*, quick: bool) -> Row:
    options = NBeatsOptions(
        stacks=("trend", "seasonality", "generic"), n_blocks=1, n_layers=2, hidden=256, degree=3,
        n_harmonics=8, n_generic=8, n_features=64, input_dropout=0.1, dropout=0.1,
    )  # fmt: skip
    return _loop("nbeats", options, (2, 20), quick=quick)


def _loop(name: str, options: object, sizes: tuple[int, int], *, quick: bool) -> Row:
    """Whole fits of so many epochs of so many batches: what a fit costs once is part of it."""
    n_epochs, n_batches = (1, 4) if quick else sizes
    n_rows = BATCH * n_batches
    samples = _samples(n_rows)
    heads = [Head(name="label", kind="binary")]
    model = build_model(name, n_channels=N_CHANNELS, window=WINDOW, n_static=0, heads=heads, options=options)
    loop = FitOptions(
        n_epochs=n_epochs, batch_size=BATCH, learning_rate=1e-3, weight_decay=0.01, patience=n_epochs,
        validation_fraction=1 / n_rows, clip_norm=1.0, head_weights={"label": 1.0}, scale="standard",
        clip=8.0, device="cpu", precision="32-true", n_threads=1,
    )  # fmt: skip
    n_steps = n_epochs * n_batches

    def ours() -> object:
        return run_loop(model, samples, loop, seed=0)

    def peer() -> object:
        return _bare(model, samples, n_epochs)

    ours(), peer()
    row = compare(
        f"loop, {name}, batch {BATCH}", "steps", ours=(ours, n_steps), peer=(peer, n_steps),
        compared="bare torch loop, same batches and optimiser, no validation", repeats=1 if quick else 7,
    )  # fmt: skip
    return replace(row, compared=f"{row.compared}; overhead {1 / row.ratio:.2f}")


def _samples(n_rows: int) -> Samples:
    rng = np.random.default_rng(0)
    end = np.arange(n_rows) + WINDOW - 1
    time = np.datetime64("2024-01-01", "ns") + end * np.timedelta64(1, "h")
    return samples_from_arrays(
        time=time, t1=time, targets={"label": rng.integers(0, 2, n_rows)},
        sequence=rng.normal(size=(n_rows + WINDOW, N_CHANNELS)), end=end, window=WINDOW,
    )  # fmt: skip


def _bare(model: Any, samples: Samples, n_epochs: int) -> object:
    fresh = copy.deepcopy(model).train()
    optimizer = torch.optim.AdamW(fresh.parameters(), lr=1e-3, weight_decay=0.01, fused=True)
    labels = torch.from_numpy(samples.targets["label"].to_numpy(np.float32))
    batches = Batches(
        Inputs(samples, model.needs, "cpu"), {"label": labels}, torch.ones(len(samples)),
        rows=np.arange(len(samples)), batch_size=BATCH, seed=0,
    )  # fmt: skip
    for _ in range(n_epochs):
        for batch in batches:
            optimizer.zero_grad()
            binary_loss(fresh(batch.inputs)["label"], batch.targets["label"], batch.weights).backward()
            torch.nn.utils.clip_grad_norm_(fresh.parameters(), 1.0)
            optimizer.step()
    return fresh
