"""Everything `build_model` was told."""

from dataclasses import dataclass
from typing import Any

from topoquant.lib.models.options import Head


@dataclass(frozen=True, kw_only=True)
class ModelSpec:
    """Everything `build_model` was told: enough to build the same unfitted model again.

    Attributes
    ----------
    name : str
        A name in `MODELS`.
    n_channels, window, n_static : int
        Shape of the inputs: `sequence` (B, window, n_channels) and `static` (B, n_static).
    static_groups : tuple of (str, int)
        Families of the static features in the order of their columns, and how many columns each has;
        empty where nothing is known of families.
    n_raw : int
        Bars of the raw window that images are made of, `window` (B, n_raw); 0 without one.
    heads : tuple of Head
        What is predicted, in order.
    options : object
        The options dataclass of the model.
    """

    name: str
    n_channels: int
    window: int
    n_static: int
    heads: tuple[Head, ...]
    options: Any
    n_raw: int = 0
    static_groups: tuple[tuple[str, int], ...] = ()
