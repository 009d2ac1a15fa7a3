"""Models: what maps windows and static features to one output per head.

Importing this package imports no torch and no booster: names that need one arrive on first use.
"""

from importlib import import_module
from typing import TYPE_CHECKING

from topoquant.lib.models.build import MODELS, ModelEntry, build_model
from topoquant.lib.models.options import (
    Head,
    LightGBMOptions,
    LogisticOptions,
    MajorityOptions,
    ModelSpec,
    NBeatsOptions,
)
from topoquant.lib.models.rows import Model, RowModel

if TYPE_CHECKING:
    from topoquant.lib.models.augmenting import ImageAugmentation, SequenceAugmentation
    from topoquant.lib.models.baselines import Logistic, Majority
    from topoquant.lib.models.boosters import LightGBM
    from topoquant.lib.models.field_layers import MarkovLayer, RecurrenceLayer
    from topoquant.lib.models.gramian_layer import GramianLayer
    from topoquant.lib.models.heads import Heads
    from topoquant.lib.models.nbeats import NBeats
    from topoquant.lib.models.summaries import design_matrix, design_names, window_summaries

_HOMES = {
    "GramianLayer": "gramian_layer",
    "Heads": "heads",
    "ImageAugmentation": "augmenting",
    "LightGBM": "boosters",
    "Logistic": "baselines",
    "Majority": "baselines",
    "MarkovLayer": "field_layers",
    "NBeats": "nbeats",
    "RecurrenceLayer": "field_layers",
    "SequenceAugmentation": "augmenting",
    "design_matrix": "summaries",
    "design_names": "summaries",
    "window_summaries": "summaries",
}

__all__ = [
    "MODELS",
    "GramianLayer",
    "Head",
    "Heads",
    "ImageAugmentation",
    "LightGBM",
    "LightGBMOptions",
    "Logistic",
    "LogisticOptions",
    "Majority",
    "MajorityOptions",
    "MarkovLayer",
    "Model",
    "ModelEntry",
    "ModelSpec",
    "NBeats",
    "NBeatsOptions",
    "RecurrenceLayer",
    "RowModel",
    "SequenceAugmentation",
    "build_model",
    "design_matrix",
    "design_names",
    "window_summaries",
]


def __getattr__(name: str) -> object:
    """Import the module behind a public name on first use."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
