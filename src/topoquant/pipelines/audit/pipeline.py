"""Wiring of the audit: it imports the same lib functions as the stages and takes the same parameters."""

from kedro.pipeline import Pipeline, node

from topoquant.pipelines.audit.nodes import (
    check_data,
    check_flat,
    check_permuted,
    check_rows,
    check_tabular,
    check_tda,
    measure_run_power,
)


def create_pipeline(*, members: tuple[str, ...], baselines: tuple[str, ...], **_: object) -> Pipeline:
    """Rows, features and predictions in; findings out. Test targets only warn of a moved base rate."""
    tables = {name: f"predictions_{name}" for name in (*members, *baselines, "ensemble")}
    return Pipeline(
        [
            node(
                check_tabular,
                ["bars", "params:market", "params:features_tabular", "params:features_blind", "params:audit"],
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
                check_rows,
                {
                    "splits": "splits",
                    "market": "params:market",
                    "label": "params:label",
                    "split": "params:split",
                    **tables,
                },
                "findings_rows",
                name="check_rows",
            ),
            node(
                check_flat,
                {
                    "development_targets": "development_targets",
                    **{name: tables[name] for name in (*members, "ensemble")},
                },
                "findings_flat",
                name="check_flat",
            ),
            node(
                check_data,
                ["label_summary", "splits", "features_tabular", "params:audit"],
                "findings_data",
                name="check_data",
            ),
            node(
                check_permuted,
                {
                    "splits": "splits",
                    "development_targets": "development_targets",
                    "features": "features_tabular",
                    "market": "params:market",
                    "label": "params:label",
                    "split": "params:split",
                    "window": "params:window",
                    "model": "params:lightgbm.options",
                    "seed": "params:seed",
                },
                "findings_permuted",
                name="check_permuted",
            ),
            node(
                measure_run_power,
                {
                    "bars": "bars",
                    "market": "params:market",
                    "label": "params:label",
                    "split": "params:split",
                    "table": "params:features_tabular",
                    "blind": "params:features_blind",
                    "model": "params:lightgbm.options",
                    "window": "params:window",
                    "n_rows": "params:n_rows",
                    "power": "params:power",
                    "seed": "params:seed",
                },
                "power",
                name="measure_run_power",
            ),
        ],
        tags="audit",
    )
