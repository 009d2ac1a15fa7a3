"""What may be run: every stage, every recipe, every member, written out."""

from dataclasses import dataclass
from types import ModuleType

from kedro.pipeline import Pipeline

from topoquant.lib.errors import bad_input
from topoquant.lib.labeling import TARGETS
from topoquant.pipelines import (
    audit,
    backtest,
    ensemble,
    features_complexity,
    features_gaf,
    features_tabular,
    features_tda,
    ingest,
    label,
    report,
    split,
    train,
)

STAGES: dict[str, ModuleType] = {
    "ingest": ingest,
    "split": split,
    "label": label,
    "features_tabular": features_tabular,
    "features_complexity": features_complexity,
    "features_tda": features_tda,
    "features_gaf": features_gaf,
    "ensemble": ensemble,
    "audit": audit,
    "backtest": backtest,
    "report": report,
}

# Those of a recipe that names none.
COMMON_STAGES = tuple(name for name in STAGES if name != "features_gaf")

# Runtime switches belong to the run, not to a recipe.
SWITCHES = {
    f"params:{name}"
    for name in (
        "source",
        "path",
        "symbol",
        "kind",
        "seed",
        "start",
        "end",
        "n_rows",
        "data_root",
        "dask_address",
        "binance",
    )
}


@dataclass(frozen=True, kw_only=True)
class Member:
    """One named training: which model, and which feature families feed each of its inputs.

    Several families of one input are joined on the key. With `selection` every fold chooses its
    columns, by numbers under `<member>.selection`.
    """

    model: str
    sequence: train.Families = ()
    static: train.Families = ()
    window: train.Families = ()
    selection: bool = False


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """The structure of a study; its numbers are in conf/base/parameters/recipes/<recipe>.yml."""

    target: str
    members: dict[str, Member]
    baselines: dict[str, Member]
    blind: tuple[str, ...]
    stages: tuple[str, ...] = COMMON_STAGES


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
    ),
    "direction": Recipe(
        target="direction",
        members={"lightgbm": Member(model="lightgbm", sequence="tabular", static="tda")},
        baselines={
            "majority": Member(model="majority"),
            "volatility_logistic": Member(model="logistic", static="blind"),
            "volatility_lightgbm": Member(model="lightgbm", static="blind"),
            "logistic": Member(model="logistic", sequence="tabular"),
        },
        blind=("majority", "volatility_logistic", "volatility_lightgbm"),
        stages=(
            *("ingest", "split", "label", "features_tabular", "features_tda", "features_gaf"),
            *("ensemble", "audit", "backtest", "report"),
        ),
    ),
}
DEFAULT_RECIPE = "trigger"


def create_recipe(name: str, recipe: Recipe) -> Pipeline:
    """Build one recipe as a namespaced pipeline."""
    if recipe.target not in TARGETS:
        raise bad_input("target", f"one of {', '.join(TARGETS)}", recipe.target, f"correct RECIPES[{name!r}]")
    target_options = TARGETS[recipe.target]
    every = recipe.members | recipe.baselines
    stages = sum(
        (
            STAGES[stage].create_pipeline(
                recipe=name,
                members=tuple(recipe.members),
                baselines=tuple(recipe.baselines),
                blind=recipe.blind,
                target_options=target_options,
                stages=recipe.stages,
            )
            for stage in recipe.stages
        ),
        Pipeline([]),
    )
    members = sum(
        (
            train.create_pipeline(
                member,
                entry.model,
                target_options=target_options,
                sequence=entry.sequence,
                static=entry.static,
                window=entry.window,
                selection=entry.selection,
            )
            for member, entry in every.items()
        ),
        Pipeline([]),
    )
    whole = stages + members
    return Pipeline(
        whole, namespace=name, inputs={"provenance"} & whole.inputs(), parameters=SWITCHES & whole.inputs()
    )


def register_pipelines() -> dict[str, Pipeline]:
    """Register recipes by name, and their stages and members bare (the default recipe's first)."""
    recipes = {name: create_recipe(name, recipe) for name, recipe in RECIPES.items()}
    registered = {"__default__": recipes[DEFAULT_RECIPE], **recipes}
    for name in [DEFAULT_RECIPE, *(other for other in recipes if other != DEFAULT_RECIPE)]:
        for stage in RECIPES[name].stages:
            registered.setdefault(stage, recipes[name].only_nodes_with_tags(stage))
        for member in RECIPES[name].members | RECIPES[name].baselines:
            slice_ = recipes[name].only_nodes_with_namespaces([f"{name}.{member}"])
            registered.setdefault(f"train_{member}", slice_)
    return registered
