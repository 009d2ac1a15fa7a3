"""What trading the prediction would have done."""

from topoquant.pipelines.backtest.pipeline import create_pipeline as create_pipeline
