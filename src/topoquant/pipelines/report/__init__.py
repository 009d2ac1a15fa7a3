"""The verdict, the page, and the last lines."""

from topoquant.pipelines.report.pipeline import create_pipeline as create_pipeline
