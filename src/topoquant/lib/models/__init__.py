"""Models: what maps windows and static features to one output per head.

Importing this package imports no torch and no booster: names that need one arrive on first use.
"""

from importlib import import_module
from typing import TYPE_CHECKING

from topoquant.lib.models.build import MODELS, ModelEntry, build_model
from topoquant.lib.models.options import (
    Conv1dOptions,
    DLinearOptions,
    GafCnnOptions,
    Head,
    HybridOptions,
    LightGBMOptions,
    LogisticOptions,
    LSTMOptions,
    MajorityOptions,
    NBeatsOptions,
    ResNetOptions,
    RidgeOptions,
    TCNOptions,
    TransformerOptions,
    XGBoostOptions,
    ZeroOptions,
)
from topoquant.lib.models.rows import Model, RowModel
from topoquant.lib.models.spec import ModelSpec

if TYPE_CHECKING:
    from topoquant.lib.models.attention import SelfAttention
    from topoquant.lib.models.augmenting import ImageAugmentation, SequenceAugmentation
    from topoquant.lib.models.baselines import Logistic, Majority, RidgeLine, Zero
    from topoquant.lib.models.boosters import LightGBM
    from topoquant.lib.models.conv1d import Conv1d
    from topoquant.lib.models.dlinear import DLinear
    from topoquant.lib.models.encoder import Encoder
    from topoquant.lib.models.field_layers import MarkovLayer, RecurrenceLayer
    from topoquant.lib.models.gaf_cnn import GafCnn
    from topoquant.lib.models.gramian_layer import GramianLayer
    from topoquant.lib.models.heads import Heads
    from topoquant.lib.models.hybrid import Hybrid
    from topoquant.lib.models.lstm import LSTM
    from topoquant.lib.models.nbeats import NBeats
    from topoquant.lib.models.resnet import ResNet
    from topoquant.lib.models.resnet18 import ResNet18
    from topoquant.lib.models.summaries import design_matrix, design_names, window_summaries
    from topoquant.lib.models.tcn import TCN
    from topoquant.lib.models.transformer import Transformer
    from topoquant.lib.models.xgboost_trees import XGBoost

_HOMES = {
    "Conv1d": "conv1d",
    "DLinear": "dlinear",
    "Encoder": "encoder",
    "GafCnn": "gaf_cnn",
    "GramianLayer": "gramian_layer",
    "Heads": "heads",
    "Hybrid": "hybrid",
    "ImageAugmentation": "augmenting",
    "LSTM": "lstm",
    "LightGBM": "boosters",
    "Logistic": "baselines",
    "Majority": "baselines",
    "MarkovLayer": "field_layers",
    "NBeats": "nbeats",
    "RecurrenceLayer": "field_layers",
    "ResNet": "resnet",
    "ResNet18": "resnet18",
    "RidgeLine": "baselines",
    "SelfAttention": "attention",
    "SequenceAugmentation": "augmenting",
    "TCN": "tcn",
    "Transformer": "transformer",
    "XGBoost": "xgboost_trees",
    "Zero": "baselines",
    "design_matrix": "summaries",
    "design_names": "summaries",
    "window_summaries": "summaries",
}

__all__ = [
    "LSTM",
    "MODELS",
    "TCN",
    "Conv1d",
    "Conv1dOptions",
    "DLinear",
    "DLinearOptions",
    "Encoder",
    "GafCnn",
    "GafCnnOptions",
    "GramianLayer",
    "Head",
    "Heads",
    "Hybrid",
    "HybridOptions",
    "ImageAugmentation",
    "LSTMOptions",
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
    "ResNet",
    "ResNet18",
    "ResNetOptions",
    "RidgeLine",
    "RidgeOptions",
    "RowModel",
    "SelfAttention",
    "SequenceAugmentation",
    "TCNOptions",
    "Transformer",
    "TransformerOptions",
    "XGBoost",
    "XGBoostOptions",
    "Zero",
    "ZeroOptions",
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
