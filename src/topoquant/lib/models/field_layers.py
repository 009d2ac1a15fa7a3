"""Markov fields and recurrence plots built from raw windows, batch by batch on the device.

Shapes: B rows, K series, W values of the longest window, V windows, Q states, S pixels per side.
"""

from collections.abc import Sequence
from typing import cast

import torch
from torch import Tensor, nn

from topoquant.lib.errors import bad_input
from topoquant.lib.imaging.markov import quantile_places
from topoquant.lib.imaging.options import Scaling
from topoquant.lib.imaging.scaling import resampling_matrix, resampling_places
from topoquant.lib.models.gramian_layer import WindowScale


class MarkovLayer(nn.Module):
    """Markov transition fields of raw windows; equal to `markov_transition_field`.

    Parameters
    ----------
    windows : sequence of int
        Values per window; all end at the last value of a row.
    size : int
        Pixels per side.
    n_states : int
        Quantile bins of each window, at least 2.

    Shape
    -----
    Input (B, W) or (B, K, W), float64 where the values are prices. Output float32 (B, K * V, S, S).

    Raises
    ------
    InputError
        For no window, a size or a number of states below 2, or a row shorter than a window.

    Examples
    --------
    >>> layer = MarkovLayer([4], size=4, n_states=2)
    >>> layer(torch.tensor([[1.0, 2.0, 1.0, 2.0]]))[0, 0, 0].tolist()
    [0.0, 1.0, 0.0, 1.0]
    """

    def __init__(self, windows: Sequence[int], *, size: int, n_states: int) -> None:
        super().__init__()
        if n_states < 2:
            raise bad_input("n_states", "at least 2", n_states, "ask for more states")
        self.scale = WindowScale(windows, scaling="window", limit=None)
        self.size, self.n_states = size, n_states
        for window in self.scale.windows:
            matrix = torch.from_numpy(resampling_matrix(window, size).T.copy())
            self.register_buffer(f"resampling_{window}", matrix, persistent=False)

    @torch.no_grad()
    def forward(self, windows: Tensor) -> Tensor:
        """Return the images of a batch, (B, K * V, S, S)."""
        raw_BKW = windows if windows.dim() == 3 else windows.unsqueeze(1)
        with torch.autocast(raw_BKW.device.type, enabled=False):
            fields = [self._field(values) for values in self.scale.suffixes(raw_BKW, from_last=False)]
            return torch.stack(fields, 2).flatten(1, 2)

    def _field(self, values: Tensor) -> Tensor:
        """Return the fields of one window, (B, K, S, S)."""
        window = values.shape[-1]
        series = self._interpolated(values) if self.size > window else values
        states = torch.searchsorted(self._edges(series), series.contiguous())
        held = nn.functional.one_hot(states, self.n_states).double()
        counts = held[..., :-1, :].mT @ held[..., 1:, :]
        moves = counts / counts.sum(-1, keepdim=True).clamp(min=1.0)
        matrix = cast(Tensor, getattr(self, f"resampling_{window}"))
        shown = matrix.mT @ held if self.size < window else held
        return (shown @ moves @ shown.mT).float()

    def _interpolated(self, values: Tensor) -> Tensor:
        """Return longer series, (B, K, S), rounded as `interpolate_windows` rounds.

        On a grid of ticks values lie on the edges of states: a matrix product, which rounds in its
        own way, would put some on the other side.
        """
        before, part = (
            torch.from_numpy(one).to(values.device) for one in resampling_places(values.shape[-1], self.size)
        )
        from_last = values - values[..., -1:]
        return (1.0 - part) * from_last[..., before] + part * from_last[..., before + 1]

    def _edges(self, series: Tensor) -> Tensor:
        """Return what divides the states, (B, K, Q - 1), as `quantile_edges`."""
        before, part = (
            torch.from_numpy(one).to(series.device)
            for one in quantile_places(series.shape[-1], self.n_states)
        )
        ordered = series.sort(-1).values
        low, high = ordered[..., before], ordered[..., before + 1]
        step = high - low
        return torch.where(part >= 0.5, high - step * (1.0 - part), low + step * part)


class RecurrenceLayer(nn.Module):
    """Recurrence plots of raw windows: distances in shares of the scale, or what is near.

    Parameters
    ----------
    windows : sequence of int
        Values per window; all end at the last value of a row.
    size : int
        Pixels per side.
    scaling, limit
        As `GramianLayer`.
    threshold : float or None
        A share of the scale: 1 where a distance is below it, 0 elsewhere. None: the distances.

    Shape
    -----
    Input (B, W) or (B, K, W), float64 where the values are prices. Output float32 (B, K * V, S, S).

    Raises
    ------
    InputError
        For no window, a size below 2, a threshold outside (0, 1], or a row shorter than a window.

    Examples
    --------
    >>> RecurrenceLayer([3], size=3)(torch.tensor([[1.0, 2.0, 5.0]]))[0, 0, 0].tolist()
    [0.0, 0.25, 1.0]
    """

    def __init__(
        self,
        windows: Sequence[int],
        *,
        size: int,
        scaling: Scaling = "window",
        limit: float | None = None,
        threshold: float | None = None,
    ) -> None:
        super().__init__()
        if threshold is not None and not 0 < threshold <= 1:
            raise bad_input("threshold", "in (0, 1], a share of the scale", threshold, "give a share")
        self.scale = WindowScale(windows, scaling=scaling, limit=limit)
        self.threshold = threshold
        for window in self.scale.windows:
            matrix = torch.from_numpy(resampling_matrix(window, size).T.copy())
            self.register_buffer(f"resampling_{window}", matrix, persistent=False)

    @torch.no_grad()
    def forward(self, windows: Tensor) -> Tensor:
        """Return the images of a batch, (B, K * V, S, S)."""
        raw_BKW = windows if windows.dim() == 3 else windows.unsqueeze(1)
        half = self.scale.half_range(raw_BKW)
        with torch.autocast(raw_BKW.device.type, enabled=False):
            plots = []
            for window, values in zip(self.scale.windows, self.scale.suffixes(raw_BKW), strict=True):
                matrix = cast(Tensor, getattr(self, f"resampling_{window}"))
                above, _ = self.scale(values @ matrix, half)
                distances = (above.unsqueeze(-1) - above.unsqueeze(-2)).abs()
                plots.append((distances if self.threshold is None else distances < self.threshold).float())
            return torch.stack(plots, 2).flatten(1, 2)
