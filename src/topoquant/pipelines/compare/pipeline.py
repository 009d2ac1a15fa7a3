"""Wiring of the comparison: it belongs to no recipe."""

from kedro.pipeline import Pipeline, node

from topoquant.pipelines.compare.nodes import compare_recorded, draw_comparison, show_comparison


def create_pipeline() -> Pipeline:
    """Build it: the tracking store in; a table of runs, their differences, a figure and a page out."""
    nodes = [
        node(
            compare_recorded,
            ["recorded", "params:options", "params:seed"],
            ["comparison", "pairs"],
            name="compare_recorded",
        ),
        node(draw_comparison, "comparison", "figure_comparison", name="draw_comparison"),
        node(
            show_comparison,
            ["comparison", "pairs", "provenance"],
            ["report", "summary"],
            name="show_comparison",
        ),
    ]
    return Pipeline(nodes, tags="compare")
