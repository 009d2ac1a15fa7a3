"""Wiring of the label stage."""

from kedro.pipeline import Pipeline, node

from topoquant.pipelines.label.nodes import (
    fit_label_threshold,
    label_development_rows,
    label_test_rows,
    summarise_targets,
)


def create_pipeline(**_: object) -> Pipeline:
    """Bars and splits in; development targets, test targets and their summary out."""
    rows = ["bars", "splits", "label_threshold", "params:market", "params:label"]
    return Pipeline(
        [
            node(
                fit_label_threshold,
                ["bars", "splits", "params:market", "params:label"],
                "label_threshold",
                name="fit_label_threshold",
            ),
            node(label_development_rows, rows, "development_targets", name="label_development_rows"),
            node(label_test_rows, rows, "test_targets", name="label_test_rows"),
            node(
                summarise_targets,
                ["development_targets", "test_targets", "splits", "label_threshold"],
                "label_summary",
                name="summarise_targets",
            ),
        ],
        tags="label",
    )
