"""The state of a fit after an epoch, in one file: what a killed process had reached."""

import pickle
from pathlib import Path
from typing import Any

import torch

from topoquant.lib.training.atomic_file import write_whole


class EpochCheckpoint:
    """One file with tensors and plain values; it holds the last epoch that ended.

    Parameters
    ----------
    path : Path
        Of the file. Whoever names it makes sure that another fit has another name.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def read(self) -> dict[str, Any] | None:
        """Return the state; None where there is no file, or one that cannot be read."""
        try:
            # No code is run, whatever the file holds.
            state: dict[str, Any] = torch.load(self.path, map_location="cpu", weights_only=True)
        except (FileNotFoundError, EOFError, RuntimeError, pickle.UnpicklingError):
            return None
        return state

    def write(self, state: dict[str, Any]) -> None:
        """Put a state in the place of the one before, whole or not at all."""
        write_whole(self.path, lambda file: torch.save(state, file))

    def remove(self) -> None:
        """Leave nothing behind, nor what a process was writing when it was killed."""
        self.path.unlink(missing_ok=True)
        for path in self.path.parent.glob(f".{self.path.stem}.*{self.path.suffix}"):
            path.unlink(missing_ok=True)
