"""The one template of every member."""

from kedro.pipeline import Node, Pipeline, node

from topoquant.lib.errors import bad_input
from topoquant.lib.models import MODELS
from topoquant.lib.training import FitOptions, SelectionOptions
from topoquant.pipelines.train.nodes import draw_history, train_node, write_card, write_onnx
from topoquant.typed_nodes import taking, typed

# How each feature family is stored: part of a `Family` -> dataset.
FAMILIES: dict[str, dict[str, str]] = {
    "tabular": {"values": "features_tabular"},
    "blind": {"values": "features_blind"},
    "tda": {
        "values": "features_tda",
        "index": "features_tda_index",
        "columns": "features_tda_columns",
    },
    "complexity": {"values": "features_complexity"},
    "gaf": {"values": "features_gaf", "index": "features_gaf_index"},
}
# Models without epochs that still learn in rounds.
BOOSTERS = ("lightgbm", "xgboost")
# What the nodes after training share with other members.
OUTER = {"target", "params:export_onnx"}
# One family, or several to be joined.
Families = str | tuple[str, ...]


def create_pipeline(
    member: str,
    model: str,
    *,
    target_options: type,
    sequence: Families = (),
    static: Families = (),
    window: Families = (),
    selection: bool = False,
) -> Pipeline:
    """Build `train_<member>`: features, targets and splits in; model, predictions, record and history out.

    After it come the model's card, a figure of the history and the ONNX file, of those that have them.
    """
    shared = {
        "splits": "splits",
        "development_targets": "development_targets",
        "market": "params:market",
        "label": "params:label",
        "split": "params:split",
        "seed": "params:seed",
        "checkpoints": f"checkpoints_{member}",
    }
    named = {"sequence": sequence, "static": static, "window": window}
    roles = {role: _stored(families, member) for role, families in named.items()}
    datasets = {name for families in roles.values() for parts in families.values() for name in parts.values()}
    features = {name: name for name in sorted(datasets)}
    if sequence:
        features["window"] = "params:window"
    own = {"options": "params:options"}
    types: dict[str, type] = {"label": target_options, "options": MODELS[model].options}
    if MODELS[model].is_torch:
        own["fit"] = "params:fit"
        types["fit"] = FitOptions
    if selection:
        own["selection"] = "params:selection"
        types["selection"] = SelectionOptions
    inputs = shared | features | own
    outputs = {name: f"{name}_{member}" for name in ("model", "predictions", "training", "history")}
    train = node(
        taking(typed(train_node(member, model, roles), **types), inputs),
        inputs,
        list(outputs),
        name=f"train_{member}",
        tags="train",
    )
    after = _after(member, model)
    outputs |= {made: _stored_as(made, member) for one in after for made in one.outputs}
    whole = Pipeline([train, *after])
    outer = {*(shared | features).values(), *(OUTER & whole.inputs())}
    parameters = {name for name in outer if name.startswith("params:")}
    given = outer - parameters
    return Pipeline(whole, namespace=member, inputs=given, outputs=outputs, parameters=parameters)


def _after(member: str, model: str) -> list[Node]:
    """Build what is made of a trained member, once its weights are stored."""
    card = ["model", "training", "target", "splits", "development_targets"]
    made = [node(write_card, card, "card", name=f"card_{member}", tags="train")]
    if MODELS[model].is_torch or model in BOOSTERS:
        made.append(node(draw_history, "history", "figure", name=f"draw_{member}", tags="train"))
    if MODELS[model].is_torch:
        inputs = ["model", "params:export_onnx"]
        made.append(node(write_onnx, inputs, "onnx", name=f"export_{member}", tags="train"))
    return made


def _stored_as(made: str, member: str) -> str:
    """Return the dataset of what was made."""
    return f"figure_training_{member}" if made == "figure" else f"{made}_{member}"


def _stored(families: Families, member: str) -> dict[str, dict[str, str]]:
    """Return how the named families are stored."""
    names = (families,) if isinstance(families, str) else families
    if unknown := [name for name in names if name not in FAMILIES]:
        raise bad_input(f"families of {member}", f"of {', '.join(FAMILIES)}", unknown, "correct RECIPES")
    return {name: FAMILIES[name] for name in names}
