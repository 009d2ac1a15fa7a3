"""Losses of variants on the same rows, and what their difference is sure to be."""

import numpy as np
import pandas as pd
import pytest

from topoquant.lib.ablation import (
    Part,
    SeedLuck,
    join_variants,
    judge_difference,
    list_variants,
    measure_luck,
    row_block,
    score_variants,
)
from topoquant.lib.errors import InputError
from topoquant.lib.validity import bootstrap_mean, row_log_loss

PARTS = [Part(name=name, family=name, channels=(), static=(name,)) for name in ("a", "b")]
BLIND = Part(name="blind", family="blind", channels=(), static=("x", "y"))
VARIANTS = list_variants(PARTS, BLIND)
NO_LUCK = {name: SeedLuck(deviation=0.0, n_free=9, n_seeds=2) for name in ("train", "val")}


def table(p, n=None, target_id="up"):
    n = len(p) if n is None else n
    time = pd.date_range("2024-01-01", periods=n, freq="h", tz="UTC")
    return pd.DataFrame({"symbol": "SYN", "time": time, "target_id": target_id, "set": "train", "p_label": p})


@pytest.fixture(scope="module")
def joined():
    random = np.random.default_rng(0)
    n = 600
    label = random.integers(0, 2, n).astype(float)
    said = {
        one.name: np.clip(0.5 + 0.3 * (label - 0.5) + 0.1 * random.normal(size=n), 0.05, 0.95)
        for one in VARIANTS
    }
    said["without a"] = np.full(n, 0.5)
    predictions = {name: table(p) for name, p in {"base rate": np.full(n, 0.5), **said}.items()}
    rows = join_variants(predictions, table(0.5, n).assign(label=label))
    return rows.assign(set=["train"] * 400 + ["val"] * 200)


@pytest.fixture(scope="module")
def scores(joined):
    return score_variants(joined, VARIANTS, NO_LUCK, base="base rate", horizon=2, interval="1h", seed=3)


def test_every_number_is_the_difference_of_two_losses_on_the_same_rows(joined, scores):
    assert len(scores) == 2 * len(VARIANTS)
    own = joined.loc[joined["set"] == "val"]
    losses = {name: row_log_loss(own["label"], own[name]) for name in joined.columns[4:]}
    rows = scores.loc[scores["set"] == "val"].set_index("variant")
    compared = {
        ("a alone", "lost"): ("a alone", "all"), ("a alone", "gain"): ("base rate", "a alone"),
        ("all", "over_blind"): ("sign-blind", "all"), ("+ b", "step"): ("a", "+ b"),
    }  # fmt: skip
    for (name, key), (first, second) in compared.items():
        row = rows.loc[name]
        assert row["log_loss"] == pytest.approx(losses[name].mean())
        # Blocks of a day, drawn for both together.
        bound = bootstrap_mean(own["time"], losses[first] - losses[second], block=24, seed=3)
        assert tuple(row[[key, f"{key}_low", f"{key}_high"]]) == pytest.approx(tuple(bound))
    assert rows["step"].notna().sum() == 1
    assert tuple(rows.loc["all", ["lost", "lost_low", "lost_high"]]) == (0.0, 0.0, 0.0)
    assert rows.loc["without a", "auc"] == 0.5
    assert rows.loc["all", "n_columns"] == 2
    assert set(scores["n"]) == {400, 200}


def test_a_set_of_one_class_has_no_auc_and_one_without_rows_is_left_out(joined):
    one_class = joined.loc[joined["set"] == "train"].assign(label=0.0)
    scores = score_variants(one_class, VARIANTS, NO_LUCK, base="base rate", horizon=2, interval="1h", seed=3)
    assert set(scores["set"]) == {"oof"}
    assert scores["auc"].isna().all()


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        (table(0.5, 9), "rows of b must be the 10 of all variants, each with a target, got 9, 9 of them"),
        (table(0.5, 10, target_id="down"), "got 10, 0 of them shared: predict the same samples"),
    ],
)  # fmt: skip
def test_variants_of_different_rows_are_refused(changed, said):
    targets = table(0.5, 10).assign(label=1.0)
    with pytest.raises(InputError, match=said):
        join_variants({"a": table(0.5, 10), "b": changed}, targets)


def test_row_position_aligns_nothing(joined):
    predictions = {"a": table(np.linspace(0, 1, 10)), "b": table(np.linspace(0, 1, 10)).iloc[::-1]}
    rows = join_variants(predictions, table(0.5, 10).assign(label=1.0).sample(frac=1, random_state=0))
    assert rows["a"].tolist() == rows["b"].tolist()


@pytest.mark.parametrize("stride", [1, 3, 7, 200])
def test_a_block_spans_the_same_time_however_rows_are_thinned(stride):
    time = pd.Series(pd.date_range("2024-01-01", periods=5000, freq="15min", tz="UTC"))
    block = row_block(time[::stride], horizon=4, interval="15m")
    assert 96 <= block * stride < 96 + max(stride, 96 if stride > 96 else stride)
    twice = pd.concat([time[::stride]] * 2)  # two symbols
    assert row_block(twice, horizon=4, interval="15m") == block


def test_a_finding_needs_the_whole_interval_on_one_side():
    assert [judge_difference(*ends) for ends in ((0.0, 1.0), (-1.0, 0.0), (1e-9, 1.0), (-1.0, -1e-9))] == [
        *("nothing", "nothing", "earns", "hurts")
    ]
    assert judge_difference(None, None) == "unknown"


def test_luck_is_in_every_interval_but_that_of_a_fit_and_itself(joined, scores):
    luck = dict.fromkeys(("train", "val"), SeedLuck(deviation=0.1, n_free=20, n_seeds=2))
    wider = score_variants(joined, VARIANTS, luck, base="base rate", horizon=2, interval="1h", seed=3)
    numbers = ["log_loss", "auc", "gain", "lost", "over_blind", "step"]
    pd.testing.assert_frame_equal(wider[numbers], scores[numbers])
    at = (wider["variant"] == "a alone") & (wider["set"] == "val")
    one_fit = 0.1 * 2.845 * 0.5**0.5  # t at 20 degrees of freedom, two seeds
    margin = {"gain": one_fit, "lost": one_fit * 2**0.5}
    for key, own in margin.items():
        for end, sign in (("low", -1), ("high", 1)):
            rows = scores.loc[at, f"{key}_{end}"].item() - scores.loc[at, key].item()
            both = wider.loc[at, f"{key}_{end}"].item() - wider.loc[at, key].item()
            assert both == pytest.approx(sign * np.hypot(rows, own), rel=1e-3)
    whole = wider.loc[wider["variant"] == "all", ["lost_low", "lost_high"]].to_numpy()
    assert (whole == 0).all()


def test_luck_is_pooled_over_variants_whatever_their_level():
    random = np.random.default_rng(5)
    label = random.integers(0, 2, 400).astype(float)
    tables = []
    for level in (0.5, 0.6) * 20:
        said = {f"p_label.{n}": np.full(400, level + 0.02 * random.normal()) for n in range(3)}
        tables.append(table(0.5, 400).assign(**said))
    found = measure_luck(tables, table(0.5, 400).assign(label=label).sample(frac=1, random_state=0))
    assert found.keys() == {"train"}
    assert (found["train"].n_free, found["train"].n_seeds) == (80, 3)
    # Of a constant p the loss moves by d / (p (1 - p)) times how far p is from the share of ones.
    slopes = [(p - label.mean()) / (p * (1 - p)) for p in (0.5, 0.6)]
    assert found["train"].deviation == pytest.approx(0.02 * np.hypot(*slopes) / 2**0.5, rel=0.25)


def test_one_seed_cannot_say_what_luck_does(joined):
    luck = measure_luck([table(0.5, 10).assign(**{"p_label.0": 0.5})], table(0.5, 10).assign(label=1.0))
    rows = joined.loc[joined["set"] == "train"]
    scores = score_variants(rows, VARIANTS, luck, base="base rate", horizon=2, interval="1h", seed=3)
    others = scores.loc[scores["variant"] != "all"]
    assert others["lost_low"].isna().all()
    assert others["lost"].notna().all()


def test_a_lucky_fit_is_not_a_feature():
    """Columns of noise, fits that differ in their seed alone: an interval of rows sees features in them."""
    random = np.random.default_rng(1)
    n = 2000
    found = {True: 0, False: 0}
    for _ in range(12):
        label = random.integers(0, 2, n).astype(float)
        common = 0.5 + 0.02 * random.normal(size=n)
        tables = {"base rate": table(np.full(n, 0.5))}
        for one in VARIANTS:
            drawn = 0.03 * random.normal(size=2)  # what a seed makes of a market as a whole
            said = {f"p_label.{k}": common + far * (label - 0.5) for k, far in enumerate(drawn)}
            tables[one.name] = table(np.mean(list(said.values()), axis=0)).assign(**said)
        targets = table(0.5, n).assign(label=label)
        joined = join_variants(tables, targets)
        measured = measure_luck([tables[one.name] for one in VARIANTS], targets)
        for with_luck, luck in ((True, measured), (False, NO_LUCK)):
            scores = score_variants(
                joined, VARIANTS, luck, base="base rate", horizon=2, interval="1h", seed=3
            )
            lost = scores.loc[scores["kind"] == "without"]
            found[with_luck] += int(((lost["lost_low"] > 0) | (lost["lost_high"] < 0)).sum())
    assert found[True] <= 1, found  # of 24, at 0.99
    assert found[False] >= 8, found
