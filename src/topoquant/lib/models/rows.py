"""What every model has to offer, and what one that fits itself to samples, without a loop, has to."""

from typing import Any, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from topoquant.lib.errors import bad_input
from topoquant.lib.models.spec import ModelSpec
from topoquant.lib.sampling.samples import Samples


class Model(Protocol):
    """Any model of `build_model`: torch modules have this and no more in common with the others."""

    @property
    def spec(self) -> ModelSpec:
        """Return what it was built from."""
        ...


class RowModel(Model, Protocol):
    """A frozen model: `fit` returns a fitted copy and leaves the original as it was.

    Attributes
    ----------
    history : tuple of dict
        One row per round: `epoch` (from 1), `train_loss`, `val_loss`, `learning_rate`. Empty for
        models without rounds.
    best_epoch : int
        The round that was kept; 0 without rounds.
    """

    @property
    def history(self) -> tuple[dict[str, Any], ...]:
        """Return the rounds of the fit."""
        ...

    @property
    def best_epoch(self) -> int:
        """Return the round that was kept."""
        ...

    @property
    def n_parameters(self) -> int | None:
        """Return how many numbers were fitted; None where that says little (trees)."""
        ...

    def fit(self, samples: Samples, *, seed: int) -> Self:
        """Return a copy fitted on every row of `samples`, weighted by `samples.weights`."""
        ...

    def predict(self, samples: Samples) -> dict[str, NDArray[np.float64]]:
        """Return per head, for every row, the logit (binary) or the value (fraction, value)."""
        ...

    def dump(self) -> dict[str, bytes]:
        """Return what was fitted as files by name: JSON or a library's native text."""
        ...

    def load(self, files: dict[str, bytes]) -> Self:
        """Return a copy fitted as the one that dumped `files`."""
        ...


def check_kinds(spec: ModelSpec, *kinds: str) -> None:
    """Refuse heads that a model cannot predict: of another kind, or of several numbers per row.

    Parameters
    ----------
    spec : ModelSpec
        What the model is to be built from.
    *kinds : str
        Kinds of heads it knows.

    Raises
    ------
    InputError
        For the first other head.
    """
    for head in spec.heads:
        if head.kind not in kinds or head.n_outputs is not None:
            raise bad_input(
                f"heads of {spec.name}", f"{' or '.join(kinds)}, one number each",
                f"{head.name} ({head.kind}, {head.width})", "choose a torch model for it",
            )  # fmt: skip
