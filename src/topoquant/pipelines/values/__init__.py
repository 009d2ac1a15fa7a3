"""Forecasts of log-returns, viewed as directions per horizon, scored as values, and joined in one verdict."""

from topoquant.pipelines.values.pipeline import OF_A_VIEW, create_pipeline, create_view

__all__ = ["OF_A_VIEW", "create_pipeline", "create_view"]
