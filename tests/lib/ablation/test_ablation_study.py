"""A planted part is found, noise is not, and rows that are held out change nothing."""

import numpy as np
import pandas as pd
import pytest

from topoquant.lib.ablation import (
    AblationOptions,
    PartOptions,
    Variant,
    ablate,
    ablation_rows,
    define_parts,
    predict_rows,
    study,
    take_columns,
)
from topoquant.lib.errors import InputError
from topoquant.lib.models import LightGBMOptions, LogisticOptions, MajorityOptions
from topoquant.lib.sampling import SplitOptions
from topoquant.lib.training import FoldPlan, MemberFeatures, join_families, train_member

N, N_TRAIN, N_VAL = 1500, 1000, 300
PLAN = FoldPlan(split=SplitOptions(train=0.7, val=0.15, n_folds=2, embargo=1), horizon=2, interval="1h")
LOGISTIC = LogisticOptions(l2=1.0, n_iterations=100)
PARTS = {name: PartOptions(family=name) for name in ("tabular", "tda")}


def market(seed=0, *, garbage=False, tda_knows=True):
    """Keys, splits, targets, and features of which one knows the label."""
    random = np.random.default_rng(seed)
    time = pd.date_range("2024-01-01", periods=N, freq="h", tz="UTC")
    rows = pd.DataFrame({"symbol": "SYN", "time": time, "t1": time + pd.Timedelta("2h")})
    signal, noise = random.normal(size=N), random.normal(size=(N, 4))
    label = (signal + random.normal(size=N) > 0).astype(float)
    sets = np.repeat(["train", "val", "test"], [N_TRAIN, N_VAL, N - N_TRAIN - N_VAL])
    fold = np.where(sets == "train", np.arange(N) * 2 // N_TRAIN, -1)
    splits = rows.assign(set=sets, fold=fold, kept=True)
    targets = rows.assign(target_id="up", label=label, max_pct=0.5, ret=0.0, uniqueness=0.5)
    keys = rows[["symbol", "time"]]
    known = (noise[:, 2], signal) if tda_knows else (signal, noise[:, 2])
    tables = {
        "tabular": keys.assign(rsi=known[0], macd=noise[:, 0]),
        "tda": keys.assign(h1=known[1]),
        "blind": keys.assign(range=noise[:, 1], hour=noise[:, 3]),
    }
    if garbage:
        for table in tables.values():
            table.loc[sets == "test", table.columns[2:]] = 1e9
    return splits, targets.loc[sets != "test"], tables


def rows_of(splits, targets, tables, window=4):
    static = {name: tables[name] for name in ("tda", "blind")}
    return ablation_rows(
        splits, targets, {"tabular": tables["tabular"]}, static, window=window, interval="1h"
    )


def found(rows, targets, model="logistic", options=LOGISTIC, parts=PARTS, n_seeds=2, **more):
    asked = AblationOptions(parts=parts, n_seeds=n_seeds)
    return ablate(model, rows, targets, PLAN, options, asked, reference="blind", sets={}, seed=1, **more)


@pytest.fixture(scope="module")
def clean():
    """A market in which topology knows, its rows and what an ablation found."""
    splits, targets, tables = market()
    rows = rows_of(splits, targets, tables)
    return splits, targets, tables, rows, found(rows, targets)


def findings(outcome, key="finding"):
    return {part["name"]: part[key] for part in outcome.record["parts"]}


def test_the_part_that_knows_earns_its_place_and_the_other_does_not(clean):
    outcome = clean[-1]
    for key in ("finding", "beside_finding"):
        assert findings(outcome, key)["tda"] == "earns"
        assert findings(outcome, key)["tabular"] in ("nothing", "hurts")  # columns of noise are fitted too
    assert outcome.record["beside_all"]["finding"] == "earns"
    assert outcome.record["blind"]["gain_low"] <= 0
    assert outcome.record["all"]["auc"] > 0.7
    assert outcome.record["rate"]["train"] == pytest.approx(0.5, abs=0.05)


def test_channels_of_one_window_are_parts_too():
    splits, targets, tables = market(tda_knows=False)
    parts = {name: PartOptions(family="tabular", columns=(name,)) for name in ("rsi", "macd")}
    outcome = found(rows_of(splits, targets, tables), targets, parts=parts)
    assert outcome.record["columns"] == {"rsi": ["rsi"], "macd": ["macd"], "tda": ["h1"]}
    said = findings(outcome)
    assert said.pop("rsi") == "earns"
    assert set(said.values()) <= {"nothing", "hurts"}
    assert set(outcome.table.loc[outcome.table["kind"] == "added", "n_columns"]) == {1, 2, 3}


def test_all_variants_have_the_rows_on_which_every_family_is_known(clean):
    splits, targets, tables = market()
    tables["tda"].loc[:99, "h1"] = np.nan  # a longer warm-up than that of the window
    tables["blind"] = tables["blind"].drop(index=range(1100, 1110))
    rows = rows_of(splits, targets, tables)
    assert rows.dropped == {"no_t1": 0, "warm_up": 110, "gap": 0}
    assert rows.samples.rows["set"].value_counts().to_dict() == {"train": 900, "val": 290}
    *_, outcome = clean
    assert outcome.table.groupby("set")["n"].agg(["min", "max"]).to_numpy().tolist() == [
        [997, 997],
        [300, 300],
    ]
    assert outcome.record["rows"] == {
        "train": 997,
        "val": 300,
        "dropped": {"no_t1": 0, "warm_up": 3, "gap": 0},
    }


def test_rows_of_the_test_set_are_not_looked_at(clean):
    *_, rows, expected = clean
    splits, targets, tables = market(garbage=True)
    assert set(rows.samples.rows["set"]) == {"train", "val"}
    outcome = found(rows_of(splits, targets, tables), targets)
    pd.testing.assert_frame_equal(outcome.table, expected.table)
    assert outcome.record == expected.record


def whole(rows):
    """All parts of some rows together."""
    parts = define_parts(PARTS, rows.families, {}, reference="blind")
    return take_columns(rows.samples, Variant(name="all", kind="all", parts=tuple(parts)))


LIGHTGBM = LightGBMOptions(
    n_trees=10, learning_rate=0.3, n_leaves=6, min_rows_per_leaf=10, max_bins=31, feature_fraction=0.7,
    row_fraction=0.5, l2=0.0, patience=5, validation_fraction=0.1, n_threads=1,
)  # fmt: skip


def test_all_parts_together_are_the_member_that_training_fits(clean):
    splits, targets, tables, rows, _ = clean
    static, _ = join_families({"tda": tables["tda"]})
    features = MemberFeatures(sequence=tables["tabular"], window=4, static=static)
    member = train_member(
        "lightgbm", "lightgbm", splits, targets.drop(columns="max_pct"), features, plan=PLAN,
        options=LIGHTGBM, fit=None, seed=1,
    )  # fmt: skip
    said = predict_rows("lightgbm", whole(rows), PLAN, LIGHTGBM, seed=1).drop(columns="p_label.0")
    expected = member.predictions.loc[member.predictions["set"] != "test", said.columns]
    pd.testing.assert_frame_equal(said, expected.reset_index(drop=True))


def test_several_seeds_are_averaged(clean):
    samples = whole(clean[3])
    single = [predict_rows("lightgbm", samples, PLAN, LIGHTGBM, seed=seed)["p_label"] for seed in (4, 5)]
    assert (single[0] != single[1]).any()
    mean = predict_rows("lightgbm", samples, PLAN, LIGHTGBM, seed=4, n_seeds=2)["p_label"]
    np.testing.assert_allclose(mean, (single[0] + single[1]) / 2, rtol=1e-12)


def test_an_ablation_that_was_killed_goes_on(clean, tmp_path, monkeypatch):
    *_, rows, expected = clean
    targets = clean[1]
    fitted = []
    real = study.predict_rows

    def dying(model, *arguments, **named):
        if len(fitted) == 3:
            raise KeyboardInterrupt
        fitted.append(model)
        return real(model, *arguments, **named)

    with monkeypatch.context() as broken:
        broken.setattr(study, "predict_rows", dying)
        with pytest.raises(KeyboardInterrupt):
            found(rows, targets, checkpoints=tmp_path)
    kept = {path: path.stat().st_mtime_ns for path in tmp_path.glob("*.variant")}
    assert len(kept) == 2  # the base rate costs nothing and is not kept
    again = found(rows, targets, checkpoints=tmp_path)
    assert len(list(tmp_path.glob("*.variant"))) == again.record["n_fits"] == 7
    assert {path: path.stat().st_mtime_ns for path in kept} == kept
    pd.testing.assert_frame_equal(again.table, expected.table)


def test_another_question_does_not_find_these_answers(clean, tmp_path):
    samples = whole(clean[3])
    asked = {"model": "logistic", "samples": samples, "plan": PLAN, "options": LOGISTIC, "seed": 1}
    others = (
        {"seed": 2}, {"n_seeds": 3}, {"options": LogisticOptions(l2=2.0, n_iterations=100)},
        {"samples": samples.take(np.arange(len(samples)) > 0)},
        {"model": "majority", "options": MajorityOptions()},
    )  # fmt: skip
    for changed in ({}, {}, *others):
        predict_rows(**{**asked, **changed}, checkpoints=tmp_path)
    assert len(list(tmp_path.glob("*.variant"))) == 1 + len(others)


def test_what_cannot_be_asked_is_refused():
    splits, targets, tables = market()
    with pytest.raises(InputError, match="families of a sequence must be one at most"):
        ablation_rows(
            splits, targets, {"a": tables["tda"], "b": tables["tabular"]}, {}, window=4, interval="1h"
        )
    with pytest.raises(InputError, match="label"):
        rows_of(splits, targets.drop(columns="label"), tables)
    val = splits.loc[splits["set"] == "val"]
    with pytest.raises(
        InputError, match="rows of an ablation must be of the train set among others, got none"
    ):
        found(rows_of(val, targets, tables), targets)
