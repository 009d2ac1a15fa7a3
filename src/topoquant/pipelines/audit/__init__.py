"""The pipeline tries to catch itself."""

from topoquant.pipelines.audit.pipeline import create_lineage as create_lineage
from topoquant.pipelines.audit.pipeline import create_pipeline as create_pipeline
