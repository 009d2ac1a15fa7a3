"""Market states known at each decision."""

from topoquant.pipelines.regimes.pipeline import create_pipeline as create_pipeline
