"""The plan names what exists: recipes, environments, declared switches, bars."""

from dataclasses import replace

import pytest

from tests.studies.claims import CLAIMS
from tests.studies.pages import BLOCKS, MARK, TEMPLATES, fill
from tests.studies.plan import PROJECT, link_bars, read_plan
from topoquant.pipeline_registry import last_node

BARS, RUNS = read_plan()


def declared(tree, dotted):
    """Whether a dotted name leads somewhere in nested mappings; below `references` any name does."""
    for part in dotted.split("."):
        if "references" in dotted and tree == {}:
            return True
        if not isinstance(tree, dict) or part not in tree:
            return False
        tree = tree[part]
    return True


@pytest.mark.parametrize("env", sorted({run.env for run in RUNS}))
def test_every_switch_of_the_plan_is_declared(env, load_config):
    parameters = load_config("parameters", env)
    switches = {name for run in RUNS if run.env == env for name in run.switches}
    assert [name for name in sorted(switches) if not declared(parameters, name)] == []


def test_every_pipeline_of_the_plan_is_registered(registered):
    assert {name for run in RUNS for name in (run.recipe, *run.then)} <= set(registered)
    assert {run.recipe for run in RUNS} <= set(CLAIMS)


@pytest.mark.parametrize("run", [run for run in RUNS if "ablate" in run.then], ids=lambda run: run.study)
def test_an_ablation_is_that_of_the_recipe(run):
    assert last_node("ablate", run.switches.get("member")).startswith(f"{run.recipe}.")


def test_a_run_reads_its_own_bars_and_keeps_its_own_data(tmp_path):
    run = next(run for run in RUNS if run.bars)
    first = run.commands(tmp_path)[0]
    assert first[:2] == [f"--env={run.env}", f"--pipelines={run.recipe}"]
    given = dict(one.split("=", 1) for one in first[-1].split(","))
    assert given["source"] == "files"
    assert given["path"] == str(tmp_path / "bars" / run.bars)
    assert given["data_root"] == str(tmp_path / run.study / run.name)
    places = [one.place(tmp_path) for one in RUNS]
    assert len(set(places)) == len(places)


def test_a_switch_with_a_comma_is_refused(tmp_path):
    whole = next(run for run in RUNS if not run.bars)
    run = replace(whole, switches={"seed": "1,2"})
    with pytest.raises(ValueError, match="must have no comma"):
        run.commands(tmp_path)


def test_bars_are_shown_as_links(tmp_path):
    data, store = tmp_path / "data", tmp_path / "store"
    data.mkdir()
    (data / "a.parquet").write_bytes(b"bars")
    for _ in range(2):
        link_bars(store, "one", {"BTCUSDT.parquet": "a.parquet"}, data)
    assert (store / "bars" / "one" / "BTCUSDT.parquet").read_bytes() == b"bars"
    with pytest.raises(SystemExit, match=r"must hold b\.parquet"):
        link_bars(store, "one", {"BTCUSDT.parquet": "b.parquet"}, data)


@pytest.mark.parametrize("study", sorted({run.study for run in RUNS}))
def test_marks_of_a_template_name_tables_and_runs(study):
    names = {run.name for run in RUNS if run.study == study}
    found = list(MARK.finditer((TEMPLATES / f"{study}.md").read_text()))
    assert found
    assert {one["name"] for one in found} <= set(BLOCKS)
    assert all(set((one["runs"] or "").split()) <= names for one in found)


def test_every_table_is_used_by_some_template():
    used = {one["name"] for path in TEMPLATES.glob("*.md") for one in MARK.finditer(path.read_text())}
    assert used == set(BLOCKS)


def test_a_table_says_which_runs_are_missing():
    assert fill("{{ verdicts one }}", {}, ["one", "other"]) == "Not run yet: `one`."
    assert fill("It took {{ processor_time }} at most.", {}, ["one"]) == "It took ? at most."
    with pytest.raises(ValueError, match="a mark must be one of"):
        fill("{{ verdicts one }}", {})


def test_an_unknown_mark_is_refused():
    with pytest.raises(ValueError, match="a mark must be one of"):
        fill("{{ verdict }}", {})
    with pytest.raises(ValueError, match=r"a mark must be {{ name }}, got {{verdicts}}"):
        fill("{{verdicts}}", {})


def test_every_study_has_a_page_in_the_docs():
    nav = (PROJECT / "mkdocs.yml").read_text()
    for study in {run.study for run in RUNS}:
        assert f"studies/{study}.md" in nav
        assert (PROJECT / "docs" / "studies" / f"{study}.md").exists()
