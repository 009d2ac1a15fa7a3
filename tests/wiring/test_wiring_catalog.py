"""Names in code, catalog and environments agree; nothing is declared that nothing uses."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from kedro.io import DataCatalog

from topoquant.lib.models import MODELS
from topoquant.lib.validity import check_lineage
from topoquant.pipeline_registry import RECIPES

ENVIRONMENTS = ("local", "cuda", "studies")
# Mappings whose names are free: environments that add to them.
FREE_NAMES = {"studies": ".profiles.strategies."}
# A fitted artifact, by the name of its dataset.
FITTED = re.compile(
    r"\.(model_(?!scores$)|predictions_|training_(?!report$)|choices$|operating_point$|target$|power$)"
)
# Put into the catalog by a hook when a run starts.
MADE_BY_HOOKS = {"provenance"}


def leaves(tree: Any, prefix: str = "") -> Iterator[str]:
    """Dotted names of the leaves of a nested mapping."""
    if isinstance(tree, dict) and tree:
        for key, value in tree.items():
            yield from leaves(value, f"{prefix}.{key}" if prefix else str(key))
    else:
        yield prefix


@pytest.fixture(scope="module", params=ENVIRONMENTS)
def catalog(request, load_config):
    return DataCatalog.from_config(load_config("catalog", request.param))


def stored_names(pipelines) -> set[str]:
    return {
        name
        for pipeline in pipelines.values()
        for name in pipeline.datasets()
        if not name.startswith("param")
    } - MADE_BY_HOOKS


def test_every_dataset_is_declared(registered, catalog):
    undeclared = {name for name in stored_names(registered) if name not in catalog}
    assert not undeclared


def test_every_declaration_is_used(registered, load_config):
    catalog = DataCatalog.from_config(load_config("catalog", "local"))
    matched = {catalog.config_resolver.match_dataset_pattern(name) for name in stored_names(registered)}
    declared = {name for name in load_config("catalog", "local") if not name.startswith("_")}
    assert declared == matched


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_every_parameter_exists(registered, load_config, environment):
    declared = load_config("parameters", environment)
    for pipeline in registered.values():
        for name in pipeline.inputs():
            if name.startswith("params:"):
                here = declared
                for part in name.removeprefix("params:").split("."):
                    assert part in here, f"{name} is not declared in {environment}"
                    here = here[part]


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_environments_only_override(project: Path, environment):
    def tree(folder: Path) -> dict:
        merged: dict = {}
        for path in sorted(folder.rglob("*.yml")):
            if path.name.startswith(("parameters", "globals")) or "parameters" in path.parts:
                merged[path.name if path.name == "globals.yml" else "parameters"] = {
                    **merged.get(path.name if path.name == "globals.yml" else "parameters", {}),
                    **(yaml.safe_load(path.read_text()) or {}),
                }
        return merged

    base = set(leaves(tree(project / "conf/base")))
    own = set(leaves(tree(project / "conf" / environment)))
    free = FREE_NAMES.get(environment)
    assert {name for name in own - base if not (free and free in name)} == set()


@pytest.mark.parametrize("recipe", ["trigger", "direction", "move"])
def test_no_fitted_artifact_descends_from_test_targets(registered, recipe):
    parents: dict[str, set[str]] = {}
    for node in registered[recipe].nodes:
        for output in node.outputs:
            parents.setdefault(output, set()).update(node.inputs)
    fitted = [name for name in parents if FITTED.search(name)]
    assert len(fitted) > 20
    check = check_lineage(parents, fitted, [f"{recipe}.test_targets"])
    assert check.status == "ok", check.finding
    assert check_lineage(parents, [f"{recipe}.verdict"], [f"{recipe}.test_targets"]).status == "leak"


def test_stages_and_members_are_registered_bare(registered):
    names = set(registered)
    assert {
        "__default__",
        "trigger",
        "direction",
        "move",
        "train_nbeats",
        "train_gaf_cnn_15",
        "train_gaf_cnn_60",
        "train_hybrid",
        "train_xgboost",
        "train_transformer",
        "features_gaf",
        "ingest",
        "report",
    } <= names
    assert next(node.name for node in registered["train_nbeats"].nodes) == "trigger.nbeats.train_nbeats"
    made = {name.removeprefix("trigger.") for name in registered["train_nbeats"].all_outputs()}
    assert {"model_nbeats", "card_nbeats", "figure_training_nbeats", "onnx_nbeats"} < made
    assert "onnx_lightgbm" not in registered["train_lightgbm"].all_outputs()
    assert {node.name for node in registered["__default__"].nodes} == {
        node.name for node in registered["trigger"].nodes
    }


@pytest.mark.parametrize("recipe", ["direction", "move"])
def test_every_member_of_a_study_leaves_all_its_datasets(registered, recipe):
    study = RECIPES[recipe]
    made = registered[recipe].all_outputs()
    for name, member in (study.members | study.baselines).items():
        kinds = ["predictions", "model", "training", "history", "card"]
        if MODELS[member.model].is_torch:
            kinds += ["figure_training", "onnx"]
            assert f"{recipe}.checkpoints_{name}" in registered[recipe].inputs(), name
        assert {f"{recipe}.{kind}_{name}" for kind in kinds} <= made, name
        # Readable in the graph: a member is a group of its own within the recipe.
        own = registered[recipe].only_nodes_with_namespaces([f"{recipe}.{name}"])
        assert f"{recipe}.{name}.train_{name}" in {node.name for node in own.nodes}


def test_images_of_three_windows_are_members_of_one_template(registered):
    nodes = {node.name: node for node in registered["direction"].nodes}
    for bars in (15, 30, 60):
        node = nodes[f"direction.gaf_cnn_{bars}.train_gaf_cnn_{bars}"]
        assert {"direction.features_gaf", "direction.features_gaf_index"} <= set(node.inputs)
        assert "direction.features_tabular" not in node.inputs
    hybrid = nodes["direction.hybrid.train_hybrid"].inputs
    assert {f"direction.features_{name}" for name in ("gaf", "tabular", "tda")} <= set(hybrid)


def test_datasets_of_different_markets_never_share_a_path(load_config):
    for name, entry in load_config("catalog", "local").items():
        if not name.startswith("_") and "filepath" in entry:
            assert "/local/synthetic-SYN/" in entry["filepath"], name
            assert "{recipe}" in entry["filepath"], name


@pytest.mark.parametrize("recipe", RECIPES)
def test_a_whole_recipe_makes_what_it_reads(registered, recipe):
    """Only what lasts from run to run, what a search left and what hooks give comes from elsewhere."""
    kept = re.compile(r"\.(checkpoints_\w+|tuned_options_\w+|features_tda_blocks|tried)$")
    read = {name for name in registered[recipe].inputs() if not name.startswith("param")}
    assert {name for name in read - MADE_BY_HOOKS if not kept.search(name)} == set()
