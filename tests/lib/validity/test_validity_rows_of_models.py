"""Who predicted a row, and what it was joined with."""

import numpy as np
import pandas as pd
import pytest

from topoquant.lib.validity import check_fold_models, check_key_alignment


def member(n=60, seed=0):
    time = pd.date_range("2024-01-01", periods=n, freq="h", tz="UTC")
    place = np.arange(n) / n
    name = np.select([place < 0.6, place < 0.8], ["train", "val"], "test").astype(object)
    fold = np.where(name == "train", (place / 0.6 * 3).astype(int), -1)
    return pd.DataFrame(
        {
            "symbol": "SYN", "time": time, "set": name, "fold": fold,
            "logit_label": np.random.default_rng(seed).normal(size=n),
            "model_hash": [f"m{one}" for one in fold],
        }
    )  # fmt: skip


def test_a_model_for_each_fold_passes():
    found = check_fold_models(member(), name="fold models, nbeats")
    assert (found.name, found.status) == ("fold models, nbeats", "ok")
    assert found.finding.startswith("3 models")


def test_wrong_models_are_named():
    rows = member()
    train = rows["set"] == "train"
    rng = np.random.default_rng(1)
    shuffled = rows["model_hash"].where(~train, rng.choice(["m0", "m1", "m2"], len(rows)))
    one = rows["model_hash"].where(rows["fold"] != 1, "m-1")
    refitted = rows["model_hash"].where(~train, "all")
    for hashes, words in (
        (shuffled, "several models"),
        (one, "that of val and test"),
        (refitted, "several folds"),
    ):
        found = check_fold_models(rows.assign(model_hash=hashes))
        assert found.status == "leak"
        assert words in found.finding
    assert check_fold_models(rows.assign(model_hash=one)).numbers["n_final"] == (rows["fold"] == 1).sum()


def test_a_constant_may_be_shared():
    rows = member().assign(logit_label=-2.0, model_hash="base rate")
    assert check_fold_models(rows).status == "ok"


def test_tables_of_values_are_checked_by_their_values():
    rows = member().rename(columns={"logit_label": "value_logret_7"}).assign(value_logret_1=0.0)
    assert check_fold_models(rows).finding.startswith("3 models")
    assert check_fold_models(rows.assign(model_hash="all")).status == "leak"
    assert check_fold_models(rows.assign(model_hash="zero", value_logret_7=0.0)).status == "ok"


def by_key(tables):
    names = list(tables)
    joined = tables[names[0]][["symbol", "time", "logit_label"]]
    for name in names[1:]:
        joined = joined.merge(tables[name][["symbol", "time", "logit_label"]], on=["symbol", "time"])
    values = joined.filter(like="logit_label").mean(axis=1)
    return joined[["symbol", "time"]].assign(logit_label=values)


def sorted_then_by_position(tables):
    """Right as long as all have the same rows, in whatever order."""
    ordered = [table.sort_values("time", ignore_index=True) for table in tables.values()]
    n_rows = min(map(len, ordered))
    values = np.mean([table["logit_label"].to_numpy()[:n_rows] for table in ordered], axis=0)
    return ordered[0][["symbol", "time"]].iloc[:n_rows].assign(logit_label=values)


@pytest.mark.parametrize("seed", range(5))
def test_only_a_join_on_the_key_passes(seed):
    tables = {"a": member(seed=1), "b": member(seed=2), "c": member(seed=3)}
    assert check_key_alignment(by_key, tables, seed=seed).status == "ok"
    found = check_key_alignment(sorted_then_by_position, tables, seed=seed)
    assert found.status == "leak"
    assert set(found.numbers["changed"]) == set(tables)
    assert all(found.numbers["changed"].values())


def test_a_row_that_appears_is_a_change():
    def renamed(tables):
        n_missing = 61 - len(tables["a"])
        return tables["a"].assign(time=tables["a"]["time"] + n_missing * pd.Timedelta("1min"))

    tables = {"a": member(61)}
    assert check_key_alignment(renamed, tables, seed=0).status == "leak"
