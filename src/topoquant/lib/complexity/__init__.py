"""Complexity of a series, one number each: how ordered, regular, compressible, rough or persistent it is."""

from topoquant.lib.complexity.detrended import default_box_sizes, detrended_fluctuation
from topoquant.lib.complexity.features import (
    coarse_symbols,
    complexity_features,
    complexity_interval,
    complexity_names,
    complexity_of_symbols,
)
from topoquant.lib.complexity.higuchi import higuchi_dimension
from topoquant.lib.complexity.lempel_ziv import lempel_ziv
from topoquant.lib.complexity.options import ComplexityOptions
from topoquant.lib.complexity.permutation import permutation_entropy
from topoquant.lib.complexity.rolling import MEASURES, measure_names, rolling_complexity
from topoquant.lib.complexity.sample import sample_entropy
from topoquant.lib.complexity.spectral import spectral_entropy

__all__ = [
    "MEASURES",
    "ComplexityOptions",
    "coarse_symbols",
    "complexity_features",
    "complexity_interval",
    "complexity_names",
    "complexity_of_symbols",
    "default_box_sizes",
    "detrended_fluctuation",
    "higuchi_dimension",
    "lempel_ziv",
    "measure_names",
    "permutation_entropy",
    "rolling_complexity",
    "sample_entropy",
    "spectral_entropy",
]
