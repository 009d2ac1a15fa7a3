"""Raw windows that become images, and a look at those images."""

from topoquant.pipelines.features_gaf.pipeline import create_pipeline as create_pipeline
