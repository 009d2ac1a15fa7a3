"""A recipe of several horizons: one view per horizon, which goes through the stages as any recipe does."""

from collections.abc import Callable, Collection, Iterable
from typing import TYPE_CHECKING, Any

from kedro.pipeline import Pipeline

from topoquant.lib.labeling import TARGETS
from topoquant.pipelines import audit, backtest, ensemble, label, report, values

if TYPE_CHECKING:
    from topoquant.recipe_pipelines import Recipe

# Done once for all horizons: the check of the features, and what ends the run.
SHARED_NODES = {"check_tabular", "stop_on_leak"}
# Of the stages of a view, which nodes a recipe of several horizons has for itself.
OWN_NODES = {"check_tabular", "check_target", "check_rows"}
VIEWED = "direction"
# A view is called by its horizon, as the column of the target is.
VIEW = "logret_"
# Of the parameters a view has these for itself: its target, and how its losses move weights.
OWN_PARAMETERS = {"params:label", "params:ensemble"}
# What the stages ask a recipe for: no topology, no images, but forecasts of values.
STAGES = ("values",)


def create_views(recipe: str, study: "Recipe", train: Callable[[], Pipeline]) -> Pipeline:
    """Build every view, and the checks of what all of them share.

    `train` builds the training of the baselines of one view.
    """
    whole = _own_checks(recipe, study)
    for horizon in study.horizons:
        view = f"{VIEW}{horizon}"
        whole += _namespaced(_view(recipe, view, study) + train(), view, _trained(study))
    return whole


def join_views(recipe: str, study: "Recipe", switches: Collection[str]) -> Pipeline:
    """Build what joins the views to one verdict and one page, in the namespace of the recipe.

    It is put there here, and not with the rest: only a node that has a namespace may name what lies in
    the namespaces of the views.
    """
    names = tuple(f"{VIEW}{horizon}" for horizon in study.horizons)
    stop = report.create_pipeline(**_structure(recipe, study)).only_nodes("stop_on_leak")
    whole = values.create_pipeline(recipe=recipe, views=names, trained=_trained(study)) + stop
    of_views = {f"{name}_{view}": f"{recipe}.{view}.{name}" for view in names for name in values.OF_A_VIEW}
    inputs = {one: of_views[one] for one in whole.inputs() if one in of_views} | {"provenance": "provenance"}
    return Pipeline(whole, namespace=recipe, inputs=inputs, parameters=set(switches) & whole.inputs())


def _trained(study: "Recipe") -> tuple[str, ...]:
    """Name what forecasts values."""
    return (*study.members, *study.baselines)


def _structure(name: str, study: "Recipe") -> dict[str, Any]:
    """Say to the stages what a view is made of."""
    return {
        "recipe": name,
        "members": tuple(study.members),
        "baselines": (*study.viewed, *study.view_baselines),
        "blind": study.blind,
        "target_options": TARGETS[VIEWED],
        "stages": STAGES,
    }


def _own_checks(recipe: str, study: "Recipe") -> Pipeline:
    """Check what all horizons share: features, the targets the members are fitted to, and their tables."""
    structure = _structure(recipe, study) | {
        "members": _trained(study), "baselines": (), "has_ensemble": False,
        "target_options": TARGETS["log_return"],
    }  # fmt: skip
    return audit.create_pipeline(**structure).only_nodes(*OWN_NODES)


def _view(recipe: str, view: str, study: "Recipe") -> Pipeline:
    """Put the stages of one view together."""
    structure = _structure(f"{recipe}.{view}", study)
    viewed = (*study.members, *study.viewed)
    stages = [stage.create_pipeline(**structure) for stage in (label, ensemble, audit, backtest, report)]
    own = values.create_view(
        target_options=TARGETS[VIEWED],
        members=tuple(study.members),
        value_baselines=tuple(study.baselines),
        viewed=viewed,
        compared=(*viewed, *study.view_baselines),
        n_horizons=len(study.horizons),
    )
    nodes = [node for stage in stages for node in stage.nodes if node.name not in SHARED_NODES]
    return Pipeline(nodes) + own


def _namespaced(view: Pipeline, name: str, trained: Iterable[str]) -> Pipeline:
    """Put a view into its namespace: it shares all but the target, how members are combined, and its fits."""
    forecasts = {f"values_{member}": f"predictions_{member}" for member in trained}
    inputs = {one for one in view.inputs() if not one.startswith(("params:", "checkpoints_"))}
    parameters = {one for one in view.inputs() if one.startswith("params:")} - OWN_PARAMETERS
    return Pipeline(
        view,
        namespace=name,
        inputs={one: forecasts.get(one, one) for one in inputs},
        parameters=parameters,
    )
