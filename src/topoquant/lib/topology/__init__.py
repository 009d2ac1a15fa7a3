"""Persistent homology of sliding windows: Rips diagrams of an embedded series, and features of them."""

from topoquant.lib.topology.diagrams import Diagrams
from topoquant.lib.topology.embedding import embed_takens
from topoquant.lib.topology.features import TdaFeatures, tda_features
from topoquant.lib.topology.options import TdaOptions
from topoquant.lib.topology.rows import tda_features_of_rows
from topoquant.lib.topology.single import rips_persistence
from topoquant.lib.topology.sliding import sliding_rips_persistence
from topoquant.lib.topology.vectorise import feature_names, vectorise_diagrams

__all__ = [
    "Diagrams",
    "TdaFeatures",
    "TdaOptions",
    "embed_takens",
    "feature_names",
    "rips_persistence",
    "sliding_rips_persistence",
    "tda_features",
    "tda_features_of_rows",
    "vectorise_diagrams",
]
