"""Wiring of a walk: what the training of its member and of the sign-blind fits reads."""

from collections.abc import Mapping

from kedro.pipeline import Pipeline, node

from topoquant.families import Families, datasets_of, member_options, stored_roles
from topoquant.lib.models import MODELS
from topoquant.pipelines.walk_forward.nodes import draw_walk, trade_walk, walk_node
from topoquant.typed_nodes import taking, typed

STUDY = {
    **{name: f"params:{name}" for name in ("market", "label", "split", "calibration", "operating_point")},
    "costs": "params:backtest",
    "walk_forward_options": "params:walk_forward",
    **{name: f"params:{name}" for name in ("n_rows", "seed")},
}


def create_pipeline(
    member: str,
    model: str,
    *,
    target_options: type,
    blind: Mapping[str, tuple[str, Families]],
    sequence: Families = (),
    static: Families = (),
    window: Families = (),
    selection: bool = False,
) -> Pipeline:
    """Build `walk_<member>`: bars and features in; predictions, scores, trades and a figure out."""
    own, types = member_options(model, selection=selection, member=member)
    roles = stored_roles(member, sequence=sequence, static=static, window=window)
    fed = {
        name: (kind, stored_roles(name, sequence=(), static=families, window=()))
        for name, (kind, families) in blind.items()
    }
    features = sorted({*datasets_of(roles), *(one for _, r in fed.values() for one in datasets_of(r))})
    inputs = {
        **{name: name for name in ("bars", "splits", "tried")},
        **STUDY,
        "folder": f"walk_{member}",
        **{name: name for name in features},
        **own,
        **{f"options_{name}": f"params:{name}.options" for name in blind},
    }
    if sequence:
        inputs["window"] = "params:window"
    function = typed(walk_node(member, model, roles, fed), label=target_options, **types)
    # Of arguments that are not in the signature Kedro takes the type from the annotations as well.
    function.__annotations__ |= {f"options_{name}": MODELS[kind].options for name, (kind, _) in blind.items()}
    walked = [f"walk_{made}_{member}" for made in ("predictions", "windows", "scores", "importance")]
    traded = [f"walk_{made}_{member}" for made in ("trades", "equity", "metrics")]
    study = [f"params:{name}" for name in ("market", "label", "backtest", "seed")]
    account = ["bars", *walked[:2], *study]
    return Pipeline(
        [
            node(taking(function, inputs), inputs, walked, name=f"walk_{member}"),
            node(
                typed(trade_walk, label=target_options), account, traded, name=f"trade_walk_{member}"
            ),
            node(
                draw_walk, [walked[1], walked[3], traded[1]], f"figure_walk_{member}",
                name=f"draw_walk_{member}",
            ),
        ],
        tags="walk_forward",
    )  # fmt: skip
