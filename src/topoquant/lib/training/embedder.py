"""The features that a model's heads read, and the projection in which a pre-training compares them.

Shapes: B rows, F features, P numbers of the projection.
"""

import copy
from dataclasses import replace
from typing import Any, cast

import torch
from torch import Tensor, nn

from topoquant.lib.errors import bad_input
from topoquant.lib.models import Head, Model, ModelSpec, build_model
from topoquant.lib.models.encoder import Encoder, zero_inputs

# Of the head that is dropped afterwards.
PROJECTION = "projection"


class Embedder(nn.Module):
    """The features that a model's heads read.

    Parameters
    ----------
    model : torch.nn.Module
        From `build_model`. An `Encoder` gives what it embeds. A model without one (dlinear, whose heads
        are all it has) is built anew with one head of `width` values, and gives those.
    width : int
        Of that head.

    Shape
    -----
    Input: as the model's; output (B, F).
    """

    def __init__(self, model: nn.Module, width: int) -> None:
        super().__init__()
        spec: ModelSpec = cast(Any, model).spec
        if not isinstance(model, Encoder):
            heads = (Head(name=PROJECTION, kind="value", n_outputs=width),)
            model = cast(nn.Module, build_model(**{**_arguments(spec), "heads": heads}))
        self.model = copy.deepcopy(model)
        self.needs = cast(Any, model).needs
        training = self.model.training
        with torch.no_grad():
            self.n_features = self.eval()(zero_inputs(spec)).shape[1]
        self.train(training)

    def forward(self, inputs: dict[str, Tensor]) -> Tensor:
        """Return the features (B, F)."""
        if isinstance(self.model, Encoder):
            return self.model.embed(inputs)
        features: Tensor = self.model(inputs)[PROJECTION]
        return features.flatten(1)


class Projected(nn.Module):
    """An embedder and a projection with one hidden layer, in which rows are compared.

    Shape
    -----
    Input: as the model's; output under the name `projection` (B, P).
    """

    def __init__(self, embedder: Embedder, width: int) -> None:
        super().__init__()
        self.embedder = embedder
        self.needs = embedder.needs
        head = Head(name=PROJECTION, kind="value", n_outputs=width)
        self.spec = replace(cast(Any, embedder.model).spec, heads=(head,))
        n_features = embedder.n_features
        # Drawn weights place all rows in about one direction, from which the loss has hardly a slope; norms
        # over the batch, of the tail too, spread them.
        self.projection = nn.Sequential(
            nn.BatchNorm1d(n_features, track_running_stats=False),
            nn.Linear(n_features, n_features),
            nn.BatchNorm1d(n_features, track_running_stats=False),
            nn.ReLU(),
            nn.Linear(n_features, width),
        )

    def forward(self, inputs: dict[str, Tensor]) -> dict[str, Tensor]:
        """Return the projection of the features."""
        return {PROJECTION: self.projection(self.embedder(inputs))}

    def start(self) -> None:
        """Start from published weights, where the model has some."""
        if hasattr(self.embedder.model, "start"):
            cast(Any, self.embedder.model).start()


def trunk_weights(model: nn.Module) -> dict[str, Tensor]:
    """Return the weights of everything but the heads."""
    return {name: value for name, value in model.state_dict().items() if not name.startswith("heads.")}


def check_trunk(model: Model) -> None:
    """Refuse to start a fit of a model that has nothing but heads from a pre-training.

    Raises
    ------
    InputError
        For a model without a trunk.
    """
    if not trunk_weights(cast(nn.Module, model)):
        raise bad_input(
            f"pretraining of {cast(Any, model).spec.name}", "absent: it has nothing that its heads share",
            "a block", "leave it out, or probe what `pretrain` gives",
        )  # fmt: skip


def _arguments(spec: ModelSpec) -> dict[str, Any]:
    """Return what `build_model` was told."""
    return {name: getattr(spec, name) for name in spec.__dataclass_fields__}
