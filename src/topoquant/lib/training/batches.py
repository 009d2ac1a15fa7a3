"""Batches gathered whole from the array of bars: the (N, L, C) tensor is never built.

A window of a contiguous (n_bars, C) array is one stretch of memory. A view whose overlapping rows
hold L * C numbers therefore serves all windows, and one `index_select` on it gathers a batch.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from topoquant.lib.errors import bad_input
from topoquant.lib.sampling.samples import Samples
from topoquant.lib.training.row_order import PlainOrder, RowOrder


class Batch(NamedTuple):
    """Inputs by name, targets by head, and row weights (B,), on one device."""

    inputs: dict[str, Tensor]
    targets: dict[str, Tensor]
    weights: Tensor


class Inputs:
    """The named input tensors of a set of rows, gathered on demand.

    Parameters
    ----------
    samples : Samples
        Any rows.
    needs : tuple of str
        Of "sequence", "static" and "window" (the raw window that images are made of).
    device : str
        Where the bars lie and batches are gathered.

    Raises
    ------
    InputError
        When a window is needed and there are no bars, or it does not fit into them; when raw
        windows are needed and there are none.

    Examples
    --------
    >>> from topoquant.lib.sampling.arrays import samples_from_arrays
    >>> time = np.array(["2024-01-01", "2024-01-02"], "datetime64[ns]")
    >>> samples = samples_from_arrays(
    ...     time=time, t1=time, targets={"label": [0, 1]}, sequence=np.arange(4.0)[:, None],
    ...     end=[2, 3], window=2,
    ... )
    >>> Inputs(samples, ("sequence",), "cpu").gather(torch.tensor([1]))["sequence"].squeeze()
    tensor([2., 3.])
    """

    def __init__(self, samples: Samples, needs: tuple[str, ...], device: str) -> None:
        self.needs = needs
        self.shape = (samples.window, samples.n_channels)
        if "sequence" in needs:
            self.windows = _window_view(samples, device)
            self.starts = torch.from_numpy(samples.end - (samples.window - 1)).to(device)
        if "static" in needs:
            # A tensor of nothing cannot be handed to another process: none is kept.
            static = samples.static if samples.n_static else None
            self.static = None if static is None else torch.from_numpy(static).to(device)
        if "window" in needs:
            self.raw_windows, self.raw_rows = _raw_windows(samples, device)

    def gather(self, rows_B: Tensor) -> dict[str, Tensor]:
        """Return the inputs of some rows: `sequence` (B, L, C), `static` (B, S), `window` (B, W)."""
        inputs = {}
        if "sequence" in self.needs:
            starts_B = self.starts.index_select(0, rows_B)
            inputs["sequence"] = self.windows.index_select(0, starts_B).unflatten(1, self.shape)
        if "static" in self.needs:
            inputs["static"] = (
                torch.empty((len(rows_B), 0), device=rows_B.device)
                if self.static is None
                else self.static.index_select(0, rows_B)
            )
        if "window" in self.needs:
            inputs["window"] = self.raw_windows.index_select(0, self.raw_rows.index_select(0, rows_B))
        return inputs


class Batches:
    """Iterate over some rows in batches, shuffled anew on every pass when given a seed.

    Parameters
    ----------
    inputs : Inputs
        Of all rows.
    targets : dict of Tensor, shape (n,)
        Per head, on the device of the inputs.
    weights : Tensor, shape (n,)
        Of the rows, on the same device.
    rows : ndarray of int, shape (m,)
        Positions to iterate over.
    batch_size : int
        Rows per batch; the last may be smaller. With a seed, a last batch of one row joins the one
        before: batch norm has no variance to divide one row by.
    seed : int, optional
        Without it the order is that of `rows`.
    order : callable, optional
        Of `order_rows`, draws the rows of a pass; absent, all are shuffled.
    share : tuple of int, optional
        (number, of how many) of the process that reads: each sees every so manieth row. Absent, one
        sees all.
    """

    def __init__(
        self,
        inputs: Inputs,
        targets: dict[str, Tensor],
        weights: Tensor,
        *,
        rows: NDArray[np.integer],
        batch_size: int,
        seed: int | None = None,
        order: RowOrder | None = None,
        share: tuple[int, int] = (0, 1),
    ) -> None:
        self.inputs, self.targets, self.weights = inputs, targets, weights
        self.rows = torch.from_numpy(np.asarray(rows, np.int64))
        self.batch_size = batch_size
        self.generator = None if seed is None else torch.Generator().manual_seed(seed)
        self.order = order or PlainOrder(self.rows)
        self.share = share
        self.n_passes = 0

    def __len__(self) -> int:
        """Return the number of batches."""
        return len(self._sizes())

    def __iter__(self) -> Iterator[Batch]:
        """Yield the batches of one pass."""
        rows = self.rows
        if self.generator is not None:
            rows = self.order(self.n_passes, self.generator)
            self.n_passes += 1
        number, n_shares = self.share
        mine = rows[number::n_shares][: self._n_mine()]
        for rows_B in mine.to(self.weights.device).split(self._sizes()):
            yield Batch(
                inputs=self.inputs.gather(rows_B),
                targets={name: target.index_select(0, rows_B) for name, target in self.targets.items()},
                weights=self.weights.index_select(0, rows_B),
            )

    def state(self) -> dict[str, Any]:
        """Return what the order of the next pass depends on."""
        return {
            "n_passes": self.n_passes,
            "generator": None if self.generator is None else self.generator.get_state(),
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Go on as the one whose `state` this was would have."""
        self.n_passes = state["n_passes"]
        if self.generator is not None:
            self.generator.set_state(state["generator"])

    def _n_mine(self) -> int:
        """Rows of a pass that this process sees: as many as every other, so that none waits."""
        return max(1, len(self.rows) // self.share[1])

    def _sizes(self) -> list[int]:
        """Rows of each batch."""
        full, rest = divmod(self._n_mine(), self.batch_size)
        sizes = [self.batch_size] * full
        if rest == 1 and sizes and self.generator is not None:
            sizes[-1] += 1
        elif rest:
            sizes.append(rest)
        return sizes


class WholePass:
    """All batches of a pass as the one item that a loader gives.

    A list would not do: Lightning takes a list of loaders apart and reads each batch by batch.

    Parameters
    ----------
    batches : Batches
        Read when the item is used.
    """

    def __init__(self, batches: Batches) -> None:
        self.batches = batches

    def __len__(self) -> int:
        """Return the number of items."""
        return 1

    def __iter__(self) -> Iterator[Batches]:
        """Yield the one item."""
        yield self.batches


def _raw_windows(samples: Samples, device: str) -> tuple[Tensor, Tensor]:
    """Return the stored raw windows, shared, and each row's position in them."""
    if samples.raw_windows is None or samples.raw_rows is None:
        raise bad_input("samples", "with raw windows", "none", "feed the member a window")
    windows = torch.from_numpy(np.ascontiguousarray(samples.raw_windows))
    return windows.to(device), torch.from_numpy(samples.raw_rows).to(device)


def _window_view(samples: Samples, device: str) -> Tensor:
    """Return all windows as overlapping rows of L * C numbers, without copying the bars."""
    sequence, window = samples.sequence, samples.window
    if sequence is None:
        raise bad_input("samples", "with a sequence", "none", "feed the member a sequence")
    n_bars, n_channels = sequence.shape
    if not len(samples) or samples.end.min() < window - 1 or samples.end.max() >= n_bars:
        raise bad_input(
            "samples.end", f"in [{window - 1}, {n_bars}) for at least one row", samples.end,
            "drop rows whose window does not fit",
        )  # fmt: skip
    bars = torch.from_numpy(np.ascontiguousarray(sequence)).to(device)
    return bars.as_strided((n_bars - window + 1, window * n_channels), (n_channels, 1))
