"""Runs side by side: recipes, symbols and revisions, each pair on the test rows both have."""

from topoquant.pipelines.compare.pipeline import create_pipeline as create_pipeline
