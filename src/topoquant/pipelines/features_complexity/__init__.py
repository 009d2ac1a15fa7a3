"""Complexity of the recent past."""

from topoquant.pipelines.features_complexity.pipeline import create_pipeline as create_pipeline
