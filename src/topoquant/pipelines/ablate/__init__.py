"""Which part of a recipe's features earns its place."""

from topoquant.pipelines.ablate.pipeline import create_pipeline as create_pipeline
