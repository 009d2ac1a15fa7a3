"""Options of one member, searched on its train rows."""

from topoquant.pipelines.tune.pipeline import create_pipeline as create_pipeline
