"""One member refitted as time goes on, and what it would have said of every block that came next."""

from topoquant.pipelines.walk_forward.pipeline import create_pipeline as create_pipeline
