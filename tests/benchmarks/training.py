"""The loop beside a bare torch loop on the same batches."""

import copy
from typing import Any

import numpy as np
import torch

from tests.benchmarks.measuring import Row, compare
from topoquant.lib.models import DLinearOptions, Head, TCNOptions, build_model
from topoquant.lib.sampling import Samples
from topoquant.lib.sampling.arrays import samples_from_arrays
from topoquant.lib.training import Batches, FitOptions, Inputs, binary_loss, run_loop

WINDOW, N_CHANNELS, BATCH = 60, 25, 64


def loop_dlinear(*, quick: bool) -> Row:
    return _loop("dlinear", DLinearOptions(kernel=25, shared=False), quick=quick)


def loop_tcn(*, quick: bool) -> Row:
    return _loop("tcn", TCNOptions(n_filters=24, kernel=3, dilations=(1, 2, 4, 8), dropout=0.2), quick=quick)


def _loop(name: str, options: object, *, quick: bool) -> Row:
    n_rows, n_epochs = (256, 1) if quick else (6400, 10)
    samples = _samples(n_rows)
    heads = [Head(name="label", kind="binary")]
    model = build_model(name, n_channels=N_CHANNELS, window=WINDOW, n_static=0, heads=heads, options=options)
    loop = FitOptions(
        n_epochs=n_epochs, batch_size=BATCH, learning_rate=1e-3, weight_decay=0.01, patience=n_epochs,
        validation_fraction=0.01, clip_norm=1.0, head_weights={"label": 1.0}, scale="standard", clip=8.0,
        device="cpu", precision="32-true", n_threads=1,
    )  # fmt: skip
    n_steps = n_epochs * (n_rows // BATCH)

    def ours() -> object:
        return run_loop(model, samples, loop, seed=0)

    def peer() -> object:
        return _bare(model, samples, n_epochs)

    ours(), peer()
    return compare(
        f"loop, {name}, batch {BATCH}", "steps", ours=(ours, n_steps), peer=(peer, n_steps),
        compared="bare torch loop, same batches and optimiser, no validation", repeats=1 if quick else 5,
    )  # fmt: skip


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
