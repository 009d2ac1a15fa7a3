"""Wiring of a search: what its member's training reads, and a database."""

from kedro.pipeline import Pipeline, node

from topoquant.families import Families, datasets_of, member_options, stored_roles
from topoquant.pipelines.tune.nodes import draw_search, tune_node
from topoquant.typed_nodes import taking, typed


def create_pipeline(
    member: str,
    model: str,
    *,
    target_options: type,
    sequence: Families = (),
    static: Families = (),
    window: Families = (),
    selection: bool = False,
    targets: str = "development_targets",
) -> Pipeline:
    """Build `tune_<member>`: features, targets and splits in; best options, trials and a figure out."""
    own, types = member_options(model, selection=selection, member=member)
    roles = stored_roles(member, sequence=sequence, static=static, window=window)
    inputs = {
        **{name: name for name in ("bars", "splits")},
        "development_targets": targets,
        **{name: f"params:{name}" for name in ("market", "label", "split", "tuning", "n_trials")},
        "address": "params:tuning_database",
        "seed": "params:seed",
        "folder": f"search_{member}",
        **{name: name for name in datasets_of(roles)},
        **own,
    }
    if sequence:
        inputs["window"] = "params:window"
    found = [f"tuned_{member}", f"trials_{member}"]
    return Pipeline(
        [
            node(
                taking(typed(tune_node(member, model, roles), label=target_options, **types), inputs),
                inputs,
                found,
                name=f"tune_{member}",
            ),
            node(draw_search, found, f"figure_tuning_{member}", name=f"draw_tuning_{member}"),
        ],
        tags="tune",
    )
