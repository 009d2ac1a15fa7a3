"""An ablation of the default recipe's booster, and its figure."""

import numpy as np
import pandas as pd
import pytest

from topoquant.families import family_tables, stored_roles
from topoquant.lib.ablation import AblationOptions, PartOptions
from topoquant.lib.errors import InputError


@pytest.fixture(scope="module")
def asked():
    parts = {
        "returns": PartOptions(family="tabular", sets=("price",)),
        "others": PartOptions(family="tabular", sets=("volume", "technical")),
        "tda": PartOptions(family="tda"),
    }
    return AblationOptions(parts=parts, n_seeds=2)


@pytest.fixture(scope="module")
def ablation(run_beside, asked, tmp_path_factory):
    folder = tmp_path_factory.mktemp("ablation")
    return run_beside("ablate", "ablate_lightgbm", ablation=asked, ablation_fits_lightgbm=folder)


def test_every_variant_is_scored_on_the_same_train_and_val_rows(ablation, made):
    table, found = ablation["ablation_lightgbm"], ablation["ablation_findings_lightgbm"]
    assert isinstance(table, pd.DataFrame)
    assert table.to_parquet()  # what it says can be stored
    assert [part["name"] for part in found["parts"]] == ["returns", "others", "tda", "complexity"]
    assert [part["n_columns"] for part in found["parts"][:2]] == [4, 10]
    sizes = {shown: set(n) for shown, n in table.groupby("set")["n"]}
    assert sizes == {"oof": {found["rows"]["train"]}, "val": {found["rows"]["val"]}}
    splits = made("splits")
    used = splits.loc[splits["kept"] & splits["set"].isin(["train", "val"])]
    assert sum(map(len, sizes.values())) == 2
    n_dropped = sum(found["rows"]["dropped"].values())
    assert found["rows"]["train"] + found["rows"]["val"] + n_dropped == len(used)
    assert found["n_train_rows"] == (splits["set"] == "train").sum() > found["rows"]["train"]


def test_its_numbers_are_finite_where_there_are_enough_rows(ablation):
    table = ablation["ablation_lightgbm"]
    numbers = table[["log_loss", "auc", "gain", "gain_low", "lost", "lost_high", "over_blind"]]
    assert np.isfinite(numbers.to_numpy()).all()
    assert table.loc[table["kind"] == "reference", "over_blind"].eq(0).all()


def test_its_figure_has_a_row_for_every_part(ablation, run_beside):
    figure = run_beside("ablate", "draw_ablation_lightgbm", **ablation)["figure_ablation_lightgbm"]
    shown = {name for trace in figure.data if trace.mode == "markers" for name in trace.y}
    assert {"returns", "others", "tda", "complexity", "all", "sign-blind", "+ tda"} <= shown


def test_a_part_that_these_bars_cannot_give_is_refused(run_beside, tmp_path):
    parts = {"takers": PartOptions(family="tabular", columns=("taker_*",))}
    with pytest.raises(
        InputError, match=r"ablation\.parts\.takers must be of one or more columns of tabular"
    ):
        run_beside(
            "ablate", "ablate_lightgbm", ablation=AblationOptions(parts=parts, n_seeds=2),
            ablation_fits_lightgbm=tmp_path,
        )  # fmt: skip


def test_families_are_tables_each_by_itself_windows_made_into_columns():
    keys = pd.DataFrame({"symbol": "SYN", "time": pd.date_range("2024-01-01", periods=2, freq="h", tz="UTC")})
    datasets = {
        "features_tda": np.ones((2, 1)), "features_tda_index": keys, "features_tda_columns": ["h1"],
        "features_gaf": np.array([[1.0, 2.0], [3.0, 5.0]]), "features_gaf_index": keys,
        "features_blind": keys.assign(range=[1.0, 2.0]),
    }  # fmt: skip
    roles = stored_roles("lightgbm", sequence=(), static=("tda", "blind"), window="gaf")
    tables = family_tables(roles, datasets, lambda values, index: index.assign(last=values[:, -1]))
    assert {role: list(named) for role, named in tables.items()} == {
        "sequence": [], "static": ["tda", "blind"], "window": ["gaf"]
    }  # fmt: skip
    assert tables["static"]["tda"]["h1"].tolist() == [1.0, 1.0]
    assert tables["window"]["gaf"]["last"].tolist() == [2.0, 5.0]
