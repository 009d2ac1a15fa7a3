"""The recipe of several horizons, whole and small, as a person runs it; asserted on what it stored."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from topoquant.pipeline_registry import RECIPES
from topoquant.schemas import PREDICTIONS, TARGETS

pytestmark = pytest.mark.system
RECIPE = RECIPES["horizons"]
VIEWS = {f"logret_{horizon}": horizon for horizon in RECIPE.horizons}
PLACE = "local/synthetic-SYN"
WORDS = {"too_little_data", "flat_model", "no_edge", "edge"}
SIZES = {
    "market.n_bars": 2000,
    "audit.n_cuts": 1,
    "audit.n_target_cuts": 4,
    "audit.n_blindness_rows": 300,
    "power.n_surrogates": 1,
    "power.n_injections": 1,
    "power.n_jobs": 1,
    "backtest.n_random": 20,
    "fast_path.model.n_trees": 20,
    "tcn.options.n_filters": 4,
    "lstm.options.hidden": 4,
    "transformer.options.width": 8,
    **{f"{name}.options.n_trees": 10 for name in ("lightgbm", "lightgbm_label", "volatility_lightgbm")},
    **{f"{name}.fit.n_epochs": 1 for name in ("dlinear", "tcn", "lstm", "transformer")},
}


@pytest.fixture(scope="module")
def horizons(project, once, copied_project):
    """The run: its folder of data and what it printed."""

    def make(folder: Path) -> dict:
        copy = copied_project(folder / "project")
        sizes = ",".join(f"horizons.{key}={value}" for key, value in SIZES.items())
        done = subprocess.run(
            [sys.executable, "-m", "kedro", "run", "--pipelines=horizons",
             "--params", f"data_root={folder / 'data'},{sizes}"],
            cwd=copy, capture_output=True, text=True, timeout=1800, check=False,
        )  # fmt: skip
        made = {"status": done.returncode, "stdout": done.stdout, "stderr": done.stderr}
        return {**made, "data": str(folder / "data")}

    made = once("horizons", make)
    assert made["status"] == 0, made["stderr"][-3000:]
    return made


def table(run, layer: str, name: str, view: str = "") -> pd.DataFrame:
    folder = Path(run["data"]) / layer / (f"horizons.{view}" if view else "horizons") / PLACE
    return pd.read_parquet(folder / f"{name}.parquet")


def document(run, name: str, view: str = ""):
    folder = Path(run["data"]) / "08_reporting" / (f"horizons.{view}" if view else "horizons") / PLACE
    return json.loads((folder / f"{name}.json").read_text())


def test_one_line_per_horizon_and_one_verdict_last(horizons):
    lines = horizons["stdout"].strip().splitlines()
    verdict = document(horizons, "verdict")
    assert verdict["word"] in WORDS
    assert lines[-1].startswith(f"verdict: {verdict['word']}")
    assert sum(line.startswith("verdict: ") for line in lines) == 1
    assert [line.split()[0] for line in lines[-5:-2]] == list(VIEWS)
    for view, line in zip(VIEWS, lines[-5:-2], strict=True):
        assert line.split()[1] == document(horizons, "verdict", view)["word"]


@pytest.mark.parametrize(("view", "horizon"), VIEWS.items())
def test_targets_of_a_view_are_the_signs_of_the_values(horizons, view, horizon):
    for name in ("development_targets", "test_targets"):
        values = table(horizons, "03_primary", name)
        labels = table(horizons, "03_primary", name, view)
        TARGETS.validate(labels)
        both = labels.merge(values[["symbol", "time", f"logret_{horizon}"]], on=["symbol", "time"])
        assert len(both) == len(values)
        assert (both["label"] == (both[f"logret_{horizon}"] > 0)).all()
        assert np.allclose(np.log1p(both["ret"]), both[f"logret_{horizon}"])
        assert (labels["t1"] - labels["time"] == horizon * pd.Timedelta("1D")).all()


@pytest.mark.parametrize(("view", "horizon"), VIEWS.items())
@pytest.mark.parametrize("member", [*RECIPE.members, "ridge"])
def test_a_view_of_a_member_ranks_as_its_forecast(horizons, view, horizon, member):
    values = table(horizons, "07_model_output", f"predictions_{member}")
    seen = table(horizons, "07_model_output", f"predictions_{member}", view)
    PREDICTIONS.validate(seen)
    assert list(seen["time"]) == list(values["time"])
    assert seen["target_id"].unique().tolist() == [f"direction-{horizon}"]
    # One model and one scale: val and test rows, and every fold for itself.
    for _, rows in seen.groupby("fold"):
        forecast = values.loc[rows.index, f"value_logret_{horizon}"].to_numpy()
        order = np.argsort(forecast, kind="stable")
        assert (np.diff(rows["logit_label"].to_numpy()[order]) >= 0).all()
        assert (np.sign(rows["logit_label"]) == np.sign(forecast)).all()


def test_a_month_has_too_little_data_by_the_common_rule(horizons):
    verdict = document(horizons, "verdict", "logret_30")
    assert verdict["word"] == "too_little_data"
    assert verdict["numbers"]["rarer_class_uniqueness"] < 30


def test_no_check_of_any_view_found_a_leak(horizons):
    folder = Path(horizons["data"]) / "08_reporting"
    files = [
        path
        for path in folder.glob(f"horizons*/{PLACE}/findings_*.json")
        if not path.name.endswith(".fingerprint.json")
    ]
    assert len(files) > 30
    for path in files:
        assert {one["status"] for one in json.loads(path.read_text())} <= {"ok", "warning"}, path


def test_regression_is_scored_per_member_horizon_and_set(horizons):
    rows = document(horizons, "regression")
    names = [*RECIPE.baselines, *RECIPE.members, "ensemble"]
    assert {(row["name"], row["horizon"], row["set"]) for row in rows} == {
        (name, horizon, part) for name in names for horizon in RECIPE.horizons for part in ("val", "test")
    }
    zero = [row for row in rows if row["name"] == "zero"]
    assert all(row["r2_zero"] == 0 and row["directional_accuracy"] == 0.5 for row in zero)
    effective = {row["horizon"]: row["effective_n"] for row in rows if row["set"] == "test"}
    assert effective[1] > 5 * effective[7] > 15 * effective[30]


@pytest.mark.parametrize(("view", "horizon"), VIEWS.items())
def test_intervals_of_the_mean_are_measured_on_every_test_row_that_has_a_volatility(horizons, view, horizon):
    ((name, found),) = document(horizons, "conformal", view).items()
    assert name == f"logret_{horizon}"
    targets = table(horizons, "03_primary", "test_targets", view)
    assert found["online"][-1]["n"] + found["n_left_out"] <= len(targets)
    assert found["online"][-1]["n"] > 0
    # Longer horizons move further.
    widths = [document(horizons, "conformal", one)[one]["online"][-1]["median_width"] for one in VIEWS]
    known = [one for one in widths if one is not None]
    assert known == sorted(known)


def test_trials_of_all_horizons_deflate_every_sharpe_ratio(horizons):
    trials = {document(horizons, "trials", view)["n_trials"] for view in VIEWS}
    n_of_a_view = len(RECIPE.members) + len(RECIPE.viewed) + len(RECIPE.view_baselines) + 1
    assert trials == {len(VIEWS) * n_of_a_view}


def test_every_page_stands_alone(horizons):
    pages = list((Path(horizons["data"]) / "08_reporting").glob(f"horizons*/{PLACE}/report.html"))
    assert len(pages) == 1 + len(VIEWS)
    for path in pages:
        page = path.read_text().replace('<link rel="icon" href="data:,">', "")
        assert "Log-returns" in page
        for remote in ("src=", "<link", "@import", "url(", "fetch(", "XMLHttpRequest"):
            assert remote not in page
