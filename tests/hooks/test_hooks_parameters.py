"""What is typed after --params is checked against conf/base before anything runs."""

import sys
from types import SimpleNamespace

import click
import pytest
from kedro.config import OmegaConfigLoader
from kedro.validation.parameter_validator import ParameterValidator

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
    ParameterHooks().before_pipeline_run(pipeline, Catalog({"params:dask_address": address}))


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
        ParameterHooks().before_pipeline_run(pipeline, known)
        return
    with pytest.raises(click.ClickException, match=said):
        ParameterHooks().before_pipeline_run(pipeline, known)


def test_an_export_without_its_packages_is_refused_before_any_node(monkeypatch):
    monkeypatch.setattr("topoquant.lib.training.onnx_packages.find_spec", lambda name: None)
    pipeline = SimpleNamespace(inputs=lambda: {"params:export_onnx"})
    ParameterHooks().before_pipeline_run(pipeline, Catalog({"params:export_onnx": False}))
    with pytest.raises(click.ClickException, match=r"pip install 'topoquant\[onnx\]'"):
        ParameterHooks().before_pipeline_run(pipeline, Catalog({"params:export_onnx": True}))


def market(**given):
    return {"trigger": {"market": given}}


def test_names_of_ones_own_fit_into_an_empty_mapping(check):
    got = check(**market(macro={"dxy": "dxy.csv"}, references={"ETHUSDT": None}))["trigger"]["market"]
    assert got.macro == {"dxy": "dxy.csv"}
    assert got.references == {"ETHUSDT": None}


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
        ({"source": "files"}, ["path must be a file or folder when source=files"]),
    ],
)  # fmt: skip
def test_a_mistake_is_one_line(check, typed, said):
    line = check(**typed)
    assert isinstance(line, str)
    assert "\n" not in line
    for words in said:
        assert words in line
