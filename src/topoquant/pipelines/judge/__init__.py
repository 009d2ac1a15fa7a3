"""Tables of predictions that came from elsewhere, judged like our own members."""

from topoquant.pipelines.judge.pipeline import create_pipeline as create_pipeline
