"""Topological features."""

from topoquant.pipelines.features_tda.pipeline import create_pipeline as create_pipeline
