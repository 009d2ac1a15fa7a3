"""What may be run: every stage, every recipe, every member, written out."""

from kedro.pipeline import Pipeline

from topoquant.lib.errors import bad_input
from topoquant.pipelines import compare
from topoquant.recipe_pipelines import (
    Member,
    Recipe,
    create_ablation,
    create_judge,
    create_recipe,
    create_search,
    create_walk,
    namespaced,
    walked_members,
    with_makers,
)

RECIPES: dict[str, Recipe] = {
    "trigger": Recipe(
        target="trigger",
        members={
            "nbeats": Member(model="nbeats", sequence="tabular", static=("tda", "complexity")),
            "lightgbm": Member(model="lightgbm", sequence="tabular", static=("tda", "complexity")),
        },
        baselines={
            "majority": Member(model="majority"),
            "volatility_logistic": Member(model="logistic", static="blind"),
            "volatility_lightgbm": Member(model="lightgbm", static="blind"),
            "logistic": Member(model="logistic", sequence="tabular"),
        },
        blind=("majority", "volatility_logistic", "volatility_lightgbm"),
        auditor=True,
        ablated={"lightgbm": Member(model="lightgbm", sequence="tabular", static=("tda", "complexity"))},
    ),
    "direction": Recipe(
        target="direction",
        members={
            **{f"gaf_cnn_{bars}": Member(model="gaf_cnn", window="gaf") for bars in (15, 30, 60)},
            "conv1d": Member(model="conv1d", window="gaf"),
            "hybrid": Member(model="hybrid", sequence="tabular", static="tda", window="gaf"),
            "xgboost": Member(model="xgboost", sequence="tabular"),
            "lightgbm": Member(model="lightgbm", sequence="tabular", static="tda"),
        },
        baselines={
            "majority": Member(model="majority"),
            "volatility_logistic": Member(model="logistic", static="blind"),
            "volatility_lightgbm": Member(model="lightgbm", static="blind"),
            "logistic": Member(model="logistic", sequence="tabular"),
        },
        blind=("majority", "volatility_logistic", "volatility_lightgbm"),
        stages=(
            *("ingest", "split", "label", "features_tabular", "features_tda", "features_gaf"),
            *("regimes", "ensemble", "audit", "backtest", "report"),
        ),
        ablated={
            "lightgbm": Member(model="lightgbm", sequence="tabular", static="tda", window="gaf"),
        },
    ),
    "barrier": Recipe(
        target="triple_barrier",
        members={
            "trend": Member(model="transformer", sequence="tabular", selection=True, draws=True),
            "mean_reversion": Member(model="resnet", sequence="residual"),
            "volatility": Member(model="lightgbm", static=("tabular", "blind"), targets="move_targets"),
        },
        baselines={
            "majority": Member(model="majority"),
            "volatility_logistic": Member(model="logistic", static="blind"),
            "volatility_lightgbm": Member(model="lightgbm", static="blind"),
            "logistic": Member(model="logistic", static="tabular"),
            "lightgbm": Member(model="lightgbm", static="tabular"),
        },
        blind=("majority", "volatility_logistic", "volatility_lightgbm"),
        agents=("trend", "mean_reversion", "volatility"),
        auditor=True,
        stages=(
            *("ingest", "split", "label", "features_tabular", "regimes", "agents"),
            *("ensemble", "audit", "backtest", "report"),
        ),
        ablated={"lightgbm": Member(model="lightgbm", static="tabular")},
    ),
    "move": Recipe(
        target="move",
        members={
            "transformer": Member(model="transformer", sequence="tabular"),
            "lightgbm": Member(model="lightgbm", sequence="tabular"),
        },
        baselines={
            "majority": Member(model="majority"),
            "volatility_logistic": Member(model="logistic", static="blind"),
            "volatility_lightgbm": Member(model="lightgbm", static="blind"),
            "logistic": Member(model="logistic", sequence="tabular"),
        },
        blind=("majority", "volatility_logistic", "volatility_lightgbm"),
        stages=(
            *("ingest", "split", "label", "features_tabular", "regimes"),
            *("ensemble", "audit", "backtest", "report"),
        ),
        ablated={"lightgbm": Member(model="lightgbm", sequence="tabular")},
    ),
    "horizons": Recipe(
        target="log_return",
        members={
            name: Member(model=name, sequence="tabular", selection=True)
            for name in ("dlinear", "tcn", "lstm", "transformer", "lightgbm")
        },
        baselines={
            "zero": Member(model="zero"),
            "ridge": Member(model="ridge", sequence="tabular", selection=True),
        },
        blind=("majority", "volatility_logistic", "volatility_lightgbm"),
        stages=("ingest", "split", "label", "features_tabular"),
        horizons=(1, 7, 30),
        viewed=("ridge",),
        view_baselines={
            "majority": Member(model="majority"),
            "volatility_logistic": Member(model="logistic", static="blind"),
            "volatility_lightgbm": Member(model="lightgbm", static="blind"),
            "logistic": Member(model="logistic", sequence="tabular"),
            "lightgbm_label": Member(model="lightgbm", sequence="tabular"),
        },
    ),
}
DEFAULT_RECIPE = "trigger"
# What is judged when the predictions came from elsewhere: one judge per kind of target, whose numbers are in
# conf/base/parameters/recipes/judge.yml. Baselines are those of the default recipe.
JUDGES = {
    "judge": "trigger",
    "judge_direction": "direction",
    "judge_move": "move",
    "judge_barrier": "triple_barrier",
}
# Pipelines that are about one member of a recipe, and how their last nodes begin.
ONE_MEMBER = {"tune": "draw_tuning_", "walk_forward": "draw_walk_", "ablate": "draw_ablation_"}


def last_node(pipeline: str, member: str | None) -> str:
    """Return the last node of the part of `ONE_MEMBER` that is about a member.

    It is named alone, for the first recipe that has it, or with its recipe before a dot. An ablation, of
    which a recipe has one, need not be named: the first is that of the default recipe.
    """
    about = {
        "tune": lambda one: one.members, "walk_forward": walked_members, "ablate": lambda one: one.ablated
    }[pipeline]  # fmt: skip
    known = [f"{recipe}.{one}" for recipe in _ordered() for one in about(RECIPES[recipe])]
    if member is None and pipeline == "ablate":
        member = known[0]
    short: dict[str, str] = {}
    for name in known:
        short.setdefault(name.split(".")[1], name)
    found = member if member in known else short.get(str(member))
    if found is None:
        raise bad_input(
            "member", f"one of {', '.join(short)}, or with its recipe: {', '.join(known)}", member or "none",
            "type --params member=" + next(iter(short)),
        )  # fmt: skip
    recipe, name = found.split(".")
    return f"{recipe}.{ONE_MEMBER[pipeline]}{name}"


def _ordered() -> list[str]:
    """Return the recipes, the default one first: a bare name is that of the first that has it."""
    return [DEFAULT_RECIPE, *(other for other in RECIPES if other != DEFAULT_RECIPE)]


def register_pipelines() -> dict[str, Pipeline]:
    """Register recipes by name, and their stages and members bare (the default recipe's first)."""
    recipes = {name: create_recipe(name, recipe) for name, recipe in RECIPES.items()}
    registered = {"__default__": recipes[DEFAULT_RECIPE], **recipes}
    for name in _ordered():
        for stage in RECIPES[name].stages:
            registered.setdefault(stage, recipes[name].only_nodes_with_tags(stage))
        for member in RECIPES[name].members | RECIPES[name].baselines:
            slice_ = recipes[name].only_nodes_with_namespaces([f"{name}.{member}"])
            registered.setdefault(f"train_{member}", slice_)
    registered |= {
        name: create_judge(name, target, RECIPES[DEFAULT_RECIPE]) for name, target in JUDGES.items()
    }
    registered |= {
        pipeline: sum(
            (with_makers(recipes[name], create(name, RECIPES[name])) for name in recipes), Pipeline([])
        )
        for pipeline, create in (
            ("tune", create_search),
            ("walk_forward", create_walk),
            ("ablate", create_ablation),
        )
    }
    return registered | {"compare": namespaced(compare.create_pipeline(), "compare")}
