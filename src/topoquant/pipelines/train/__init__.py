"""One template for every member."""

from topoquant.pipelines.train.pipeline import create_pipeline as create_pipeline
