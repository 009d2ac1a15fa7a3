"""From the structure of a recipe to its pipeline: stages, members, views, searches, walks and judges."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

from kedro.pipeline import Pipeline

from topoquant.families import Families
from topoquant.lib.errors import bad_input
from topoquant.lib.labeling import TARGETS
from topoquant.pipelines import (
    ablate,
    agents,
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
    regimes,
    report,
    split,
    train,
    tune,
    walk_forward,
)
from topoquant.recipe_views import create_views, join_views

STAGES: dict[str, ModuleType] = {
    "ingest": ingest,
    "split": split,
    "label": label,
    "features_tabular": features_tabular,
    "features_complexity": features_complexity,
    "features_tda": features_tda,
    "features_gaf": features_gaf,
    "regimes": regimes,
    "agents": agents,
    "ensemble": ensemble,
    "audit": audit,
    "backtest": backtest,
    "report": report,
}

# Those of a recipe that names none.
COMMON_STAGES = tuple(name for name in STAGES if name not in ("features_gaf", "agents"))

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
        "n_trials",
        "tuning_database",
        "binance",
    )
}


# What a judge takes of the stages of a recipe: all their nodes, or those named.
JUDGE_STAGES: dict[str, tuple[str, ...]] = {
    "ingest": (),
    "label": (),
    "features_tabular": (),
    "ensemble": ("choose_signal",),
    "audit": ("check_target", "measure_run_power"),
    "backtest": ("trade_test_rows", "check_trades", "compare_strategies"),
    "report": ("count_tried", "draw_figures", "join_final", "draw_outcomes", "stop_on_leak"),
}
# Tags of nodes whose outputs are fitted, or made by what is fitted.
FITTING = {"train", "ensemble", "regimes"}


@dataclass(frozen=True, kw_only=True)
class Member:
    """One named training: which model, and which feature families feed each of its inputs.

    Several families of one input are joined on the key. With `selection` every fold chooses its
    columns, by numbers under `<member>.selection`. `targets` is the table of development rows it learns;
    with `draws` the report shows how far dropout moves it, by numbers under `<member>.draws`.
    """

    model: str
    sequence: Families = ()
    static: Families = ()
    window: Families = ()
    selection: bool = False
    targets: str = "development_targets"
    draws: bool = False


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """The structure of a study; its numbers are in conf/base/parameters/recipes/<recipe>.yml.

    With `horizons` the members forecast log-returns, and every horizon is a view with a verdict of its
    own: `viewed` baselines are viewed as the members are, `view_baselines` trained for each view.
    """

    target: str
    members: dict[str, Member]
    baselines: dict[str, Member]
    blind: tuple[str, ...]
    stages: tuple[str, ...] = COMMON_STAGES
    # Members that the stage agents combines; what they say together is a member like the others.
    agents: tuple[str, ...] = ()
    auditor: bool = False
    horizons: tuple[int, ...] = ()
    viewed: tuple[str, ...] = ()
    view_baselines: dict[str, Member] = field(default_factory=dict)
    # Boosters by the name of the member whose options they have, and all that an ablation feeds them.
    ablated: dict[str, Member] = field(default_factory=dict)


def create_recipe(name: str, recipe: Recipe) -> Pipeline:
    """Build one recipe as a namespaced pipeline."""
    if recipe.target not in TARGETS:
        raise bad_input("target", f"one of {', '.join(TARGETS)}", recipe.target, f"correct RECIPES[{name!r}]")
    target_options = TARGETS[recipe.target]
    stages = sum(
        (
            STAGES[stage].create_pipeline(
                recipe=name,
                members=(*recipe.members, *(("agents",) if recipe.agents else ())),
                baselines=tuple(recipe.baselines),
                blind=recipe.blind,
                target_options=target_options,
                stages=recipe.stages,
                agents=recipe.agents,
                auditor=recipe.auditor,
                drawn=tuple(member for member, one in recipe.members.items() if one.draws),
            )
            for stage in recipe.stages
        ),
        Pipeline([]),
    )
    trained = _train(recipe.members, target_options, tunable=True) + _train(recipe.baselines, target_options)
    whole = namespaced(stages + trained, name)
    if recipe.horizons:
        views = create_views(name, recipe, lambda: _train(recipe.view_baselines, TARGETS["direction"]))
        whole += namespaced(views, name) + join_views(name, recipe, SWITCHES)
    if "audit" in recipe.stages or recipe.horizons:
        whole += namespaced(_lineage_of(whole, name), name)
    return whole


def create_search(name: str, recipe: Recipe) -> Pipeline:
    """Build the searches of a recipe's members, without what makes their features."""
    searches = (
        tune.create_pipeline(
            member, one.model, target_options=TARGETS[recipe.target], targets=one.targets, **_fed(one)
        )
        for member, one in recipe.members.items()
    )
    return namespaced(sum(searches, Pipeline([])), name)


def create_walk(name: str, recipe: Recipe) -> Pipeline:
    """Build the walks forward of a recipe's members, without what makes their features."""
    baselines = recipe.view_baselines or recipe.baselines
    blind = {one: (baselines[one].model, baselines[one].static) for one in recipe.blind}
    walks = (
        walk_forward.create_pipeline(
            member, one.model, target_options=TARGETS[recipe.target], blind=blind, **_fed(one)
        )
        for member, one in walked_members(recipe).items()
    )
    return namespaced(sum(walks, Pipeline([])), name)


def create_ablation(name: str, recipe: Recipe) -> Pipeline:
    """Build the ablations of a recipe, without what makes its features."""
    ablations = (
        ablate.create_pipeline(
            member, one.model, target_options=TARGETS[recipe.target], sequence=one.sequence,
            static=one.static, window=one.window,
        )
        for member, one in recipe.ablated.items()
    )  # fmt: skip
    return namespaced(sum(ablations, Pipeline([])), name)


def walked_members(recipe: Recipe) -> dict[str, Member]:
    """Return the members that a walk can refit: those that predict a target of 0 and 1 itself."""
    members = {} if recipe.horizons else recipe.members
    return {name: one for name, one in members.items() if one.targets == "development_targets"}


def with_makers(recipe: Pipeline, part: Pipeline) -> Pipeline:
    """Add what makes the inputs of a part that belongs to no whole run."""
    return recipe.to_outputs(*(part.inputs() & recipe.all_outputs())) + part


def create_judge(name: str, target: str, like: Recipe) -> Pipeline:
    """Build one judge: predictions are read where `path` says, baselines are those of a recipe."""
    baselines, blind = like.baselines, like.blind
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
    return namespaced(whole + _lineage_of(whole, name), name)


def _with_bars(stage: Pipeline) -> Pipeline:
    """Let a stage that reads bars find them at `bars`: in a judge `path` names the predictions."""
    renamed = {"params:path": "params:bars"}
    return Pipeline(stage, parameters=renamed) if "params:path" in stage.inputs() else stage


def _train(members: Mapping[str, Member], target_options: type, *, tunable: bool = False) -> Pipeline:
    """Train every member."""
    trained = (
        train.create_pipeline(
            name,
            one.model,
            target_options=target_options,
            tunable=tunable,
            targets=one.targets,
            draws=one.draws,
            **_fed(one),
        )
        for name, one in members.items()
    )
    return sum(trained, Pipeline([]))


def _fed(member: Member) -> dict[str, Any]:
    """Return what feeds a member."""
    return {
        "sequence": member.sequence,
        "static": member.static,
        "window": member.window,
        "selection": member.selection,
    }


def namespaced(whole: Pipeline, name: str) -> Pipeline:
    """Put a whole study into its namespace; switches belong to the run."""
    return Pipeline(
        whole, namespace=name, inputs={"provenance"} & whole.inputs(), parameters=SWITCHES & whole.inputs()
    )


def _lineage_of(recipe: Pipeline, name: str) -> Pipeline:
    """Hand the audit the graph it is part of: what makes each dataset, and which of them are fitted."""

    def short(names: Iterable[str]) -> list[str]:
        return [one.removeprefix(f"{name}.") for one in names]

    parents = {output: set(short(node.inputs)) for node in recipe.nodes for output in short(node.outputs)}
    fitted = [output for node in recipe.nodes if FITTING & node.tags for output in short(node.outputs)]
    targets, tests = (
        [name for name in parents if name.split(".")[-1] == last] for last in ("target", "test_targets")
    )
    return audit.create_lineage(parents, [*targets, *fitted], tests)
