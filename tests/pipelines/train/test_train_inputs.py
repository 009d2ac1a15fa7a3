"""A member says which families feed each of its inputs, and whether every fold chooses its columns."""

import numpy as np
import pandas as pd
import pytest
from kedro.pipeline import Pipeline
from kedro.validation.type_extractor import TypeExtractor

from topoquant.lib.bars import MarketOptions
from topoquant.lib.errors import InputError
from topoquant.lib.labeling import TARGETS, TriggerOptions
from topoquant.lib.models import MODELS, LogisticOptions
from topoquant.lib.sampling import SplitOptions
from topoquant.lib.training import FitOptions, SelectionOptions
from topoquant.pipelines.train import create_pipeline

N = 240


def pipeline(model: str, **inputs) -> Pipeline:
    return create_pipeline("one", model, target_options=TARGETS["trigger"], **inputs)


def datasets(made: Pipeline) -> set[str]:
    return {name for name in made.inputs() if not name.startswith("params:")} - {
        "splits",
        "development_targets",
        "checkpoints_one",
        "target",
    }


def test_every_family_brings_its_datasets():
    made = pipeline("nbeats", sequence="tabular", static=("tda", "complexity"), window="gaf")
    assert datasets(made) == {
        *("features_tabular", "features_tda", "features_tda_index", "features_tda_columns"),
        *("features_complexity", "features_gaf", "features_gaf_index"),
    }
    assert "params:window" in made.inputs()
    assert datasets(pipeline("logistic", static="blind")) == {"features_blind"}
    assert "params:window" not in pipeline("logistic", static="blind").inputs()
    assert datasets(pipeline("majority")) == set()


def test_a_family_that_does_not_exist_is_refused():
    with pytest.raises(InputError, match="families of one must be of tabular"):
        pipeline("logistic", static=("tda", "entropy"))


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("selection", [True, False])
@pytest.mark.parametrize("sequence", ["tabular", ()])
def test_every_option_has_its_own_type_whatever_is_absent(model, selection, sequence):
    made = pipeline(model, sequence=sequence, static="blind", selection=selection)
    found = TypeExtractor({})._extract_types_from_node(made.nodes[0])
    types = {name.rpartition(".")[2]: kind for name, kind in found.items()}
    expected = {
        "market": MarketOptions, "label": TARGETS["trigger"], "split": SplitOptions,
        "options": MODELS[model].options,
    }  # fmt: skip
    expected |= {"fit": FitOptions} if MODELS[model].is_torch else {}
    assert types == expected | ({"selection": SelectionOptions} if selection else {})


def test_joined_families_and_chosen_columns_reach_the_model(tmp_path):
    rng = np.random.default_rng(0)
    time = pd.date_range("2024-01-01", periods=N, freq="h", tz="UTC", unit="ns")
    keys = pd.DataFrame({"symbol": "SYN", "time": time})
    sets = np.repeat(["train", "val", "test"], [160, 40, 40])
    splits = keys.assign(
        t1=time + pd.Timedelta("1h"), set=sets, fold=np.where(sets == "train", np.arange(N) // 80, -1),
        kept=True,
    )  # fmt: skip
    signal = rng.normal(size=N)
    targets = splits.loc[sets != "test", ["symbol", "time", "t1"]].assign(
        target_id="t", label=(signal[:200] > 0).astype(float), ret=0.0, uniqueness=1.0
    )
    complexity = keys.assign(noise=rng.normal(size=N), entropy=signal).iloc[10:]
    inputs = {
        "splits": splits,
        "development_targets": targets,
        "checkpoints_one": tmp_path,
        "features_tabular": keys.assign(a=rng.normal(size=N), b=rng.normal(size=N)),
        "features_tda": rng.normal(size=(N, 2)).astype(np.float32),
        "features_tda_index": keys,
        "features_tda_columns": ["noise", "loops"],
        "features_complexity": complexity,
        "params:market": MarketOptions(
            interval="1h", n_bars=N, correlation=0.0, source_interval=None, format=None, time_zone=None,
            drop_last=False, max_move=None, references={}, macro={},
        ),
        "params:label": TriggerOptions(side="up", horizon=1, threshold=0.01, rate=None),
        "params:split": SplitOptions(train=0.7, val=0.15, n_folds=2, embargo=None),
        "params:seed": 1,
        "params:window": 3,
        "params:one.options": LogisticOptions(l2=1.0, n_iterations=100),
        "params:one.selection": SelectionOptions(
            n_features=1, n_neighbors=3, max_rows=200, adf_lags=1, adf_level=0.05
        ),
    }  # fmt: skip
    made = pipeline("logistic", sequence="tabular", static=("tda", "complexity"), selection=True)
    outputs = made.nodes[0].run({name: inputs[name] for name in made.nodes[0].inputs})
    record = outputs["training_one"]
    assert record["unmatched"] == {"static": {"tda": 10, "complexity": 0}}
    assert record["dropped"] == {"no_t1": 0, "warm_up": 10, "gap": 0}
    assert record["n_features"] == 2
    assert b'"entropy"' in outputs["model_one"]["selection.json"]
    assert b"tda_noise" in outputs["model_one"]["options.json"]
    held_out = outputs["predictions_one"].merge(targets[["time", "label"]], on="time")
    assert ((held_out["p_label"] > 0.5) == (held_out["label"] == 1)).mean() > 0.8
    assert outputs["history_one"].empty
    assert list(tmp_path.iterdir()) == []
