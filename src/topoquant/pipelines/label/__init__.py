"""What is predicted."""

from topoquant.pipelines.label.pipeline import create_pipeline as create_pipeline
