"""Channels and sign-blind features."""

from topoquant.pipelines.features_tabular.pipeline import create_pipeline as create_pipeline
