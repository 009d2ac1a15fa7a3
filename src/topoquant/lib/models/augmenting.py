"""Augmentation of batches on the device, in train mode alone; the definitions are in `imaging.augmentation`.

Shapes: B rows, C channels, S pixels per side, L bars.
"""

import torch
from torch import Tensor, nn

from topoquant.lib.errors import bad_input


class ImageAugmentation(nn.Module):
    """Turn, magnify and blur with noise, each image its own way; in eval mode the identity.

    Parameters
    ----------
    degrees : float
        Angles are drawn evenly from -degrees to degrees.
    scale : float
        In [0, 1): factors are drawn evenly from 1 - scale to 1 + scale.
    noise : float
        Standard deviation of what is added to every pixel.

    Shape
    -----
    Input and output (B, C, S, S), float32; the channels of a row are turned together.

    Raises
    ------
    InputError
        For a negative number, or a scale of 1 and more.

    Notes
    -----
    Draws come from torch's global generator of the device, which `fit` seeds. A row takes nothing
    from another row, so nothing crosses a split.

    Examples
    --------
    >>> layer = ImageAugmentation(degrees=5.0, scale=0.05, noise=0.01)
    >>> images = torch.zeros(2, 3, 8, 8)
    >>> bool((layer.eval()(images) == images).all()), bool((layer.train()(images) == images).all())
    (True, False)
    """

    def __init__(self, *, degrees: float, scale: float, noise: float) -> None:
        super().__init__()
        if min(degrees, scale, noise) < 0 or scale >= 1:
            raise bad_input(
                "degrees, scale, noise",
                "at least 0, scale below 1",
                (degrees, scale, noise),
                "make them smaller",
            )
        self.degrees, self.scale, self.noise = degrees, scale, noise

    def forward(self, images_BCSS: Tensor) -> Tensor:
        """Return changed images in train mode, the same ones else."""
        if not self.training or max(self.degrees, self.scale, self.noise) == 0:
            return images_BCSS
        places = torch.rand(2, len(images_BCSS), device=images_BCSS.device) * 2.0 - 1.0
        turned = turn_images(
            images_BCSS, degrees=self.degrees * places[0], scales=1.0 + self.scale * places[1]
        )
        return turned + self.noise * torch.randn_like(turned)


class SequenceAugmentation(nn.Module):
    """Jitter every value and multiply every channel of every row; in eval mode the identity.

    Parameters
    ----------
    jitter : float
        Standard deviation of what is added to every value.
    scaling : float
        Standard deviation of the logarithm of the factors.

    Shape
    -----
    Input and output (B, L, C), float32.

    Raises
    ------
    InputError
        For a negative number.

    Examples
    --------
    >>> layer = SequenceAugmentation(jitter=0.0, scaling=0.1)
    >>> changed = layer(torch.ones(1, 4, 2))
    >>> bool((changed[0, 0] == changed[0, 3]).all()), bool((changed > 0).all())
    (True, True)
    """

    def __init__(self, *, jitter: float, scaling: float) -> None:
        super().__init__()
        if min(jitter, scaling) < 0:
            raise bad_input("jitter and scaling", "at least 0", (jitter, scaling), "raise them")
        self.jitter, self.scaling = jitter, scaling

    def forward(self, sequence_BLC: Tensor) -> Tensor:
        """Return changed sequences in train mode, the same ones else."""
        if not self.training:
            return sequence_BLC
        factors_B1C = torch.exp(self.scaling * torch.randn_like(sequence_BLC[:, :1]))
        return sequence_BLC * factors_B1C + self.jitter * torch.randn_like(sequence_BLC)


def turn_images(images_BCSS: Tensor, *, degrees: Tensor, scales: Tensor) -> Tensor:
    """Turn and magnify images about their centre, as `rotate_and_scale` does.

    Parameters
    ----------
    images_BCSS : Tensor, shape (B, C, S, S)
        Square images.
    degrees, scales : Tensor, shape (B,)
        One of each per row; positive degrees turn against the clock.

    Returns
    -------
    Tensor, shape (B, C, S, S)
        Read by straight lines between pixels; places outside take the nearest pixel.

    Examples
    --------
    >>> turn_images(torch.arange(4.0).reshape(1, 1, 2, 2), degrees=torch.tensor([90.0]),
    ...             scales=torch.ones(1))[0, 0].round().tolist()
    [[1.0, 3.0], [0.0, 2.0]]
    """
    cosine, sine = torch.cos(torch.deg2rad(degrees)) / scales, torch.sin(torch.deg2rad(degrees)) / scales
    still = torch.zeros_like(cosine)
    turns = torch.stack([torch.stack([cosine, -sine, still], -1), torch.stack([sine, cosine, still], -1)], 1)
    grid = nn.functional.affine_grid(turns, list(images_BCSS.shape), align_corners=False)
    return nn.functional.grid_sample(
        images_BCSS, grid.to(images_BCSS.dtype), padding_mode="border", align_corners=False
    )
