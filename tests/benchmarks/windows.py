"""Windows over the bars, never materialised: summaries for boosters, batches for networks."""

import numpy as np
import pandas as pd
import torch
from torch.utils.data import DataLoader, Dataset, TensorDataset

from tests.benchmarks.measuring import Row, compare
from topoquant.lib.models.summaries import window_summaries
from topoquant.lib.sampling import Samples
from topoquant.lib.sampling.arrays import samples_from_arrays
from topoquant.lib.training.batches import Batches, Inputs

WINDOW = 60
# numpy is fastest where a block of windows fits into the cache.
PEER_BLOCK = 256


class CopyingRows(Dataset):
    """A row at a time, each window copied: what is written first."""

    def __init__(self, sequence: np.ndarray, end: np.ndarray, label: np.ndarray) -> None:
        self.sequence, self.end, self.label = sequence, end, label

    def __len__(self) -> int:
        return len(self.end)

    def __getitem__(self, row: int) -> tuple[torch.Tensor, torch.Tensor]:
        last = self.end[row] + 1
        return torch.tensor(self.sequence[last - WINDOW : last]), torch.tensor(self.label[row])


def summaries(*, quick: bool) -> Row:
    n_rows, n_channels = (200, 3) if quick else (50_000, 50)
    sequence = _sequence(n_rows + WINDOW - 1, n_channels)
    end = np.arange(WINDOW - 1, len(sequence))
    np.testing.assert_allclose(
        window_summaries(sequence, end, WINDOW), _materialised(sequence, end), rtol=1e-6, atol=1e-6
    )
    return compare(
        f"window_summaries 5 x {n_channels}", "rows",
        ours=(lambda: window_summaries(sequence, end, WINDOW), n_rows),
        peer=(lambda: _materialised(sequence, end), n_rows),
        compared=f"{WINDOW}-bar windows as arrays of {PEER_BLOCK}, summarised by numpy",
        repeats=1 if quick else 5,
    )  # fmt: skip


def batches_copying(*, quick: bool) -> Row:
    samples, ours = _rows_and_batches(quick=quick)
    rows = CopyingRows(samples.sequence, samples.end, samples.targets["label"].to_numpy(np.float32))
    peer = DataLoader(rows, batch_size=_batch_size(quick=quick))
    return _compare_batches("batches", ours, peer, compared="DataLoader on a Dataset that copies each window",
                            quick=quick)  # fmt: skip


def batches_tensor(*, quick: bool) -> Row:
    samples, ours = _rows_and_batches(quick=quick)
    rows = samples.end[:, None] + np.arange(1 - WINDOW, 1)
    whole = torch.from_numpy(samples.sequence[rows])
    label = torch.from_numpy(samples.targets["label"].to_numpy(np.float32))
    peer = DataLoader(TensorDataset(whole, label), batch_size=_batch_size(quick=quick))
    return _compare_batches("batches, peer in memory", ours, peer,
                            compared="DataLoader on a TensorDataset of all windows", quick=quick)  # fmt: skip


def _sequence(n_bars: int, n_channels: int) -> np.ndarray:
    return np.random.default_rng(0).normal(size=(n_bars, n_channels)).astype(np.float32)


def _materialised(sequence: np.ndarray, end: np.ndarray) -> np.ndarray:
    """The five summaries of every channel from (n, window, channels) arrays."""
    starts = range(0, len(end), PEER_BLOCK)
    return np.concatenate([_summarised(sequence, end[start : start + PEER_BLOCK]) for start in starts])


def _summarised(sequence: np.ndarray, end: np.ndarray) -> np.ndarray:
    windows = sequence[end[:, None] + np.arange(1 - WINDOW, 1)].astype(np.float64)
    t = np.arange(WINDOW) - 0.5 * (WINDOW - 1)
    slope = np.einsum("t,ntc->nc", t, windows) / (t @ t)
    first, last = windows[:, 0], windows[:, -1]
    parts = [last, windows.mean(axis=1), windows.std(axis=1), slope, last - first]
    return np.stack(parts, axis=2).reshape(len(end), -1)


def _batch_size(*, quick: bool) -> int:
    return 64 if quick else 1024


def _rows_and_batches(*, quick: bool) -> tuple[Samples, Batches]:
    torch.set_num_threads(1)
    n_rows, n_channels = (200, 3) if quick else (300_000, 32)
    sequence = _sequence(n_rows + WINDOW - 1, n_channels)
    time = pd.date_range("2024-01-01", periods=n_rows, freq="15min", tz="UTC")
    label = np.random.default_rng(1).integers(0, 2, n_rows)
    samples = samples_from_arrays(
        time=time, t1=time, targets={"label": label}, sequence=sequence,
        end=np.arange(WINDOW - 1, len(sequence)), window=WINDOW,
    )  # fmt: skip
    batches = Batches(
        Inputs(samples, ("sequence",), "cpu"), {"label": torch.from_numpy(label.astype(np.float32))},
        torch.ones(n_rows), rows=np.arange(n_rows), batch_size=_batch_size(quick=quick),
    )  # fmt: skip
    return samples, batches


def _compare_batches(name: str, ours: Batches, peer: DataLoader, *, compared: str, quick: bool) -> Row:
    for batch, (sequence, label) in zip(ours, peer, strict=True):
        assert torch.equal(batch.inputs["sequence"], sequence)
        assert torch.equal(batch.targets["label"], label)
    n_rows = len(ours.rows)
    return compare(
        name, "samples", ours=(lambda: sum(1 for _ in ours), n_rows),
        peer=(lambda: sum(1 for _ in peer), n_rows), compared=compared, repeats=1 if quick else 3,
    )  # fmt: skip
