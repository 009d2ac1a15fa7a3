"""What is typed after --params is checked against conf/base before anything runs."""

import re
import sys
from types import SimpleNamespace

import click
import pytest
from kedro.config import OmegaConfigLoader
from kedro.validation.parameter_validator import ParameterValidator

from topoquant.datasets.tuned import TunedDataset
from topoquant.hooks.parameters import ParameterHooks
from topoquant.settings import CONFIG_LOADER_ARGS


class Context(SimpleNamespace):
    """As much of Kedro's context as the hook asks for."""

    @property
    def params(self):
        return ParameterValidator(self.pipelines).validate_raw_params(self.config_loader["parameters"])


@pytest.fixture
def check(project, registered):
    """Return a function: nested runtime parameters -> the typed parameters, or the refusal's line."""

    def run(conf=None, **typed):
        loader = OmegaConfigLoader(
            conf_source=str(conf or project / "conf"), env="local", runtime_params=typed, **CONFIG_LOADER_ARGS
        )
        context = Context(env="local", config_loader=loader, pipelines=registered)
        try:
            ParameterHooks().after_context_created(context)
        except click.ClickException as refusal:
            return refusal.message
        return context.params

    return run


class Catalog(dict):
    """As much of Kedro's catalog as the hook asks for."""

    def exists(self, name):
        return name in self

    load = dict.__getitem__


def run_with(address, inputs=("params:dask_address",)):
    pipeline = SimpleNamespace(inputs=lambda: set(inputs))
    ParameterHooks().before_pipeline_run(pipeline, Catalog({"params:dask_address": address}), {})


def test_a_cluster_that_cannot_work_is_refused_before_any_node(monkeypatch):
    run_with(None)
    with pytest.raises(click.ClickException, match=r"dask_address must be tcp://host:port .* got somewhere"):
        run_with("somewhere")
    run_with("somewhere", inputs=("params:seed",))  # nothing of this run is computed there
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(click.ClickException, match=r"pip install 'topoquant\[dask\]'"):
        run_with("tcp://127.0.0.1:8786")


@pytest.mark.parametrize(
    ("inputs", "switches", "said"),
    [
        (("params:path",), {"source": "synthetic", "path": "bars.csv"}, "path must be left out when source"),
        (("params:path",), {"source": "files", "path": "bars.csv"}, ""),
        (
            ("params:seed",),
            {"source": "synthetic", "bars": "bars.csv"},
            "bars must be left out but for a judge",
        ),
        (("judge.bars", "params:path"), {"source": "synthetic"}, "path must be a file of predictions"),
        (("judge.bars", "params:path"), {"source": "synthetic", "path": "p.csv"}, ""),
        (("params:judge.market",), {"source": "files", "path": "p.csv"}, "bars must be a file or folder"),
        (
            ("params:judge.market",),
            {"source": "binance", "bars": "b.csv"},
            "bars must be left out when source",
        ),
        (("params:judge_move.market",), {"source": "files", "path": "p.csv", "bars": "b.csv"}, ""),
    ],
)
def test_path_is_of_the_bars_but_in_a_judge_of_the_predictions(inputs, switches, said):
    switches = {"source": None, "path": None, "bars": None} | switches
    known = Catalog({f"params:{name}": value for name, value in switches.items()} | dict.fromkeys(inputs))
    known |= {f"params:{name}": value for name, value in switches.items()}
    pipeline = SimpleNamespace(inputs=lambda: set(inputs))
    if not said:
        ParameterHooks().before_pipeline_run(pipeline, known, {})
        return
    with pytest.raises(click.ClickException, match=said):
        ParameterHooks().before_pipeline_run(pipeline, known, {})


def tuned_options(folder, *members, asked, found=()):
    """Return a catalog of a recipe whose members read the options of a search, where `asked` says so."""
    for member in found:
        (folder / f"tuned_{member}.json").write_text("{}")
    tuned = {
        f"horizons.tuned_options_{member}": TunedDataset(
            filepath=str(folder / f"tuned_{member}.json"), member=member, used=asked
        )
        for member in members
    }
    return Catalog({**tuned, "params:tuned": asked})


def run_tuned(catalog, inputs=None, **run_params):
    pipeline = SimpleNamespace(inputs=lambda: set(catalog if inputs is None else inputs))
    ParameterHooks().before_pipeline_run(pipeline, catalog, run_params)


@pytest.mark.parametrize("asked", [False, True, "tcn", "tcn+lstm"])
def test_options_that_a_search_found_may_be_asked_for(tmp_path, asked):
    run_tuned(tuned_options(tmp_path, "tcn", "lstm", asked=asked, found=("tcn", "lstm")))


def test_options_that_nobody_searched_are_refused_with_the_command_that_finds_them(tmp_path):
    run_tuned(tuned_options(tmp_path, "tcn", "lstm", asked="tcn", found=["tcn"]))
    typed = {"source": "files", "symbol": "ETHUSDT", "tuned": True}
    with pytest.raises(click.ClickException) as refused:
        run_tuned(
            tuned_options(tmp_path, "tcn", "lstm", asked=True, found=["tcn"]), env="cuda",
            pipeline_names=["horizons"], runtime_params=typed,
        )  # fmt: skip
    assert refused.value.message == (
        "tuned options of lstm must be stored when tuned asks for them, got none: kedro run --pipelines=tune "
        "--env=cuda --params source=files,symbol=ETHUSDT,member=horizons.lstm,n_trials=50"
    )


def test_a_member_that_a_run_does_not_train_is_refused_by_name(tmp_path):
    with pytest.raises(click.ClickException, match=r"of lstm, tcn, got nbeat: correct the names"):
        run_tuned(tuned_options(tmp_path, "tcn", "lstm", asked="tcn+nbeat", found=["tcn"]))


@pytest.mark.parametrize(
    ("reads", "switches", "said"),
    [
        ("features_tda_index", {}, ""),
        ("features_tabular", {"n_rows": 2700}, ""),
        ("features_tda_index", {"n_rows": 2700}, "n_rows must be null for a walk that reads features_tda,"),
        ("features_tabular", {"tuned": "nbeats"}, "tuned must be left out of a walk forward, got nbeats"),
    ],
)
def test_a_walk_needs_rows_that_a_study_leaves_out_and_no_search_has_seen(reads, switches, said):
    nodes = [
        SimpleNamespace(tags={"walk_forward"}, inputs=["trigger.walk_nbeats", reads]),
        SimpleNamespace(tags={"features_tda"}, inputs=["features_tda_index"]),
    ]
    pipeline = SimpleNamespace(inputs=lambda: {"trigger.walk_nbeats"}, nodes=nodes)
    given = {"tuned": False, "n_rows": None} | switches
    catalog = Catalog({"trigger.walk_nbeats": None} | {f"params:{name}": one for name, one in given.items()})
    if not said:
        ParameterHooks().before_pipeline_run(pipeline, catalog, {})
        return
    with pytest.raises(click.ClickException, match=said):
        ParameterHooks().before_pipeline_run(pipeline, catalog, {})


@pytest.mark.parametrize("tuned", [False, True, "lightgbm"])
def test_an_ablation_fits_all_its_variants_by_the_options_of_the_recipe(tuned):
    pipeline = SimpleNamespace(inputs=lambda: {"trigger.ablation_fits_lightgbm"}, nodes=[])
    catalog = Catalog({"trigger.ablation_fits_lightgbm": None, "params:tuned": tuned})
    if not tuned:
        ParameterHooks().before_pipeline_run(pipeline, catalog, {})
        return
    with pytest.raises(click.ClickException, match=f"tuned must be left out of an ablation, got {tuned}"):
        ParameterHooks().before_pipeline_run(pipeline, catalog, {})


def test_an_export_without_its_packages_is_refused_before_any_node(monkeypatch):
    monkeypatch.setattr("topoquant.lib.training.onnx_packages.find_spec", lambda name: None)
    pipeline = SimpleNamespace(inputs=lambda: {"params:export_onnx"})
    ParameterHooks().before_pipeline_run(pipeline, Catalog({"params:export_onnx": False}), {})
    with pytest.raises(click.ClickException, match=r"pip install 'topoquant\[onnx\]'"):
        ParameterHooks().before_pipeline_run(pipeline, Catalog({"params:export_onnx": True}), {})


def market(**given):
    return {"trigger": {"market": given}}


def test_names_of_ones_own_fit_into_an_empty_mapping(check):
    got = check(**market(macro={"dxy": "dxy.csv"}, references={"ETHUSDT": None}))["trigger"]["market"]
    assert got.macro == {"dxy": "dxy.csv"}
    assert got.references == {"ETHUSDT": None}


def pretraining(**given):
    return {"trigger": {"nbeats": {"fit": {"pretraining": given}}}}


def test_a_block_that_is_absent_can_be_typed_whole(check):
    block = {"temperature": 0.2, "n_epochs": 2, "batch_size": 64, "learning_rate": 0.001, "patience": 2,
             "width": 8, "look_back": None, "l2": 1.0}  # fmt: skip
    assert check()["trigger"]["nbeats"]["fit"].pretraining is None
    got = check(**pretraining(**block))["trigger"]["nbeats"]["fit"].pretraining
    assert (got.temperature, got.look_back) == (0.2, None)


def test_an_environment_that_fills_the_mapping_leaves_it_open(check, project, tmp_path):
    for folder in ("base", "local"):
        (tmp_path / folder).symlink_to(project / "conf" / folder)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "parameters.yml").write_text("trigger: {market: {macro: {vix: vix.csv}}}\n")
    loader = OmegaConfigLoader(
        conf_source=str(tmp_path), env="mine", **CONFIG_LOADER_ARGS,
        runtime_params=market(macro={"dxy": "dxy.csv"}),
    )  # fmt: skip
    context = Context(env="mine", config_loader=loader, pipelines={})
    ParameterHooks().after_context_created(context)
    assert context.params["trigger"]["market"]["macro"] == {"vix": "vix.csv", "dxy": "dxy.csv"}


def test_the_environment_still_decides_where_data_go(project):
    loader = OmegaConfigLoader(conf_source=str(project / "conf"), env="local", **CONFIG_LOADER_ARGS)
    ParameterHooks().after_context_created(
        Context(env="local", config_loader=loader, pipelines={})
    )  # fmt: skip
    assert "/local/synthetic-SYN/" in loader["catalog"]["{recipe}.bars"]["filepath"]


def test_nothing_typed_passes(check):
    got = check()["trigger"]["market"]
    assert (got.macro, got.references) == ({}, {})


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        (market(macros={"dxy": "dxy.csv"}), ["market.macros.dxy", "did you mean trigger.market.macro"]),
        (market(macro={"dxy": {"path": "dxy.csv"}}), ["trigger.market.macro.dxy must be a valid string"]),
        (market(macro={"dxy": None}), ["trigger.market.macro.dxy must be a valid string, got None"]),
        (market(macro="dxy.csv"), ["trigger.market.macro must be a valid dictionary", "got 'dxy.csv'"]),
        (market(intervall="1h"), ["did you mean trigger.market.interval"]),
        (market(correlation=1), ["trigger.market.correlation must be less than 1, got 1"]),
        (market(drop_last="maybe"), ["trigger.market.drop_last must be a valid boolean", "got 'maybe'"]),
        ({"trigger": {"majority": {"options": {"x": 1}}}}, ["trigger.majority.options.x must be", "got 1"]),
        (
            {"trigger": {"label": {"threshold": 0.01}}},
            ["trigger.label: label must be given exactly one of threshold and rate, got 0.01 and 0.109"],
        ),
        (
            {"trigger": {"features_tabular": {"functions": [{"function": "nowhere:at_all"}]}}},
            ["trigger.features_tabular.functions.0: function must be", "nowhere:at_all", "next to pyproject"],
        ),
        (pretraining(temperature=0.2), ["trigger.nbeats.fit.pretraining.n_epochs must be given"]),
        (pretraining(warmth=0.2), ["trigger.nbeats.fit.pretraining"]),
        ({"trigger": {"label": {"threshold": {"x": 1}}}}, ["trigger.label.threshold", "got {'x': 1}"]),
        ({"source": "files"}, ["path must be a file or folder when source=files"]),
    ],
)  # fmt: skip
def test_a_mistake_is_one_line(check, typed, said):
    line = check(**typed)
    assert isinstance(line, str)
    assert "\n" not in line
    for words in said:
        assert words in line


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        (
            {"logret_7": {"label": {"horizon": 14}}},
            "horizons.logret_7.label.horizon must be 7, as the view is called, got 14: keep it",
        ),
        (
            {"label": {"horizons": [1, 14, 30]}},
            r"horizons.label.horizons must be 1, 7, 30, one per view, got \[1, 14, 30\]: keep it",
        ),
        (
            {"label": {"reference": "close"}},
            "horizons.label.reference must be open, which views are measured from, got close",
        ),
        ({"logret_14": {"label": {"horizon": 14}}}, "must be one of the declared parameters"),
        ({"label": {"horizons": [7, 1]}}, "horizons must be distinct numbers of bars, shortest first"),
    ],
)
def test_horizons_are_those_of_the_views(check, typed, said):
    assert re.search(said, check(horizons=typed))


def test_adaptive_weights_learn_at_one_over_the_horizon_of_their_own_target(check):
    for typed in ({}, {"trigger": {"label": {"horizon": 16}}}, {"move": {"label": {"horizon": 2}}}):
        got = check(**typed)
        blocks = [got[recipe] for recipe in ("trigger", "direction", "barrier", "move")]
        blocks += [got["horizons"][view] for view in ("logret_1", "logret_7", "logret_30")]
        for block in blocks:
            assert block["ensemble"].adaptation.rate == pytest.approx(1 / block["label"].horizon)
    own = check(trigger={"ensemble": {"adaptation": {"rate": 0.5}}})
    assert own["trigger"]["ensemble"].adaptation.rate == 0.5


@pytest.mark.parametrize("horizon", [0, -4, "soon", None])
def test_a_horizon_that_has_no_reciprocal_is_refused_where_it_belongs(check, horizon):
    refusal = check(trigger={"label": {"horizon": horizon}})
    assert "trigger.label.horizon" in refusal
    assert "rate" not in refusal
