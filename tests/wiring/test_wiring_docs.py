"""The pages say what the code does: stages, datasets, columns, options, switches and commands."""

import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import yaml
from kedro.io import DataCatalog

from topoquant import schemas
from topoquant.pipeline_registry import RECIPES
from topoquant.recipe_pipelines import STAGES

RECIPE = "trigger"
MEMBERS = (*RECIPES[RECIPE].members, *RECIPES[RECIPE].baselines)
PAGES = (*STAGES, "train")
# Datasets whose schema lists every column.
SCHEMAS = {
    "bars": schemas.BARS,
    "splits": schemas.SPLITS,
    "development_targets": schemas.TARGETS,
    "test_targets": schemas.TARGETS,
    "features_tda_index": schemas.KEYS,
    "features_gaf_index": schemas.KEYS,
    "regimes": schemas.REGIMES,
    "outcomes": schemas.OUTCOMES,
    # One member has no spread.
    "predictions_<member>": schemas.PREDICTIONS.remove_columns(["spread"]),
    "predictions_ensemble": schemas.PREDICTIONS,
}
COMMAND = re.compile(r"^kedro run\b.*$", re.MULTILINE)
# One column per horizon: a pattern in the schema.
LOG_RETURN = "logret_<h>"
NAME = re.compile(r"`([^`]+)`")


@pytest.fixture(scope="module")
def docs(project: Path) -> Path:
    return project / "docs"


@pytest.fixture(scope="module")
def pages(docs: Path) -> dict[str, str]:
    """Text of every page by its path below docs."""
    return {str(path.relative_to(docs)): path.read_text() for path in sorted(docs.rglob("*.md"))}


def rows_of(text: str, first_header: str) -> Iterator[list[str]]:
    """Cells of every row of every table whose first header is `first_header`."""
    inside = False
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if not line.startswith("|"):
            inside = False
        elif cells[0] == first_header:
            inside = True
        elif inside and not set(cells[0]) <= {"-", ":"}:
            yield cells


def names_in(text: str, first_header: str) -> list[str]:
    """Names in backticks in the first column of such tables."""
    return [name for cells in rows_of(text, first_header) for name in NAME.findall(cells[0])]


def part(text: str, heading: str) -> str:
    """Text of one second-level section."""
    return text.split(f"## {heading}\n")[1].split("\n## ", maxsplit=1)[0]


def shown(datasets: set[str]) -> set[str]:
    """Dataset names as the pages write them: without recipe and parameters, one name for all members."""
    short = {name.split(".", 1)[1] for name in datasets if name.partition(".")[0] in RECIPES}
    # The longest first: volatility_lightgbm is no lightgbm.
    longest_first = sorted(MEMBERS, key=len, reverse=True)
    owners = {name: [member for member in longest_first if name.endswith(f"_{member}")] for name in short}
    return {
        f"{name.removesuffix(members[0])}<member>" if members else name for name, members in owners.items()
    }


def exists(tree: Any, name: str) -> bool:
    """Whether a dotted name is in a nested mapping."""
    for key in name.split("."):
        if not isinstance(tree, dict) or key not in tree:
            return False
        tree = tree[key]
    return True


@pytest.mark.parametrize("stage", PAGES)
def test_a_stage_names_what_it_reads_and_writes(docs, registered, stage):
    pipelines = [registered[stage]] if stage != "train" else [registered[f"train_{m}"] for m in MEMBERS]
    written = {name for pipeline in pipelines for name in pipeline.all_outputs()}
    read = {name for pipeline in pipelines for name in pipeline.all_inputs()} - written
    text = (docs / "stages" / f"{stage}.md").read_text()
    assert set(names_in(part(text, "Out"), "dataset")) == shown(written)
    assert set(names_in(part(text, "In"), "dataset")) == shown(read)


def test_every_dataset_in_a_table_is_declared(pages, load_config):
    catalog = DataCatalog.from_config(load_config("catalog", "local"))
    for page, text in pages.items():
        for name in names_in(text, "dataset"):
            assert f"{RECIPE}.{name.replace('<member>', 'nbeats')}" in catalog, (page, name)


def test_columns_are_those_of_the_schemas(docs):
    found = set()
    for stage in PAGES:
        text = part((docs / "stages" / f"{stage}.md").read_text(), "Out")
        for cells in rows_of(text, "dataset"):
            name = NAME.findall(cells[0])[0]
            if name in SCHEMAS:
                declared = {
                    LOG_RETURN if column.startswith("^") else column
                    for column in SCHEMAS[name].columns
                    # Of targets that this recipe does not have.
                    if not column.startswith(("^p_", "^value_"))
                }
                assert set(NAME.findall(cells[2])) == declared, name
                found.add(name)
    assert found == set(SCHEMAS)


def test_every_option_is_explained_and_every_explained_option_exists(project, docs):
    folder = project / "conf/base/parameters/recipes"
    by_recipe = {name: yaml.safe_load((folder / f"{name}.yml").read_text())[name] for name in RECIPES}
    # The default recipe's, and what others have beside it.
    options = {key: value for one in [*by_recipe.values(), by_recipe[RECIPE]] for key, value in one.items()}
    pages = (*PAGES, "tune", "walk_forward", "ablate")
    texts = [(docs / "stages" / f"{stage}.md").read_text() for stage in pages]
    explained = {name for text in texts for name in names_in(text, "option")}
    assert not {name for name in explained if not any(exists(one, name) for one in by_recipe.values())}
    for recipe, own in by_recipe.items():
        page = (docs / "recipes" / f"{recipe}.md").read_text()
        assert all(exists(own, name) for name in names_in(page, "option"))

    def unexplained(tree: Any, prefix: str) -> Iterator[str]:
        if prefix in explained:
            return
        if isinstance(tree, dict) and tree:
            for key, value in tree.items():
                yield from unexplained(value, f"{prefix}.{key}" if prefix else key)
        else:
            yield prefix

    assert not list(unexplained(options, ""))


def test_every_switch_is_explained_and_every_explained_switch_exists(project, pages):
    switches = yaml.safe_load((project / "conf/base/parameters.yml").read_text())
    explained = {name for text in pages.values() for name in names_in(text, "switch")}
    assert not {name for name in explained if not exists(switches, name)}
    wanted = {name for name in switches if name != "binance"}
    wanted |= {f"binance.{name}" for name in switches["binance"]}
    assert wanted <= explained


def test_commands_name_what_exists(pages, registered, load_config):
    parameters = load_config("parameters", "local")
    tags = {tag for node in registered[RECIPE].nodes for tag in node.tags}
    nodes = {node.name for node in registered[RECIPE].nodes}
    commands = [(page, command) for page, text in pages.items() for command in COMMAND.findall(text)]
    assert len(commands) > 20
    for page, command in commands:
        given = dict(re.findall(r"--([\w-]+)[= ](\S+)", command))
        assert set(given) <= {"pipelines", "params", "env", "tags", "from-nodes"}, (page, command)
        assert set(given.get("pipelines", RECIPE).split(",")) <= set(registered), (page, command)
        assert set(given.get("tags", "train").split(",")) <= tags, (page, command)
        assert given.get("from-nodes", f"{RECIPE}.split_rows") in nodes, (page, command)
        for switch in given.get("params", "seed=1").split(","):
            # Other coins and macro series have names of a person's own.
            name = re.sub(r"\.(references|macro)\.\w+$", r".\1", switch.partition("=")[0])
            assert exists(parameters, name), (page, command)


def test_make_targets_exist(project, pages):
    targets = set(re.findall(r"^([a-z-]+):", (project / "Makefile").read_text(), re.MULTILINE))
    named = {
        name
        for text in pages.values()
        for words in re.findall(r"^make ((?:[a-z-]+ ?)+)", text, re.MULTILINE)
        for name in words.split()
    }
    assert named <= targets


def test_files_the_pages_name_exist(project, pages):
    for page, text in pages.items():
        for name in re.findall(r"`((?:src|conf|tests|docs)/[\w./-]+)`", text):
            assert (project / name).exists() or "credentials" in name, (page, name)


def test_python_names_of_the_stage_pages_are_public(docs):
    for stage in PAGES:
        line = re.search(r"^In code: (.+?)$", (docs / "stages" / f"{stage}.md").read_text(), re.MULTILINE)
        assert line, stage
        module = ""
        for name in NAME.findall(line[1]):
            module = name.rpartition(".")[0] or module
            assert name.rpartition(".")[2] in import_module(module).__all__, (stage, name)


def test_no_page_asks_another_machine_for_anything(project, pages):
    settings = (project / "mkdocs.yml").read_text()
    assert "font: false" in settings
    assert "http" not in settings
    for page, text in pages.items():
        assert not re.search(r"!\[[^]]*\]\(https?:|<(script|img|link|iframe)\b", text), page


@pytest.mark.parametrize("package", ["models", "training"])
def test_the_reference_has_every_public_name_of_the_models(pages, package):
    public = import_module(f"topoquant.lib.{package}").__all__
    listed = re.findall(rf"^::: topoquant\.lib\.{package}(?:\.(\w+))?$", pages["reference.md"], re.MULTILINE)
    # A package that is listed by itself shows all of its public names.
    assert listed == [""] or set(listed) == set(public)
