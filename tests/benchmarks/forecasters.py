"""Our N-BEATS beside neuralforecast's, at the same size, on the same series."""

import logging
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import nn

from tests.benchmarks.measuring import Row, SkippedError, compare
from topoquant.lib.models import Head, NBeatsOptions, build_model
from topoquant.lib.sampling import Samples
from topoquant.lib.sampling.arrays import samples_from_arrays
from topoquant.lib.training import Batches, FitOptions, Inputs, run_loop

BATCH, WINDOW, HORIZON = 64, 96, 24
HEADS = [Head(name="path", kind="value", n_outputs=HORIZON)]


def nbeats_neuralforecast(*, quick: bool) -> Row:
    """One step: a batch of windows, forward, backward and the optimiser; ours also clips."""
    hidden = 16 if quick else 512
    series = _series(500 if quick else 3_000)
    ours, peer = _ours(hidden), _peer(hidden, n_steps=1)
    return compare(
        f"N-BEATS step, {_count(ours):,} weights", "steps",
        ours=(_our_step(ours, _samples(series)), 1), peer=(_peer_step(peer, _dataset(series)), 1),
        compared=f"neuralforecast {_version()}, training_step and its optimiser, {_count(peer):,} weights",
        repeats=1 if quick else 31,
    )  # fmt: skip


def nbeats_fit_neuralforecast(*, quick: bool) -> Row:
    """A whole fit; both loops are Lightning's."""
    hidden, n_epochs, n_batches = (16, 1, 2) if quick else (512, 2, 40)
    n_steps = n_epochs * n_batches
    series = _series(n_batches * BATCH + WINDOW + HORIZON)
    ours, peer = _ours(hidden), _peer(hidden, n_steps=n_steps)
    samples, dataset = _samples(series), _dataset(series)
    loop = FitOptions(
        n_epochs=n_epochs, batch_size=BATCH, learning_rate=1e-3, weight_decay=0.01, patience=n_epochs,
        validation_fraction=1 / len(samples), clip_norm=1.0, head_weights={"path": 1.0}, scale="standard",
        clip=8.0, device="cpu", precision="32-true", n_threads=1,
    )  # fmt: skip
    return compare(
        f"N-BEATS fit, {_count(ours):,} weights", "steps",
        ours=(lambda: run_loop(ours, samples, loop, seed=0), n_steps),
        peer=(lambda: peer.fit(dataset), n_steps),
        compared=f"neuralforecast {_version()}, fit, {_count(peer):,} weights", repeats=1 if quick else 5,
    )  # fmt: skip


def _ours(hidden: int) -> Any:
    options = NBeatsOptions(
        stacks=("generic", "trend", "seasonality"), n_blocks=1, n_layers=2, hidden=hidden, degree=2,
        n_harmonics=2, n_generic=WINDOW, n_features=HORIZON, input_dropout=0.0, dropout=0.0,
    )  # fmt: skip
    return build_model("nbeats", n_channels=1, window=WINDOW, n_static=0, heads=HEADS, options=options)


def _peer(hidden: int, *, n_steps: int) -> Any:
    """Theirs with the same stacks and layers; quiet, without a log, a check point or early stopping."""
    nbeats, _ = _neuralforecast()
    return nbeats(
        h=HORIZON, input_size=WINDOW, stack_types=["identity", "trend", "seasonality"], n_blocks=[1, 1, 1],
        mlp_units=[[hidden, hidden]], windows_batch_size=BATCH, batch_size=1, scaler_type="identity",
        max_steps=n_steps, val_check_steps=n_steps, logger=False, enable_progress_bar=False,
        enable_model_summary=False, accelerator="cpu",
    )  # fmt: skip


def _our_step(model: Any, samples: Samples) -> Callable[[], object]:
    """A batch by our sampler, and a step as our loop makes it."""
    model.train()
    parameters = list(model.parameters())
    optimizer = torch.optim.AdamW(parameters, lr=1e-3, weight_decay=0.01, fused=True)
    targets = {"path": torch.from_numpy(samples.targets.to_numpy(np.float32))}
    batches = Batches(
        Inputs(samples, model.needs, "cpu"), targets, torch.ones(len(samples)), rows=np.arange(len(samples)),
        batch_size=BATCH, seed=0,
    )  # fmt: skip
    loss = nn.L1Loss()

    def endless() -> Any:
        while True:
            yield from batches

    source = endless()

    def step() -> None:
        batch = next(source)
        optimizer.zero_grad()
        loss(model(batch.inputs)["path"], batch.targets["path"]).backward()
        norm = nn.utils.get_total_norm([one.grad for one in parameters if one.grad is not None])
        if float(norm) > 1.0:
            nn.utils.clip_grads_with_norm_(parameters, 1.0, norm)
        optimizer.step()

    step()
    return step


def _peer_step(model: Any, dataset: Any) -> Callable[[], object]:
    """Their training step on their batch of the one series, and the optimiser that they choose."""
    from neuralforecast.tsdataset import TimeSeriesLoader

    model.train()
    optimizer = model.configure_optimizers()["optimizer"]
    batch = next(iter(TimeSeriesLoader(dataset, batch_size=1)))

    def step() -> None:
        optimizer.zero_grad()
        model.training_step(dict(batch), 0).backward()
        optimizer.step()

    step()
    return step


def _series(n: int) -> np.ndarray:
    return np.random.default_rng(0).normal(size=n).cumsum().astype(np.float32)


def _samples(series: np.ndarray) -> Samples:
    """Every window with the values that follow it."""
    end = np.arange(WINDOW - 1, len(series) - HORIZON)
    time = np.datetime64("2024-01-01", "ns") + end * np.timedelta64(1, "h")
    targets = {f"path_{1 + ahead}": series[end + 1 + ahead] for ahead in range(HORIZON)}
    return samples_from_arrays(
        time=time, t1=time, targets=targets, sequence=series[:, None], end=end, window=WINDOW
    )


def _dataset(series: np.ndarray) -> Any:
    _, dataset = _neuralforecast()
    table = pd.DataFrame({"unique_id": "a", "ds": np.arange(len(series)), "y": series})
    return dataset.from_df(table)[0]


def _neuralforecast() -> tuple[Any, Any]:
    logging.getLogger("lightning_fabric").setLevel(logging.ERROR)
    logging.getLogger("pytorch_lightning").setLevel(logging.ERROR)
    try:
        from neuralforecast.models import NBEATS
        from neuralforecast.tsdataset import TimeSeriesDataset
    except ImportError:
        raise SkippedError("skipped: no neuralforecast; it comes with the extra `forecasters`") from None
    return NBEATS, TimeSeriesDataset


def _version() -> str:
    from neuralforecast import __version__

    return str(__version__)


def _count(model: nn.Module) -> int:
    return sum(one.numel() for one in model.parameters() if one.requires_grad)
