"""ResNet-18 whose parameters are named as torchvision names them, so that published weights fit.

He, Zhang, Ren and Sun (2016), "Deep residual learning for image recognition".

Shapes: B rows, C channels, S pixels per side.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from topoquant.lib.errors import bad_input

# Channels and stride of the four layers, two blocks each.
LAYERS = ((64, 1), (128, 2), (256, 2), (512, 2))
N_FEATURES = 512
# Published networks read colours.
N_COLOURS = 3


class BasicBlock(nn.Module):
    """Two 3 x 3 convolutions and a shortcut."""

    def __init__(self, n_inputs: int, n_outputs: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(n_inputs, n_outputs, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(n_outputs)
        self.conv2 = nn.Conv2d(n_outputs, n_outputs, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(n_outputs)
        self.downsample = (
            None
            if stride == 1 and n_inputs == n_outputs
            else nn.Sequential(
                nn.Conv2d(n_inputs, n_outputs, 1, stride, bias=False), nn.BatchNorm2d(n_outputs)
            )
        )

    def forward(self, x_BCSS: Tensor) -> Tensor:
        """Return the block's output, half the size where the stride is 2."""
        out_BCSS = functional.relu(self.bn1(self.conv1(x_BCSS)))
        out_BCSS = self.bn2(self.conv2(out_BCSS))
        shortcut_BCSS = x_BCSS if self.downsample is None else self.downsample(x_BCSS)
        return functional.relu(out_BCSS + shortcut_BCSS)


class ResNet18(nn.Module):
    """The network without its last, fully connected layer.

    Parameters
    ----------
    n_channels : int
        Of the images.

    Shape
    -----
    Input (B, C, S, S); output (B, 512).

    Examples
    --------
    >>> network = ResNet18(2).eval()
    >>> network(torch.zeros(1, 2, 32, 32)).shape
    torch.Size([1, 512])
    >>> sum(parameter.numel() for parameter in network.parameters())
    11173376
    """

    def __init__(self, n_channels: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(n_channels, 64, 7, 2, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        self.maxpool = nn.MaxPool2d(3, 2, 1)
        n_inputs = 64
        for number, (n_outputs, stride) in enumerate(LAYERS, start=1):
            first, second = BasicBlock(n_inputs, n_outputs, stride), BasicBlock(n_outputs, n_outputs, 1)
            self.add_module(f"layer{number}", nn.Sequential(first, second))
            n_inputs = n_outputs

    def forward(self, images_BCSS: Tensor) -> Tensor:
        """Return features pooled over the image."""
        x_BCSS = self.maxpool(functional.relu(self.bn1(self.conv1(images_BCSS))))
        for number in range(1, len(LAYERS) + 1):
            x_BCSS = getattr(self, f"layer{number}")(x_BCSS)
        return x_BCSS.mean(dim=(2, 3))


def load_published(network: ResNet18, weights: Mapping[str, Tensor]) -> None:
    """Copy published weights into a network, its first layer brought to the images' channels.

    The first layer of three colours becomes one of C channels: each channel gets the mean of the
    colours times 3 / C, so that an image whose channels agree gives what a grey picture gave.

    Parameters
    ----------
    network : ResNet18
        Changed in place.
    weights : mapping of str to Tensor
        A state dict with torchvision's names; `fc` is not needed and not looked at.

    Raises
    ------
    InputError
        For names or shapes of another network.

    Examples
    --------
    >>> published = ResNet18(3).state_dict()
    >>> network = ResNet18(2)
    >>> load_published(network, published)
    >>> bool((network.layer1[0].conv1.weight == published["layer1.0.conv1.weight"]).all())
    True
    """
    given = {name: value for name, value in weights.items() if not name.startswith("fc.")}
    own = network.state_dict()
    if set(given) != set(own):
        odd = sorted(set(given) ^ set(own))
        raise bad_input(
            "weights of resnet18", "those of torchvision's resnet18", f"{len(odd)} others, {odd[0]} first",
            "save its state_dict",
        )  # fmt: skip
    first = given["conv1.weight"]
    n_channels = own["conv1.weight"].shape[1]
    if first.shape[1] == N_COLOURS != n_channels:
        mean = first.mean(dim=1, keepdim=True) * N_COLOURS / n_channels
        given["conv1.weight"] = mean.expand(-1, n_channels, -1, -1)
    for name, value in given.items():
        if value.shape != own[name].shape:
            raise bad_input(
                f"weights of resnet18, {name}", tuple(own[name].shape), tuple(value.shape), "save resnet18's"
            )
    network.load_state_dict(given)


def read_published(weights: str) -> Mapping[str, Tensor]:
    """Return published weights from a local file, or from the hub when asked for by "hub".

    Parameters
    ----------
    weights : str
        Path of a `.safetensors` file or of a state dict of torch; "hub" downloads torchvision's weights
        of ImageNet and needs the package torchvision.

    Returns
    -------
    mapping of str to Tensor

    Raises
    ------
    InputError
        For a file that is not there or holds something else, or without torchvision.
    """
    if weights == "hub":
        return _from_hub()
    path = Path(weights)
    if not path.is_file():
        raise bad_input("weights of resnet18", '"hub" or an existing file', weights, "check the path")
    if path.suffix == ".safetensors":
        from safetensors.torch import load_file  # noqa: PLC0415  (only where weights are asked for)

        return cast(Mapping[str, Tensor], load_file(path))
    content = torch.load(path, map_location="cpu", weights_only=True)
    if not isinstance(content, Mapping):
        raise bad_input("weights of resnet18", "a state dict", type(content).__name__, "save its state_dict")
    return content


def _from_hub() -> Mapping[str, Tensor]:
    """Download torchvision's weights."""
    try:
        from torchvision.models import ResNet18_Weights  # noqa: PLC0415  (an extra)
    except ImportError as error:
        raise bad_input(
            "weights of resnet18", "a file where torchvision is not installed", '"hub"',
            "pip install torchvision, or name a local file",
        ) from error  # fmt: skip
    return cast(Mapping[str, Tensor], ResNet18_Weights.DEFAULT.get_state_dict(progress=False))
