"""Wiring of the image windows."""

from kedro.pipeline import Pipeline, node

from topoquant.pipelines.features_gaf.nodes import look_at_images, make_image_windows

MADE = ["features_gaf", "features_gaf_index"]


def create_pipeline(**_: object) -> Pipeline:
    """Bars and splits in; windows, their keys and ranges out, and a sheet of images per class."""
    return Pipeline(
        [
            node(
                make_image_windows,
                ["bars", "splits", "params:market", "params:features_gaf"],
                [*MADE, "image_ranges"],
                name="make_image_windows",
            ),
            node(
                look_at_images,
                [*MADE, "development_targets", "params:features_gaf"],
                ["image_sheet", "figure_images"],
                name="look_at_images",
            ),
        ],
        tags="features_gaf",
    )
