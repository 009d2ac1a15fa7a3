"""Persistent homology of sliding windows: Rips diagrams of an embedded series, and features of them."""

from topoquant.lib.topology.describe import choose_times, describe_windows
from topoquant.lib.topology.diagrams import Diagrams
from topoquant.lib.topology.embedding import embed_takens
from topoquant.lib.topology.features import TdaFeatures, feature_names, tda_features
from topoquant.lib.topology.options import TdaOptions
from topoquant.lib.topology.rows import tda_features_of_rows
from topoquant.lib.topology.single import rips_persistence
from topoquant.lib.topology.sliding import sliding_rips_persistence
from topoquant.lib.topology.store import BlockStore, NoStore
from topoquant.lib.topology.sublevel import sublevel_columns, sublevel_persistence, vectorise_sublevel
from topoquant.lib.topology.vectorise import diagram_columns, vectorise_diagrams

__all__ = [
    "BlockStore",
    "Diagrams",
    "NoStore",
    "TdaFeatures",
    "TdaOptions",
    "choose_times",
    "describe_windows",
    "diagram_columns",
    "embed_takens",
    "feature_names",
    "rips_persistence",
    "sliding_rips_persistence",
    "sublevel_columns",
    "sublevel_persistence",
    "tda_features",
    "tda_features_of_rows",
    "vectorise_diagrams",
    "vectorise_sublevel",
]
