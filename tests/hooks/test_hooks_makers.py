"""What is stale, why, and what has to run again, on a graph of four nodes."""

from pathlib import Path

import pytest
from kedro.io import DataCatalog, MemoryDataset
from kedro.pipeline import Pipeline, node

from topoquant.datasets.atomic import AtomicJSONDataset
from topoquant.datasets.fingerprint import SUFFIX, write_record
from topoquant.datasets.tuned import TunedDataset
from topoquant.hooks import trials
from topoquant.hooks.fingerprints import FingerprintHooks
from topoquant.hooks.makers import Makers
from topoquant.hooks.sources import Sources

OPTIONS = {"base": 2, "factor": {"up": 3, "n_jobs": 1}, "path": None, "market": {"references": {}}}


def bring(base):
    return base


def scale(raw, factor):
    return raw * factor["up"]


def keep(raw):
    return raw + 1


def show(scaled, kept, provenance):
    return [scaled, kept]


def pipeline(function=scale):
    return Pipeline(
        [
            node(bring, ["params:base"], "raw", name="bring"),
            node(function, ["raw", "params:factor"], "scaled", name="scale"),
            node(keep, "raw", "kept", name="keep"),
            node(show, ["scaled", "kept", "provenance"], "shown", name="show"),
        ]
    )


def catalog_in(folder, memory=()):
    names = {"raw", "scaled", "kept", "shown"} - set(memory)
    stored = {name: AtomicJSONDataset(filepath=str(folder / f"{name}.json")) for name in names}
    return DataCatalog(
        {**stored, **{name: MemoryDataset() for name in memory}, "provenance": MemoryDataset(1)}
    )


def makers(catalog, options=None, graph=None):
    graph, sources = graph or pipeline(), Sources()
    sources.root = Path(__file__).parents[2]
    return Makers({"whole": graph}, catalog, OPTIONS | (options or {}), sources)


def run(catalog, options=None, nodes=None, graph=None):
    """Do what the hooks do around each node."""
    made, graph = makers(catalog, options, graph), graph or pipeline()
    for one in graph.nodes:
        if nodes is None or one.name in nodes:
            making = made.making(one)
            inputs = {
                name: (OPTIONS | (options or {}))[name[7:]]
                if name.startswith("params:")
                else catalog.load(name)
                for name in one.inputs
            }
            for name, data in one.run(inputs).items():
                catalog.save(name, data)
                if path := made.path(name):
                    record = {"made_by": making.fingerprint.to_dict(), "files": {}}
                    write_record(path, record, made.content(path))


@pytest.fixture
def catalog(tmp_path):
    made = catalog_in(tmp_path)
    run(made)
    return made


def test_what_was_just_made_is_fresh(catalog):
    assert makers(catalog).stale_part(pipeline()) == {}


def test_an_option_makes_its_node_and_what_comes_after_stale(catalog):
    part = makers(catalog, {"factor": {"up": 4, "n_jobs": 1}}).stale_part(pipeline())
    assert part == {
        "scale": "factor.up 3 -> 4",
        "show": "its input scaled: factor.up 3 -> 4",
    }


def test_how_many_processors_is_no_option(catalog):
    assert not makers(catalog, {"factor": {"up": 3, "n_jobs": 8}}).stale_part(pipeline())


def test_upstream_is_named_through_all_that_lies_between(catalog):
    assert makers(catalog, {"base": 5}).reason("shown") == "its input raw: base 2 -> 5"


def double(raw, factor):
    return raw * factor["up"] * 2


def test_another_function_is_other_code(catalog):
    part = makers(catalog, graph=pipeline(double)).stale_part(pipeline(double))
    assert list(part) == ["scale", "show"]


def test_a_deleted_dataset_is_made_again_with_what_comes_after(catalog, tmp_path):
    (tmp_path / "kept.json").unlink()
    assert makers(catalog).stale_part(pipeline()) == {
        "keep": "it is not there",
        "show": "its input kept: it is not there",
    }


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda path: path.unlink(), "it has no fingerprint"),
        (lambda path: path.write_text("{"), "its fingerprint is damaged"),
        (lambda path: path.write_text("{}"), "its fingerprint is damaged"),
        (lambda path: path.with_name("scaled.json").write_text("7"), "it was changed after it was made"),
    ],
)
def test_a_record_that_cannot_vouch_is_a_reason(catalog, tmp_path, change, reason):
    change(tmp_path / f"scaled.json{SUFFIX}")
    assert makers(catalog).reason("scaled") == reason


def test_an_input_made_again_alike_changes_nothing_and_made_otherwise_does(catalog):
    run(catalog, nodes={"bring"})
    assert not makers(catalog).stale_part(pipeline())
    run(catalog, {"base": 9}, nodes={"bring"})
    assert makers(catalog, {"base": 9}).reason("scaled") == "content of its input raw"


def test_a_file_that_an_option_names_counts_by_content(tmp_path):
    graph = Pipeline([node(bring, ["params:path"], "raw", name="bring")])
    file = tmp_path / "bars.csv"
    file.write_text("1")
    options = {"path": str(file)}
    catalog = catalog_in(tmp_path)
    run(catalog, options, graph=graph)
    assert makers(catalog, options, graph).reason("raw") is None
    file.write_text("2")
    assert makers(catalog, options, graph).reason("raw") == "content of the file that path names"


def match(tables, scale):
    return tables * scale


def score(one, other):
    return [one, other]


def test_each_judged_table_is_a_trial_whatever_it_is_judged_with_and_baselines_are_none_of_them(tmp_path):
    nodes = [
        node(bring, ["params:path"], "tables", name="bring_judged"),
        node(match, ["tables", "params:base"], "judged", name="match"),
        node(keep, "tables", "predictions_majority", name="keep"),
        node(score, ["judged", "predictions_majority"], "model_scores", name="score"),
    ]
    graph = Pipeline(nodes, namespace="judge", parameters={"params:path", "params:base"})
    paths = [tmp_path / f"{name}.csv" for name in "abc"]
    for number, path in enumerate(paths):
        path.write_text(str(number // 2))  # a and b are one table under two names

    def tried(*files, **options):
        path = "+".join(map(str, files))
        return trials.tried(makers(catalog_in(tmp_path), {"path": path, **options}, graph), "judge")

    alone, beside = tried(paths[0]), tried(paths[1], paths[2])
    assert (len(alone), len(beside)) == (2, 3)
    assert len({*alone.values(), *beside.values()}) == 3
    assert alone["judge.predictions_majority"] == beside["judge.predictions_majority"]
    assert len({*alone.values(), *tried(paths[0], base=5).values()}) == 3


def fit(tuned, base):
    return [tuned, base]


def test_options_that_a_search_found_are_other_trials_than_those_of_the_recipe(tmp_path):
    nodes = [
        node(fit, ["tuned_options_nbeats", "params:base"], "predictions_nbeats", name="train"),
        node(keep, "raw", "predictions_majority", name="keep"),
        node(score, ["predictions_nbeats", "predictions_majority"], "model_scores", name="score"),
    ]
    graph = Pipeline(nodes, namespace="r", parameters={"params:base"})
    file = tmp_path / "tuned_nbeats.json"

    def tried(used):
        tuned = TunedDataset(filepath=str(file), member="nbeats", used=used)
        return trials.tried(makers(DataCatalog({"r.tuned_options_nbeats": tuned}), graph=graph), "r")

    plain = tried(False)
    file.write_text('{"values": {"options.hidden": 8}}')
    assert tried(False) == tried("lstm") == plain
    found = tried(True)
    assert found["r.predictions_nbeats"] != plain["r.predictions_nbeats"]
    assert found["r.predictions_majority"] == plain["r.predictions_majority"]
    assert tried("nbeats+lstm") == found
    file.write_text('{"values": {"options.hidden": 16}}')
    assert len({tried(True)["r.predictions_nbeats"], *found.values()}) == 3


def test_a_walk_is_one_trial_that_knows_the_options_of_its_features():
    nodes = [
        node(bring, ["params:base"], "raw", name="bring"),
        node(scale, ["raw", "params:factor"], "walk_predictions_nbeats", name="walk", tags="walk_forward"),
        node(keep, "raw", "predictions_nbeats", name="keep"),
        node(score, ["predictions_nbeats", "raw"], "model_scores", name="score"),
    ]
    graph = Pipeline(nodes, namespace="r", parameters={"params:base", "params:factor"})

    def tried(part, **options):
        hooks = FingerprintHooks()
        hooks._makers = makers(DataCatalog({}), options, graph)
        return hooks.tried("r", part)

    walk, study = graph.only_nodes("r.walk"), graph.only_nodes("r.score")
    assert len(tried(walk)) == len(tried(study)) == 1
    assert len({*tried(walk), *tried(study), *tried(walk, base=5), *tried(walk, factor={"up": 4})}) == 4


def test_what_lives_in_memory_is_made_again_for_who_needs_it(tmp_path):
    catalog = catalog_in(tmp_path, memory=["raw"])
    run(catalog)
    assert not makers(catalog).stale_part(pipeline())
    part = makers(catalog, {"factor": {"up": 4, "n_jobs": 1}}).stale_part(pipeline())
    assert list(part) == ["bring", "scale", "show"]
    assert list(makers(catalog, {"base": 4}).stale_part(pipeline())) == ["bring", "keep", "scale", "show"]


def test_an_edit_while_the_process_lives_is_never_fresh(catalog):
    made = makers(catalog)
    made._sources.is_edited = lambda name: True
    assert str(made.reason("scaled")).startswith("code of ")


def test_a_session_of_another_kind_cannot_skip_what_is_fresh():
    hooks = FingerprintHooks()
    hooks._makers, hooks.chosen = object(), {}
    with pytest.raises(Exception, match="only_stale must be run by kedro run"):
        hooks.before_node_run(pipeline().nodes[0])
