"""Images built from raw windows, batch by batch on the device; no image is ever stored.

Shapes: B rows, K series, W values of the longest window, V windows, M methods, S pixels per side.
"""

from collections.abc import Sequence
from typing import cast

import torch
from torch import Tensor, nn

from topoquant.lib.errors import bad_input
from topoquant.lib.imaging.options import GramianMethod, Resize, Scaling
from topoquant.lib.imaging.scaling import resampling_matrix

METHODS: tuple[GramianMethod, ...] = ("summation", "difference")


class WindowScale(nn.Module):
    """Suffixes of raw windows, measured from their last value, and their places on their scales.

    Parameters
    ----------
    windows : sequence of int
        Values per window; all end at the last value.
    scaling : {"window", "volatility"}
        From each window's minimum to its maximum, or around its last value in units of the volatility of
        the whole row.
    limit : float or None
        With "volatility": end of the scale, in standard deviations of a random walk over the row.
    """

    def __init__(self, windows: Sequence[int], *, scaling: Scaling, limit: float | None) -> None:
        super().__init__()
        if not windows or min(windows) < 2:
            raise bad_input("windows", "at least one, of at least 2 values", list(windows), "name windows")
        if scaling not in ("window", "volatility"):
            raise bad_input("scaling", "window or volatility", repr(scaling), "choose one of them")
        if scaling == "volatility" and (limit is None or limit <= 0):
            raise bad_input("limit", "above 0 with scaling=volatility", limit, "say where the scale ends")
        self.windows = tuple(windows)
        self.limit = limit if scaling == "volatility" else None

    def suffixes(self, raw_BKW: Tensor, *, from_last: bool = True) -> list[Tensor]:
        """Return the windows in float64, from their last value (float32 loses digits) or as they are."""
        if raw_BKW.shape[-1] < max(self.windows):
            raise bad_input(
                "windows",
                f"at most {raw_BKW.shape[-1]}, the values of a row",
                max(self.windows),
                "shorten it",
            )
        values = raw_BKW.double()
        if from_last:
            values = values - values[..., -1:]
        return [values[..., -window:] for window in self.windows]

    def half_range(self, raw_BKW: Tensor) -> Tensor | None:
        """Return half the width of the scale, (B, K), or None where each window has its own."""
        if self.limit is None:
            return None
        changes = raw_BKW.double().diff(dim=-1)
        return self.limit * changes.square().sum(-1).sqrt()

    def forward(self, values: Tensor, half_BK: Tensor | None) -> tuple[Tensor, Tensor]:
        """Return the shares above the lower and below the upper end of the scale, as `scaled_shares`."""
        if half_BK is None:
            low, high = values.amin(-1, keepdim=True), values.amax(-1, keepdim=True)
            flat = high == low
            width = torch.where(flat, 1.0, high - low)
            return (values - low) / width, torch.where(flat, 1.0, (high - values) / width)
        half = half_BK.unsqueeze(-1)
        place = (values / torch.where(half == 0, 1.0, half)).clamp(-1.0, 1.0)
        return 0.5 * (1.0 + place), 0.5 * (1.0 - place)


class GramianLayer(nn.Module):
    """Gramian angular fields of raw windows; equal to `gramian_angular_field` within 3e-7.

    Parameters
    ----------
    windows : sequence of int
        Values per window, for example 15, 30 and 60; all end at the last value of a row.
    size : int
        Pixels per side, larger or smaller than a window.
    methods : sequence of {"summation", "difference"}
        Images of each window.
    resize : {"series", "image"}
        Whether the series or the finished image is brought to the size.
    scaling : {"window", "volatility"}
        From each window's own minimum to its maximum, or by the volatility of the row.
    limit : float, optional
        With "volatility": end of the scale, in standard deviations of a random walk over the row.

    Shape
    -----
    Input (B, W) or (B, K, W), float64 where the values are prices: raw, oldest first, W at least the
    longest window, finite (checked when windows are stored, not here). Output float32
    (B, K * V * M, S, S), series by series, window by window, method by method.

    Raises
    ------
    InputError
        For no window or method, an unknown name, a size below 2, a limit that is missing, or a row
        shorter than a window.

    Notes
    -----
    Nothing is learned and nothing is kept in a state dict. Angles are float64 and products float32 under
    every autocast: half precision would cost three digits. Gradients stop here.

    Examples
    --------
    >>> layer = GramianLayer([15, 30], size=64, methods=["summation", "difference"])
    >>> layer(torch.arange(60.0, dtype=torch.float64).reshape(2, 30)).shape
    torch.Size([2, 4, 64, 64])
    """

    def __init__(
        self,
        windows: Sequence[int],
        *,
        size: int,
        methods: Sequence[GramianMethod] = METHODS,
        resize: Resize = "series",
        scaling: Scaling = "window",
        limit: float | None = None,
    ) -> None:
        super().__init__()
        if not methods or not set(methods) <= set(METHODS):
            raise bad_input("methods", f"of {', '.join(METHODS)}", list(methods), "choose of them")
        if resize not in ("series", "image"):
            raise bad_input("resize", "series or image", repr(resize), "choose one of them")
        self.scale = WindowScale(windows, scaling=scaling, limit=limit)
        self.size, self.methods, self.resizes_image = size, tuple(methods), resize == "image"
        for window in self.scale.windows:
            matrix = torch.from_numpy(resampling_matrix(window, size).T.copy())
            self.register_buffer(f"resampling_{window}", matrix, persistent=False)

    @property
    def n_channels(self) -> int:
        """Return the channels made of one series."""
        return len(self.scale.windows) * len(self.methods)

    @torch.no_grad()
    def forward(self, windows: Tensor) -> Tensor:
        """Return the images of a batch, (B, K * V * M, S, S)."""
        raw_BKW = windows if windows.dim() == 3 else windows.unsqueeze(1)
        with torch.autocast(raw_BKW.device.type, enabled=False):
            cosine, sine = self._angles(raw_BKW)
            first = {"summation": cosine, "difference": sine}
            second = {"summation": sine, "difference": cosine}
            left, right = (
                torch.stack([part[method] for method in self.methods], dim=3).unsqueeze(-1)
                for part in (first, second)
            )
            cosine, sine = cosine[:, :, :, None, None, :], sine[:, :, :, None, None, :]
            images = (left * cosine).addcmul_(right, sine, value=-1.0)
            return images.flatten(1, 3)

    def _angles(self, raw_BKW: Tensor) -> tuple[Tensor, Tensor]:
        """Return cosines and sines, (B, K, V, S), rounded to float32 once."""
        half = self.scale.half_range(raw_BKW)
        cosines, sines = [], []
        for window, values in zip(self.scale.windows, self.scale.suffixes(raw_BKW), strict=True):
            matrix = cast(Tensor, getattr(self, f"resampling_{window}"))
            resizes = window != self.size
            series = values @ matrix if resizes and not self.resizes_image else values
            above, below = self.scale(series, half)
            cosine, sine = above - below, 2.0 * (above * below).sqrt()
            after = resizes and self.resizes_image
            cosines.append(cosine @ matrix if after else cosine)
            sines.append(sine @ matrix if after else sine)
        return torch.stack(cosines, 2).float(), torch.stack(sines, 2).float()
