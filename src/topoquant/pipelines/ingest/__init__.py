"""Bars in, checked."""

from topoquant.pipelines.ingest.pipeline import create_pipeline as create_pipeline
