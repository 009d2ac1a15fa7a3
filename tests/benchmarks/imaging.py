"""Images of windows beside pyts, and beside the step of the network they are made for."""

from itertools import pairwise

import numpy as np
import torch
from pyts.image import GramianAngularField, MarkovTransitionField, RecurrencePlot
from torch import nn

from tests.benchmarks.measuring import Row, compare, some_bars
from topoquant.lib.imaging import gramian_angular_field, markov_transition_field, recurrence_plot
from topoquant.lib.models.gramian_layer import GramianLayer

SIZE, N_STATES = 64, 5
METHODS = ("summation", "difference")
N_WINDOWS, BATCH = 256, 64


def gramian_15(*, quick: bool) -> Row:
    return _gramian(15, quick=quick)


def gramian_30(*, quick: bool) -> Row:
    return _gramian(30, quick=quick)


def gramian_60(*, quick: bool) -> Row:
    return _gramian(60, quick=quick)


def gramian_layer(*, quick: bool) -> Row:
    windows = _windows(60, quick=quick)
    layer, raw = GramianLayer([60], size=SIZE, methods=METHODS), torch.from_numpy(windows)
    series = _interpolated(windows)
    np.testing.assert_allclose(layer(raw), np.stack(_pyts(series), axis=1), atol=1e-6)
    return _row("GramianLayer 64x64 from 60", windows, quick=quick, n_images=2,
                ours=lambda: layer(raw), peer=lambda: _pyts(_interpolated(windows)))  # fmt: skip


def markov_field(*, quick: bool) -> Row:
    windows, size = _windows(60, quick=quick), 60
    peer = MarkovTransitionField(size, n_bins=N_STATES)
    np.testing.assert_allclose(
        markov_transition_field(windows, size=size, n_states=N_STATES), peer.fit_transform(windows), atol=1e-6
    )
    return _row("Markov field 60x60", windows, quick=quick,
                ours=lambda: markov_transition_field(windows, size=size, n_states=N_STATES),
                peer=lambda: peer.fit_transform(windows))  # fmt: skip


def recurrence(*, quick: bool) -> Row:
    windows = _windows(60, quick=quick)
    peer = RecurrencePlot()
    np.testing.assert_allclose(recurrence_plot(windows), peer.fit_transform(windows), rtol=1e-6)
    return _row("recurrence plot 60x60", windows, quick=quick,
                ours=lambda: recurrence_plot(windows), peer=lambda: peer.fit_transform(windows))  # fmt: skip


def image_batches(*, quick: bool) -> Row:
    """What building the images of a batch costs beside what training on them costs."""
    torch.set_num_threads(1)
    torch.manual_seed(0)
    raw = torch.from_numpy(_windows(60, quick=quick)[:BATCH])
    layer, network = GramianLayer([60], size=SIZE, methods=METHODS), simple_cnn(2)
    optimiser = torch.optim.AdamW(network.parameters(), lr=1e-3)
    images, label = layer(raw), torch.arange(len(raw)) % 2

    def step() -> None:
        optimiser.zero_grad()
        nn.functional.cross_entropy(network(images), label).backward()
        optimiser.step()

    step()
    n = sum(one.numel() for one in network.parameters())
    return compare(
        "GramianLayer, a batch", "samples", ours=(lambda: layer(raw), len(raw)), peer=(step, len(raw)),
        compared=f"a training step of a CNN of {n:,} parameters on the same 2x64x64 images",
        repeats=1 if quick else 5,
    )  # fmt: skip


def simple_cnn(n_channels: int) -> nn.Sequential:
    """Four blocks of convolution, norm, ReLU and pooling."""
    widths = (n_channels, 32, 64, 128, 256)
    blocks = [
        nn.Sequential(
            nn.Conv2d(before, after, 3, padding=1), nn.BatchNorm2d(after), nn.ReLU(), nn.MaxPool2d(2)
        )
        for before, after in pairwise(widths)
    ]
    return nn.Sequential(*blocks, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(widths[-1], 2))


def _gramian(window: int, *, quick: bool) -> Row:
    windows = _windows(window, quick=quick)

    def ours() -> list[np.ndarray]:
        return [gramian_angular_field(windows, size=SIZE, method=method) for method in METHODS]

    for own, theirs in zip(ours(), _pyts(_interpolated(windows)), strict=True):
        np.testing.assert_allclose(own, theirs, atol=1e-6)
    return _row(f"GASF and GADF 64x64 from {window}", windows, quick=quick, n_images=2,
                ours=ours, peer=lambda: _pyts(_interpolated(windows)))  # fmt: skip


def _row(name: str, windows: np.ndarray, *, quick: bool, ours, peer, n_images: int = 1) -> Row:
    n = n_images * len(windows)
    interpolated = ", on the interpolated series" if n_images == 2 else ""
    return compare(name, "images", ours=(ours, n), peer=(peer, n), compared=f"pyts{interpolated}",
                   repeats=1 if quick else 5)  # fmt: skip


def _windows(window: int, *, quick: bool) -> np.ndarray:
    """Windows of closes in shares of their range, from their last one: pyts loses digits on prices."""
    closes = some_bars(20_000)["close"].to_numpy()
    ends = np.linspace(window, len(closes), BATCH if quick else N_WINDOWS).astype(np.int64)
    windows = np.stack([closes[end - window : end] for end in ends])
    return (windows - windows[:, -1:]) / np.ptp(windows, axis=1, keepdims=True)


def _interpolated(windows: np.ndarray) -> np.ndarray:
    place, known = np.linspace(0, windows.shape[1] - 1, SIZE), np.arange(windows.shape[1])
    return np.stack([np.interp(place, known, one) for one in windows])


def _pyts(series: np.ndarray) -> tuple[np.ndarray, ...]:
    return tuple(GramianAngularField(SIZE, method=method).fit_transform(series) for method in METHODS)
