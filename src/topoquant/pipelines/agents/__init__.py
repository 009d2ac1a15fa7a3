"""What agents need besides features and targets, and the prediction they make together."""

from topoquant.pipelines.agents.pipeline import create_pipeline as create_pipeline
