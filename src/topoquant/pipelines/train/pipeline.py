"""The one template of every member."""

from kedro.pipeline import Pipeline, node

from topoquant.lib.models import MODELS
from topoquant.pipelines.train.nodes import train_node
from topoquant.typed_nodes import typed

# How each feature family is stored: argument of the node -> dataset.
FAMILIES: dict[str, dict[str, str]] = {
    "tabular": {"": "features_tabular"},
    "blind": {"": "features_blind"},
    "tda": {"": "features_tda", "_index": "features_tda_index", "_columns": "features_tda_columns"},
}


def create_pipeline(
    member: str,
    model: str,
    *,
    target_options: type,
    sequence: str | None = None,
    static: str | None = None,
) -> Pipeline:
    """Build `train_<member>`: features, targets and splits in; model, predictions and record out."""
    shared = {
        "splits": "splits",
        "development_targets": "development_targets",
        "market": "params:market",
        "label": "params:label",
        "split": "params:split",
        "seed": "params:seed",
    }
    features = {}
    for role, family in (("sequence", sequence), ("static", static)):
        for suffix, dataset in FAMILIES[family].items() if family else ():
            features[f"{role}{suffix}"] = dataset
    if sequence:
        features["window"] = "params:window"
    own = {"options": "params:options"}
    if MODELS[model].is_torch:
        own["fit"] = "params:fit"
    outputs = {name: f"{name}_{member}" for name in ("model", "predictions", "training")}
    whole = Pipeline(
        [
            node(
                typed(train_node(member, model), label=target_options, options=MODELS[model].options),
                shared | features | own,
                list(outputs),
                name=f"train_{member}",
                tags="train",
            )
        ]
    )
    given = {name for name in (shared | features).values() if not name.startswith("params:")}
    parameters = {name for name in (shared | features).values() if name.startswith("params:")}
    return Pipeline(whole, namespace=member, inputs=given, outputs=outputs, parameters=parameters)
