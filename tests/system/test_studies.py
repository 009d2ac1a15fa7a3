"""The recipes `direction`, `move` and `barrier` go the whole way on made-up bars, by what they stored."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from topoquant.pipeline_registry import RECIPES
from topoquant.schemas import PREDICTIONS, SPLITS

pytestmark = pytest.mark.system
WORDS = {"too_little_data", "flat_model", "no_edge", "edge"}
SYMBOLS = ("AAA", "BBB", "CCC")
PLACES = {
    "direction": "direction/local/synthetic-SYN",
    "move": f"move/local/synthetic-{'+'.join(SYMBOLS)}",
    "barrier": "barrier/local/synthetic-SYN",
}
IMAGE_MEMBERS = ("gaf_cnn_15", "gaf_cnn_30", "gaf_cnn_60")
SHORT = ",".join(
    f"direction.{name}.fit.n_epochs=1" for name in (*IMAGE_MEMBERS, "conv1d", "hybrid")
)  # the sizes of a smoke run are for two minutes; these are for one
SIZES = {
    "direction": (
        "n_rows=200,direction.market.n_bars=3000,direction.label.horizon=4,direction.features_tda.windows=[48],"
        "direction.features_tda.n_bins=10,direction.features_tda.n_layers=2,direction.backtest.n_random=20,"
        f"{SHORT},direction.power.n_surrogates=1,direction.power.n_injections=1,direction.power.strengths=[0.3]"
    ),
    "move": (
        f"symbol={'+'.join(SYMBOLS)},n_rows=600,move.market.n_bars=3000,move.label.horizon=4,"
        "move.label.threshold=0.001,move.transformer.fit.n_epochs=4,move.backtest.n_random=20,"
        "move.power.n_surrogates=1,move.power.n_injections=1,move.power.strengths=[0.3]"
    ),
    "barrier": (
        "n_rows=400,barrier.market.n_bars=4000,barrier.label.horizon=8,barrier.trend.fit.n_epochs=1,"
        "barrier.trend.fit.pretraining.n_epochs=1,barrier.mean_reversion.fit.n_epochs=1,"
        "barrier.trend.draws.n_draws=5,barrier.trend.draws.n_rows=50,barrier.backtest.n_random=20,"
        "barrier.power.n_surrogates=1,barrier.power.n_injections=1,barrier.power.strengths=[0.3]"
    ),
}
REFUSED = {
    "window": ("direction", "direction.window=100000", ("direction.window must be in [1, ", "got 100000")),
    "images": (
        "direction", "direction.features_gaf.windows=[90000]",
        ("direction.features_gaf.windows must be in [1, ", "got 90000"),
    ),
    "image size": (
        "direction", "direction.gaf_cnn_15.options.size=4",
        ("direction.gaf_cnn_15.options.size must be greater than or equal to 8", "got 4"),
    ),
    "member": (
        "direction", "direction.gaf_cnn_45.options.size=16",
        ("direction.gaf_cnn_45", "must be one of the declared parameters", "did you mean"),
    ),
    "alpha": ("move", "move.transformer.fit.loss.alpha=1.5", ("move.transformer.fit.loss.alpha", "got 1.5")),
    "filter": ("move", "move.label.volume_window=null", ("volume_window and min_volume_ratio",)),
}  # fmt: skip


@pytest.fixture(scope="module")
def answers(once, copied_project: Callable, run_commands: Callable) -> dict[str, Any]:
    """What the recipes and the mistakes printed, run in one process in a copy of the project."""

    def make(folder: Path) -> dict[str, Any]:
        copy, root = copied_project(folder / "project"), folder / "data"
        commands = {
            name: ["run", f"--pipelines={name}", "--params", f"data_root={root},{sizes}"]
            for name, sizes in SIZES.items()
        }
        refused = folder / "refused"
        for name, (recipe, switch, _) in REFUSED.items():
            params = f"data_root={refused},{recipe}.market.n_bars=1000,{switch}"
            commands[name] = ["run", f"--pipelines={recipe}", "--params", params]
        commands["training"] = [
            "run", "--pipelines=train_gaf_cnn_45", "--params", f"data_root={refused}",
        ]  # fmt: skip
        return {"data": str(root), **run_commands(commands, folder / "commands", copy)}

    return once("studies", make)


@pytest.fixture(scope="module")
def stored(answers) -> Callable[[str, str], Any]:
    """Return a function: recipe and path below its layers -> the table or document."""

    def load(recipe: str, name: str) -> Any:
        layer, _, file = name.partition("/")
        path = Path(answers["data"]) / layer / PLACES[recipe] / file
        return pd.read_parquet(path) if path.suffix == ".parquet" else json.loads(path.read_text())

    return load


@pytest.fixture(scope="module")
def predictions(stored) -> Callable[[str], dict[str, pd.DataFrame]]:
    """Return a function: recipe -> its prediction tables by member."""

    def load(recipe: str) -> dict[str, pd.DataFrame]:
        one = RECIPES[recipe]
        names = (*one.members, *one.baselines, "ensemble")
        return {name: stored(recipe, f"07_model_output/predictions_{name}.parquet") for name in names}

    return load


@pytest.mark.parametrize("recipe", SIZES)
def test_the_recipe_reaches_a_verdict_and_finds_no_leak(answers, stored, recipe):
    answer = answers[recipe]
    assert answer["status"] == 0, answer["stderr"][-3000:]
    assert stored(recipe, "08_reporting/verdict.json")["word"] in WORDS
    assert answer["stdout"].strip().splitlines()[-1].startswith("verdict: ")
    folder = Path(answers["data"]) / "08_reporting" / PLACES[recipe]
    paths = [path for path in folder.glob("findings_*.json") if "fingerprint" not in path.name]
    found = [one for path in paths for one in json.loads(path.read_text())]
    assert len(found) > 10
    assert {one["status"] for one in found} <= {"ok", "warning"}


@pytest.mark.parametrize("recipe", SIZES)
def test_members_of_different_windows_meet_on_the_key(predictions, recipe):
    tables = predictions(recipe)
    for table in tables.values():
        PREDICTIONS.validate(table)
    assert len({table["target_id"].iloc[0] for table in tables.values()}) == 1
    joined = tables["ensemble"][["symbol", "time"]]
    for name in RECIPES[recipe].members:
        keys = tables[name][["symbol", "time"]]
        assert len(joined.merge(keys, on=["symbol", "time"])) == len(joined), name


@pytest.mark.parametrize("recipe", SIZES)
def test_every_member_leaves_its_files(answers, recipe):
    models = Path(answers["data"]) / "06_models" / PLACES[recipe]
    figures = Path(answers["data"]) / "08_reporting" / PLACES[recipe]
    for name in RECIPES[recipe].members:
        assert (models / name / "options.json").exists(), name
        assert (models / f"card_{name}.md").exists(), name
        assert len(pd.read_parquet(models / f"history_{name}.parquet")), name
        assert (figures / f"figure_training_{name}.json").exists(), name


def test_images_of_three_windows_are_made_of_one_stored_window(stored):
    ranges = stored("direction", "04_feature/image_ranges.json")
    assert len(ranges["channels"]) == 6
    trained = {name: stored("direction", f"06_models/training_{name}.json") for name in IMAGE_MEMBERS}
    for record in trained.values():
        assert record["n_parameters"] == 389_345
    kept = {name: record["n_train_rows"] for name, record in trained.items()}
    assert len(set(kept.values())) == 1, kept


def test_symbols_are_cut_at_the_same_instants_and_purged_across(stored):
    splits = stored("move", "03_primary/splits.parquet")
    SPLITS.validate(splits)
    by_symbol = splits.groupby(["set", "symbol"])["time"].agg(["min", "max"])
    for name in ("train", "val", "test"):
        assert by_symbol.loc[name].nunique().tolist() == [1, 1], name
    of = {name: splits.loc[splits["set"] == name] for name in ("train", "val", "test")}
    assert of["train"]["t1"].max() < of["val"]["time"].min()
    assert of["val"]["t1"].max() < of["test"]["time"].min()


def test_one_model_is_fitted_on_the_rows_of_all_symbols(stored, predictions):
    table = predictions("move")["transformer"]
    assert set(table["symbol"]) == set(SYMBOLS)
    final = table.loc[table["set"] == "test"]
    assert len(set(final["model_hash"])) == 1
    n_train = (table["set"] == "train").sum()
    assert stored("move", "06_models/training_transformer.json")["n_train_rows"] == n_train
    targets = stored("move", "03_primary/development_targets.parquet")
    # A row shares its four bars with three rows of its own symbol at most; those of others take nothing.
    assert targets["uniqueness"].min() >= 0.25 - 1e-9
    assert stored("move", "03_primary/label_summary.json")["dropped"]["filtered"] > 0


def test_rows_by_symbol_stand_beside_the_pooled_row(answers, stored):
    pooled = {row["name"]: row for row in stored("move", "08_reporting/model_scores.json")}
    rows = stored("move", "08_reporting/symbol_scores.json")
    assert {row["symbol"] for row in rows} == set(SYMBOLS)
    for name in ("transformer", "lightgbm", "ensemble"):
        own = [row for row in rows if row["name"] == name]
        assert len(own) == len(SYMBOLS)
        assert sum(row["n"] for row in own) == pooled[name]["n"]
        mean = sum(row["n"] * row["log_loss"] for row in own) / pooled[name]["n"]
        assert mean == pytest.approx(pooled[name]["log_loss"], rel=1e-9)
    page = Path(answers["data"]) / "08_reporting" / PLACES["move"] / "report.html"
    assert 'id="symbols"' in page.read_text()
    assert stored("direction", "08_reporting/symbol_scores.json") == []


@pytest.mark.parametrize("name", REFUSED)
def test_a_mistake_ends_in_one_line(answers, name):
    last = answers[name]["stderr"].strip().splitlines()[-1]
    assert answers[name]["status"] == 1
    assert last.startswith("Error: "), last
    for said in REFUSED[name][2]:
        assert said in last


def test_a_member_that_does_not_exist_is_refused(answers):
    last = answers["training"]["stderr"].strip().splitlines()[-1]
    assert answers["training"]["status"] != 0
    assert "train_gaf_cnn_45" in last
    assert "train_gaf_cnn_15" in last
