"""Rows get a set and a fold, from times alone."""

from topoquant.pipelines.split.pipeline import create_pipeline as create_pipeline
