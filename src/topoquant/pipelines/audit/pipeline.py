"""Wiring of the audit: it imports the same lib functions as the stages and takes the same parameters."""

from kedro.pipeline import Node, Pipeline, node

from topoquant.pipelines.audit.nodes import (
    check_complexity,
    check_data,
    check_flat,
    check_images,
    check_permuted,
    check_rows,
    check_tabular,
    check_target,
    check_tda,
    measure_run_power,
)
from topoquant.typed_nodes import typed

STUDY = {"market": "params:market", "label": "params:label", "split": "params:split"}
# The fast path stands in for the members: one LightGBM on the channels.
FAST_PATH = {"window": "params:window", "model": "params:lightgbm.options", "seed": "params:seed"}


def create_pipeline(
    *,
    members: tuple[str, ...],
    baselines: tuple[str, ...],
    target_options: type,
    stages: tuple[str, ...] = (),
    **_: object,
) -> Pipeline:
    """Rows, features and predictions in; findings out. Test targets only warn of a moved base rate."""
    nodes = [
        *_feature_checks(),
        *_row_checks(members, baselines, target_options),
        *_trials(target_options),
        *(_complexity_checks() if "features_complexity" in stages else ()),
        *(_image_checks() if "features_gaf" in stages else ()),
    ]
    return Pipeline(nodes, tags="audit")


def _feature_checks() -> list[Node]:
    """Recompute features without the future, and compare their distributions."""
    return [
        node(
            check_tabular,
            [
                "bars",
                "references",
                "macro",
                "params:market",
                "params:features_tabular",
                "params:features_blind",
                "params:audit",
            ],
            "findings_tabular",
            name="check_tabular",
        ),
        node(
            check_tda,
            ["bars", "params:market", "params:features_tda", "params:audit"],
            "findings_tda",
            name="check_tda",
        ),
        node(
            check_data,
            ["label_summary", "splits", "features_tabular", "params:audit"],
            "findings_data",
            name="check_data",
        ),
    ]


def _complexity_checks() -> list[Node]:
    """Recompute complexity without the future."""
    asked = ["params:market", "params:features_complexity", "params:audit"]
    inputs = ["bars", "fine_bars", *asked]
    return [node(check_complexity, inputs, "findings_complexity", name="check_complexity")]


def _image_checks() -> list[Node]:
    """Take windows without the future."""
    asked = ["params:market", "params:features_gaf", "params:audit"]
    return [node(check_images, ["bars", *asked], "findings_gaf", name="check_images")]


def _row_checks(members: tuple[str, ...], baselines: tuple[str, ...], target_options: type) -> list[Node]:
    """Look at targets, sets, folds and every prediction table."""
    tables = {name: f"predictions_{name}" for name in (*members, *baselines, "ensemble")}
    used = {name: tables[name] for name in (*members, "ensemble")}
    return [
        node(
            typed(check_rows, label=target_options),
            {"splits": "splits", **STUDY, **tables},
            "findings_rows",
            name="check_rows",
        ),
        node(
            typed(check_target, label=target_options),
            ["bars", "target", "params:market", "params:label", "params:audit", "params:seed"],
            "findings_target",
            name="check_target",
        ),
        node(
            check_flat,
            {"development_targets": "development_targets", **used},
            "findings_flat",
            name="check_flat",
        ),
    ]


def _trials(target_options: type) -> list[Node]:
    """Fit where nothing is to be found, and where something was hidden."""
    known = {
        "splits": "splits",
        "development_targets": "development_targets",
        "features": "features_tabular",
    }
    asked = {
        "bars": "bars",
        "table": "params:features_tabular",
        "blind": "params:features_blind",
        "n_rows": "params:n_rows",
        "power": "params:power",
    }
    return [
        node(
            typed(check_permuted, label=target_options),
            {**known, **STUDY, **FAST_PATH},
            "findings_permuted",
            name="check_permuted",
        ),
        node(
            typed(measure_run_power, label=target_options),
            {**asked, **STUDY, **FAST_PATH},
            "power",
            name="measure_run_power",
        ),
    ]
