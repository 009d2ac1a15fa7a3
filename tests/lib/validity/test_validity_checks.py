"""Leak checks: each passes on honest tables and catches the leak it is for."""

import numpy as np
import pandas as pd
import pytest

from topoquant.lib.errors import InputError
from topoquant.lib.validity import (
    Check,
    check_base_rates,
    check_blindness,
    check_drift,
    check_interval_overlap,
    check_join_keys,
    check_lineage,
    check_out_of_fold,
    check_prefix_invariance,
    permute_blocks,
    permuted_label_check,
    population_stability_index,
    roc_auc,
)

HOUR = pd.Timedelta("1h")
NONE = pd.Timedelta(0)


def make_splits(n=120, horizon=3, symbols=("A", "B")):
    time = pd.date_range("2024-01-01", periods=n, freq=HOUR, tz="UTC")
    place = np.arange(n) / n
    name = np.select([place < 0.6, place < 0.8], ["train", "val"], "test").astype(object)
    for border in (np.searchsorted(place, 0.6), np.searchsorted(place, 0.8)):
        name[border - horizon - 1 : border] = "purged"
    fold = np.where(name == "train", (place / 0.6 * 4).astype(int), -1)
    one = pd.DataFrame({"time": time, "t1": time + horizon * HOUR, "set": name, "fold": fold, "kept": True})
    return pd.concat([one.assign(symbol=symbol) for symbol in symbols], ignore_index=True)


def make_predictions(splits):
    return splits.loc[splits["set"].isin(["train", "val", "test"])].assign(target_id="up4", p_label=0.5)


def test_check_goes_through_its_record():
    check = Check("drift", "warning", "x moved", {"n": 1}, "features")
    assert Check.from_dict(check.to_dict()) == check
    with pytest.raises(InputError):
        Check("drift", "bad", "x", {}, "features")


def test_purged_splits_pass_and_unpurged_leak():
    splits = make_splits()
    assert check_interval_overlap(splits, embargo=3 * HOUR).status == "ok"
    last = splits["time"][splits["set"] == "train"].max()
    unpurged = splits.assign(t1=splits["t1"].where(splits["time"] != last, last + 6 * HOUR))
    found = check_interval_overlap(unpurged, embargo=3 * HOUR)
    assert found.status == "leak"
    assert found.numbers["train with val"] == 2


def test_overlap_equals_brute_force_across_symbols():
    rng = np.random.default_rng(0)
    start = pd.Timestamp("2024", tz="UTC") + HOUR * rng.integers(0, 300, 60)
    splits = pd.DataFrame({"symbol": rng.choice(["A", "B"], 60), "time": start, "fold": -1})
    splits["t1"] = splits["time"] + HOUR * rng.integers(0, 6, 60)
    splits["set"] = rng.choice(["train", "val", "test"], 60)
    found = check_interval_overlap(splits, embargo=NONE).numbers
    for pair, n_found in found.items():
        first, second = (splits.loc[splits["set"] == name] for name in pair.split(" with "))
        n_rows = sum(
            ((second["time"] <= row.t1) & (second["t1"] >= row.time)).any() for row in first.itertuples()
        )
        assert n_found == n_rows


def test_join_keys():
    splits = make_splits()
    honest = make_predictions(splits)
    assert check_join_keys({"a": honest, "b": honest.iloc[::2]}, splits).status == "ok"
    leaks = {
        "repeated keys": pd.concat([honest, honest.iloc[:1]]),
        "target ids": honest.assign(target_id="up8"),
        "set differs": honest.assign(set="train"),
        "fold differs": honest.assign(fold=0),
        "t1 differs": honest.assign(t1=honest["t1"] + HOUR),
        "splits does not have": honest.assign(symbol="C"),
    }
    for words, table in leaks.items():
        found = check_join_keys({"a": honest, "b": table}, splits)
        assert found.status == "leak"
        assert words in found.finding


def test_out_of_fold():
    splits = make_splits()
    honest = make_predictions(splits)
    assert check_out_of_fold(honest, splits).status == "ok"
    assert check_out_of_fold(honest.assign(fold=0), splits).status == "leak"
    assert check_out_of_fold(honest.assign(fold=-1), splits).status == "leak"
    assert check_out_of_fold(honest.assign(set="train"), splits).status == "leak"


def test_base_rates_warn_either_way_and_at_zero():
    for rate, status in ((0.10, "ok"), (0.16, "warning"), (0.06, "warning"), (0.0, "warning"), (None, "ok")):
        summary = {"rate": {"train": 0.10, "val": rate, "test": 0.10}}
        assert check_base_rates(summary, max_ratio=1.5).status == status
    with pytest.raises(InputError):
        check_base_rates(summary, max_ratio=0.5)


def make_bars(n=200, symbols=("A", "B")):
    rng = np.random.default_rng(0)
    time = pd.date_range("2024-01-01", periods=n, freq=HOUR, tz="UTC")
    parts = [pd.DataFrame({"symbol": s, "open_time": time, "close": rng.standard_normal(n)}) for s in symbols]
    return pd.concat(parts, ignore_index=True)


def table_of(make):
    def build(bars):
        close = bars.groupby("symbol")["close"]
        return pd.DataFrame(
            {"symbol": bars["symbol"], "time": bars["open_time"] + HOUR, "past": close.diff()}
        ).assign(other=make(bars, close))

    return build


LEAKS = {
    "centred window": lambda bars, close: close.transform(lambda c: c.rolling(5, center=True).mean()),
    "next bar": lambda bars, close: close.shift(-1),
    "whole-sample scale": lambda bars, close: bars["close"] / close.transform("std"),
    "back-fill": lambda bars, close: bars["close"].where(bars["close"] > 1).bfill(),
}


@pytest.mark.parametrize("make", LEAKS.values(), ids=LEAKS.keys())
def test_prefix_check_names_the_column_that_looks_ahead(make):
    found = check_prefix_invariance(table_of(make), make_bars(), [50, 90, 150], interval="1h")
    assert found.status == "leak"
    assert found.numbers["columns"] == ["other"]
    assert "2024-01" in found.finding


def test_prefix_check_passes_causal_columns_and_reports_every_cut():
    seen = []

    class Listener:
        def __enter__(self):
            return seen.append

        def __exit__(self, *args):
            return None

    causal = table_of(lambda bars, close: close.transform(lambda c: c.ewm(span=9).mean()))
    found = check_prefix_invariance(
        causal, make_bars(), [50, 199], interval="1h", rtol=0.0, progress=lambda total, unit: Listener()
    )
    assert found.status == "ok"
    assert found.numbers["n_compared"] == 2
    assert seen == [1, 1]


def test_prefix_check_catches_a_row_that_only_the_future_makes():
    def late(bars):
        whole = table_of(lambda bars, close: close.shift(1))(bars)
        return whole.groupby("symbol").head(len(bars) // 2 - 3).reset_index(drop=True)

    assert check_prefix_invariance(late, make_bars(), [50], interval="1h").status == "leak"


def test_prefix_check_without_rows_warns_and_bad_cuts_are_refused():
    nothing = table_of(lambda bars, close: close.shift(1))
    found = check_prefix_invariance(lambda bars: nothing(bars).iloc[:0], make_bars(), [5], interval="1h")
    assert found.status == "warning"
    with pytest.raises(InputError):
        check_prefix_invariance(nothing, make_bars(), [200], interval="1h")


def test_drift_by_hand_and_with_missing_values():
    reference, moved = np.repeat([0.0, 1.0], 50), np.repeat([0.0, 1.0], [25, 75])
    shares = (np.array([50.5, 50.5, 0.5]) / 101.5, np.array([25.5, 75.5, 0.5]) / 101.5)
    by_hand = ((shares[1] - shares[0]) * np.log(shares[1] / shares[0])).sum()
    assert population_stability_index(reference, moved, n_bins=2) == pytest.approx(by_hand)
    assert population_stability_index(reference, np.full(100, np.nan)) > 1
    table = pd.DataFrame({"still": reference, "moved": reference, "symbol": "A"})
    found = check_drift(table, table.assign(moved=moved + 5), alarm=0.25)
    assert found.status == "warning"
    assert list(found.numbers["worst"]) == ["moved", "still"]
    with pytest.raises(InputError):
        population_stability_index([], [1.0])


def test_permuting_keeps_blocks_and_labels():
    label = np.arange(23.0)
    found = permute_blocks(label, 5, seed=1)
    assert sorted(found) == label.tolist()
    # Of 22 neighbours, 4 meet where blocks meet and at most 5 at the seam of a turned block.
    assert (np.diff(found) == 1).sum() >= 13
    assert (permute_blocks(label, 5, seed=1) == found).all()
    with pytest.raises(InputError):
        permute_blocks(label, 23, seed=1)


def test_labels_permuted_in_blocks_of_a_day_do_not_keep_their_hour():
    hour = np.arange(60 * 24) % 24
    found = permute_blocks((hour >= 12).astype(float), 24, seed=3)
    rate = np.array([found[hour == one].mean() for one in range(24)])
    assert rate.min() > 0.2
    assert rate.max() < 0.8


def test_permuted_labels_pass_an_honest_score_and_catch_one_that_sees_the_label():
    rng = np.random.default_rng(0)
    time = pd.date_range("2024", periods=600, freq=HOUR, tz="UTC")
    rows = pd.concat([pd.DataFrame({"symbol": s, "time": time}) for s in "AB"], ignore_index=True)
    label, noise = rng.integers(0, 2, 1200), rng.standard_normal(1200)
    noise[:10] = np.nan
    honest = permuted_label_check(lambda y: noise, rows, label, block=20, seed=1)
    assert honest.status == "ok"
    assert honest.numbers["n"] == 1190
    assert permuted_label_check(lambda y: noise + 2 * y, rows, label, block=20, seed=1).status == "warning"
    below = permuted_label_check(lambda y: noise - 2 * y, rows, label, block=20, seed=1)
    assert "pooled" in below.finding


def test_who_only_tells_symbols_apart_does_not_rank_permuted_labels():
    rng = np.random.default_rng(0)
    time = pd.date_range("2024", periods=600, freq=HOUR, tz="UTC")
    rows = pd.concat([pd.DataFrame({"symbol": s, "time": time}) for s in "BA"], ignore_index=True)
    label = (rng.random(1200) < np.repeat([0.05, 0.4], 600)).astype(float)
    fold = np.tile(np.arange(600) // 300, 2)

    def rate_elsewhere(permuted):
        rates = pd.Series(permuted).groupby([rows["symbol"], fold]).mean()
        score = pd.Series([rates[one, 1 - held] for one, held in zip(rows["symbol"], fold, strict=True)])
        return (score - score.groupby(fold).transform("mean")).to_numpy()

    assert roc_auc(label, rate_elsewhere(label)) > 0.7
    for block in (1, 20):
        assert permuted_label_check(rate_elsewhere, rows, label, block=block, seed=1).status == "ok"


def test_blindness_tells_a_leak_from_a_fit_that_never_repeats():
    draws = iter("abc")
    assert check_blindness(lambda garbage: {"scaler": "same"}).status == "ok"
    leaking = check_blindness(lambda garbage: {"scaler": "same", "threshold": "x" if garbage else "y"})
    assert leaking.status == "leak"
    assert leaking.numbers["changed"] == ["threshold"]
    assert check_blindness(lambda garbage: {"booster": next(draws)}).status == "warning"
    assert check_blindness(lambda garbage: {} if garbage else {"scaler": "same"}).status == "leak"


def test_lineage_follows_every_parent():
    parents = {
        "model": {"scaler", "table"},
        "scaler": {"table"},
        "table": {"bars"},
        "stack": {"model", "choices"},
        "choices": {"scores"},
        "scores": {"test_targets", "model"},
    }
    assert check_lineage(parents, ["model", "scaler"], ["test_targets"]).status == "ok"
    found = check_lineage(parents, ["model", "stack"], ["test_targets"])
    assert found.status == "leak"
    assert found.finding.endswith("stack <- choices <- scores <- test_targets")
    with pytest.raises(InputError):
        check_lineage(parents, ["modle"], ["test_targets"])
