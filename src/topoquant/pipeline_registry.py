"""What may be run: every stage, every recipe, every member, written out."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import ModuleType
from typing import Any

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
    judge,
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
        "bars",
        "symbol",
        "kind",
        "seed",
        "start",
        "end",
        "n_rows",
        "data_root",
        "only_stale",
        "dask_address",
        "export_onnx",
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
# What is judged when the predictions came from elsewhere: one judge per kind of target, whose numbers are in
# conf/base/parameters/recipes/judge.yml. Baselines are those of the default recipe.
JUDGES = {
    "judge": "trigger",
    "judge_direction": "direction",
    "judge_move": "move",
    "judge_barrier": "triple_barrier",
}
# What a judge takes of the stages of a recipe: all their nodes, or those named.
JUDGE_STAGES: dict[str, tuple[str, ...]] = {
    "ingest": (),
    "label": (),
    "features_tabular": (),
    "ensemble": ("choose_signal",),
    "audit": ("check_target", "measure_run_power"),
    "backtest": ("trade_test_rows",),
    "report": ("count_tried", "draw_figures", "stop_on_leak"),
}
# Tags of nodes whose outputs are fitted, or made by what is fitted.
FITTING = {"train", "ensemble"}


def create_recipe(name: str, recipe: Recipe) -> Pipeline:
    """Build one recipe as a namespaced pipeline."""
    if recipe.target not in TARGETS:
        raise bad_input("target", f"one of {', '.join(TARGETS)}", recipe.target, f"correct RECIPES[{name!r}]")
    target_options = TARGETS[recipe.target]
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
    members = _train(recipe.members | recipe.baselines, target_options)
    whole = stages + members
    if "audit" in recipe.stages:
        whole += _lineage_of(whole)
    return _namespaced(whole, name)


def create_judge(name: str, target: str) -> Pipeline:
    """Build one judge: a recipe whose predictions are read from the tables that `path` names."""
    baselines, blind = RECIPES[DEFAULT_RECIPE].baselines, RECIPES[DEFAULT_RECIPE].blind
    structure: dict[str, Any] = {
        "recipe": name,
        "members": (),
        "baselines": tuple(baselines),
        "blind": blind,
        "target_options": TARGETS[target],
    }
    whole = judge.create_pipeline(**structure) + _train(baselines, TARGETS[target])
    for stage, nodes in JUDGE_STAGES.items():
        taken = STAGES[stage].create_pipeline(**structure)
        whole += taken.only_nodes(*nodes) if nodes else _with_bars(taken)
    return _namespaced(whole + _lineage_of(whole), name)


def _with_bars(stage: Pipeline) -> Pipeline:
    """Let a stage that reads bars find them at `bars`: in a judge `path` names the predictions."""
    renamed = {"params:path": "params:bars"}
    return Pipeline(stage, parameters=renamed) if "params:path" in stage.inputs() else stage


def _train(members: Mapping[str, Member], target_options: type) -> Pipeline:
    """Train every member."""
    trained = (
        train.create_pipeline(
            name,
            one.model,
            target_options=target_options,
            sequence=one.sequence,
            static=one.static,
            window=one.window,
            selection=one.selection,
        )
        for name, one in members.items()
    )
    return sum(trained, Pipeline([]))


def _namespaced(whole: Pipeline, name: str) -> Pipeline:
    """Put a whole study into its namespace; switches belong to the run."""
    return Pipeline(
        whole, namespace=name, inputs={"provenance"} & whole.inputs(), parameters=SWITCHES & whole.inputs()
    )


def _lineage_of(recipe: Pipeline) -> Pipeline:
    """Hand the audit the graph it is part of: what makes each dataset, and which of them are fitted."""
    parents = {output: set(node.inputs) for node in recipe.nodes for output in node.outputs}
    fitted = [output for node in recipe.nodes if FITTING & node.tags for output in node.outputs]
    return audit.create_lineage(parents, ["target", *fitted], ["test_targets"])


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
    return registered | {name: create_judge(name, target) for name, target in JUDGES.items()}
