"""Wiring of an ablation: every family of the recipe that a booster can be fed, and the sign-blind one."""

from kedro.pipeline import Pipeline, node

from topoquant.families import Families, datasets_of, member_options, stored_roles
from topoquant.lib.imaging import ImageOptions
from topoquant.pipelines.ablate.nodes import ablate_node, draw_ablation
from topoquant.typed_nodes import taking, typed

# What everything is compared with: columns that know nothing of the sign of a return.
REFERENCE = "blind"


def create_pipeline(
    member: str,
    model: str,
    *,
    target_options: type,
    sequence: Families = (),
    static: Families = (),
    window: Families = (),
) -> Pipeline:
    """Build `ablate_<member>`: splits, targets and features in; a table, what it says and a figure out."""
    own, types = member_options(model, selection=False, member=member)
    others = (static,) if isinstance(static, str) else static
    roles = stored_roles(member, sequence=sequence, static=(*others, REFERENCE), window=window)
    inputs = {
        **{name: name for name in ("splits", "development_targets")},
        **{name: f"params:{name}" for name in ("market", "label", "split", "ablation", "seed")},
        "indicators": "params:features_tabular",
        "folder": f"ablation_fits_{member}",
        **{name: name for name in datasets_of(roles)},
        **own,
    }
    if sequence:
        inputs["window"] = "params:window"
    if window:
        inputs["images"] = "params:features_gaf"
        types["images"] = ImageOptions
    found = [f"ablation_{member}", f"ablation_findings_{member}"]
    function = typed(ablate_node(member, model, roles, REFERENCE), label=target_options, **types)
    return Pipeline(
        [
            node(taking(function, inputs), inputs, found, name=f"ablate_{member}"),
            node(draw_ablation, found, f"figure_ablation_{member}", name=f"draw_ablation_{member}"),
        ],
        tags="ablate",
    )
