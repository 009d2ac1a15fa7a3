"""Wiring of the audit: it imports the same lib functions as the stages and takes the same parameters."""

from collections.abc import Collection, Mapping

from kedro.pipeline import Node, Pipeline, node

from topoquant.lib.ensemble import AuditorOptions
from topoquant.lib.labeling import LogReturnOptions
from topoquant.lib.regimes import RegimeOptions
from topoquant.pipelines.audit.ensemble_nodes import adaptation_node, alignment_node
from topoquant.pipelines.audit.feature_nodes import (
    check_complexity,
    check_data,
    check_images,
    check_tabular,
    check_tda,
    tell_rows_apart,
    tell_tabular_rows_apart,
)
from topoquant.pipelines.audit.nodes import (
    check_blind_fits,
    check_permuted,
    check_rows,
    check_target,
    flat_node,
    lineage_node,
    measure_run_power,
)
from topoquant.pipelines.audit.regime_nodes import check_regimes
from topoquant.typed_nodes import taking, typed

STUDY = {"market": "params:market", "label": "params:label", "split": "params:split"}
# The booster of the recipe stands in for its members; where many copies of the bars are judged, a small one.
FAST_PATH = {"window": "params:window", "model": "params:lightgbm.options", "seed": "params:seed"}
SMALL_PATH = {"window": "params:fast_path.window", "model": "params:fast_path.model", "seed": "params:seed"}


def create_pipeline(
    *,
    members: tuple[str, ...],
    baselines: tuple[str, ...],
    blind: tuple[str, ...] = (),
    target_options: type,
    stages: tuple[str, ...] = (),
    auditor: bool = False,
    has_ensemble: bool = True,
    **_: object,
) -> Pipeline:
    """Rows, features and predictions in; findings out. Test targets only warn of a moved base rate."""
    nodes = [
        *_feature_checks(),
        *(_tda_checks() if "features_tda" in stages else ()),
        *_set_comparisons(target_options, has_tda="features_tda" in stages),
        *_row_checks(members, baselines, target_options, has_ensemble=has_ensemble),
        _join_check(members, blind, target_options, stages),
        _adaptation_check(members, target_options),
        *_trials(target_options, auditor=auditor, regimes="regimes" in stages),
        *(_complexity_checks() if "features_complexity" in stages else ()),
        *(_image_checks() if "features_gaf" in stages else ()),
        *(_regime_checks(target_options) if "regimes" in stages else ()),
    ]
    return Pipeline(nodes, tags="audit")


def create_lineage(
    parents: Mapping[str, Collection[str]], fitted: Collection[str], test_names: Collection[str]
) -> Pipeline:
    """Build the check of a recipe's own graph, given as the inputs of what makes each dataset."""
    check = lineage_node(parents, fitted, test_names)
    return Pipeline([node(check, "splits", "findings_lineage", name="check_ancestors", tags="audit")])


def _feature_checks() -> list[Node]:
    """Recompute features without the future."""
    asked = [f"params:{name}" for name in ("market", "features_tabular", "features_blind", "audit")]
    return [
        node(
            check_tabular,
            ["bars", "features_tabular", "references", "macro", *asked],
            "findings_tabular",
            name="check_tabular",
        ),
    ]


def _tda_checks() -> list[Node]:
    """Recompute topological features without the future."""
    asked = ["params:market", "params:features_tda", "params:audit"]
    return [node(check_tda, ["bars", *asked], "findings_tda", name="check_tda")]


def _set_comparisons(target_options: type, *, has_tda: bool) -> list[Node]:
    """Compare what train rows look like with what came after."""
    told_apart = tell_rows_apart if has_tda else tell_tabular_rows_apart
    return [
        node(
            check_data,
            ["label_summary", "splits", "features_tabular", "params:audit"],
            "findings_data",
            name="check_data",
        ),
        node(
            typed(told_apart, label=target_options),
            {
                "splits": "splits",
                "features": "features_tabular",
                "market": "params:market",
                "label": "params:label",
                "window": "params:window",
                "audit": "params:audit",
                **({"tda": "params:features_tda"} if has_tda else {}),
            },
            "findings_adversarial",
            name="tell_rows_apart",
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


def _regime_checks(target_options: type) -> list[Node]:
    """Filter regimes without the future, and fit them with garbage for test bars."""
    stored = ["bars", "splits", "regimes", "regime_models", "regime_summary"]
    asked = [f"params:{name}" for name in ("market", "label", "split", "regimes", "audit", "seed")]
    check = typed(check_regimes, label=target_options)
    return [node(check, [*stored, *asked], "findings_regimes", name="check_regimes")]


def _row_checks(
    members: tuple[str, ...], baselines: tuple[str, ...], target_options: type, *, has_ensemble: bool
) -> list[Node]:
    """Look at targets, sets, folds and every prediction table."""
    names = (*members, *baselines, *(["ensemble"] if has_ensemble else []))
    tables = {name: f"predictions_{name}" for name in names}
    judged = {f"predictions_{name}": dataset for name, dataset in tables.items()}
    trained = {f"training_{name}": f"training_{name}" for name in members}
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
            typed(flat_node(members, baselines), label=target_options),
            {
                "development_targets": "development_targets",
                "choices": "choices",
                "market": "params:market",
                "label": "params:label",
                "seed": "params:seed",
                **judged,
                **trained,
            },
            "findings_flat",
            name="check_flat",
        ),
    ]


def _join_check(
    members: tuple[str, ...], blind: tuple[str, ...], target_options: type, stages: tuple[str, ...]
) -> Node:
    """Join the members again, rows shuffled."""
    tables = {name: f"predictions_{name}" for name in (*members, *blind)}
    tables |= {"outcomes": "outcomes"} if target_options is not LogReturnOptions else {}
    tables |= {"regimes": "regimes"} if "regimes" in stages else {}
    asked = {
        "development_targets": "development_targets",
        "options": "params:ensemble",
        "seed": "params:seed",
    }
    return node(
        typed(alignment_node(members, blind), label=target_options),
        {**asked, **STUDY, **tables},
        "findings_alignment",
        name="check_alignment",
    )


def _adaptation_check(members: tuple[str, ...], target_options: type) -> Node:
    """Weigh the members again without the future."""
    inputs = {name: name for name in ("bars", "splits", "target")}
    asked = {name: f"params:{name}" for name in ("market", "label", "audit")}
    tables = {name: f"predictions_{name}" for name in members}
    return node(
        typed(adaptation_node(members), label=target_options),
        {**inputs, **asked, "options": "params:ensemble", **tables},
        "findings_adaptation",
        name="check_adaptation",
    )


def _trials(target_options: type, *, auditor: bool, regimes: bool) -> list[Node]:
    """Fit where nothing is to be found, and where something was hidden."""
    known = {
        "splits": "splits",
        "development_targets": "development_targets",
        "features": "features_tabular",
    }
    made = {
        "bars": "bars",
        "table": "params:features_tabular",
        "blind": "params:features_blind",
    }
    chosen = {
        "logistic": "params:volatility_logistic.options",
        **{name: f"params:{name}" for name in ("ensemble", "calibration", "operating_point", "audit")},
    }
    fitted = {**made, **chosen, **STUDY, **FAST_PATH}
    fitted |= {"regimes": "params:regimes"} if regimes else {}
    fitted |= {"auditor": "params:auditor"} if auditor else {}
    return [
        node(
            typed(check_permuted, label=target_options),
            {**known, **STUDY, **FAST_PATH},
            "findings_permuted",
            name="check_permuted",
        ),
        node(
            typed(measure_run_power, label=target_options),
            {**made, "n_rows": "params:n_rows", "power": "params:power", **STUDY, **SMALL_PATH},
            "power",
            name="measure_run_power",
        ),
        node(
            taking(
                typed(check_blind_fits, label=target_options, regimes=RegimeOptions, auditor=AuditorOptions),
                fitted,
            ),
            fitted,
            "findings_blindness",
            name="check_blind_fits",
        ),
    ]
