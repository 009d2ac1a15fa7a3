"""The one template of every member."""

from kedro.pipeline import Node, Pipeline, node

from topoquant.families import Families, datasets_of, member_options, stored_roles
from topoquant.lib.models import MODELS
from topoquant.pipelines.train.nodes import draw_history, draw_node, train_node, write_card, write_onnx
from topoquant.typed_nodes import taking, typed

# Models without epochs that still learn in rounds.
BOOSTERS = ("lightgbm", "xgboost")
# What the nodes after training share with other members.
OUTER = {"target", "params:export_onnx"}


def create_pipeline(
    member: str,
    model: str,
    *,
    target_options: type,
    sequence: Families = (),
    static: Families = (),
    window: Families = (),
    selection: bool = False,
    tunable: bool = False,
    targets: str = "development_targets",
    draws: bool = False,
) -> Pipeline:
    """Build `train_<member>`: features, targets and splits in; model, predictions, record and history out.

    After it come the model's card, a figure of the history and the ONNX file, of those that have them.
    """
    shared = {
        "splits": "splits",
        "development_targets": targets,
        "market": "params:market",
        "label": "params:label",
        "split": "params:split",
        "seed": "params:seed",
        "checkpoints": f"checkpoints_{member}",
    }
    roles = stored_roles(member, sequence=sequence, static=static, window=window)
    features = {name: name for name in datasets_of(roles)}
    if sequence:
        features["window"] = "params:window"
    own, types = member_options(model, selection=selection)
    if tunable:
        shared["tuned"] = f"tuned_options_{member}"
    inputs = shared | features | own
    outputs = {name: f"{name}_{member}" for name in ("model", "predictions", "training", "history")}
    train = node(
        taking(typed(train_node(member, model, roles), label=target_options, **types), inputs),
        inputs,
        list(outputs),
        name=f"train_{member}",
        tags="train",
    )
    after = _after(member, model, targets)
    if draws:
        asked = [name for name in shared if name in ("splits", "development_targets", "market", "seed")]
        drawn = {name: shared[name] for name in asked} | features
        drawn |= {"files": "model", "options": "params:draws"}
        draw = taking(draw_node(member, roles), drawn)
        after.append(node(draw, drawn, "draws", name=f"draw_widths_{member}", tags="train"))
    outputs |= {made: _stored_as(made, member) for one in after for made in one.outputs}
    whole = Pipeline([train, *after])
    outer = {*(shared | features).values(), *(OUTER & whole.inputs())}
    parameters = {name for name in outer if name.startswith("params:")}
    given = outer - parameters
    return Pipeline(whole, namespace=member, inputs=given, outputs=outputs, parameters=parameters)


def _after(member: str, model: str, targets: str) -> list[Node]:
    """Build what is made of a trained member, once its weights are stored."""
    card = ["model", "training", "target", "splits", targets]
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
