"""Wiring of the label stage."""

from kedro.pipeline import Pipeline, node

from topoquant.pipelines.label.nodes import (
    draw_labels,
    fix_target,
    label_development_rows,
    label_test_rows,
    summarise_targets,
)
from topoquant.typed_nodes import typed


def create_pipeline(*, target_options: type, **_: object) -> Pipeline:
    """Bars and splits in; the target, its development and test rows and their report out."""
    study = ["params:market", "params:label"]
    rows = ["bars", "splits", "target", *study]
    tables = ["development_targets", "test_targets"]
    return Pipeline(
        [
            node(
                typed(fix_target, label=target_options),
                ["bars", "splits", *study],
                "target",
                name="fix_target",
            ),
            node(
                typed(label_development_rows, label=target_options),
                rows,
                tables[0],
                name="label_development_rows",
            ),
            node(typed(label_test_rows, label=target_options), rows, tables[1], name="label_test_rows"),
            node(
                summarise_targets,
                [*tables, "splits", "bars", "target", "params:market", "params:label_report"],
                "label_summary",
                name="summarise_targets",
            ),
            node(draw_labels, "label_summary", "figure_labels", name="draw_labels"),
        ],
        tags="label",
    )
