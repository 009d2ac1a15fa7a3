"""Predictions joined on the key, and the one that is used."""

from topoquant.pipelines.ensemble.pipeline import create_pipeline as create_pipeline
