"""Columns are chosen on the rows of a fit alone, travel with it as JSON, and serve every kind of model."""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.feature_selection import mutual_info_classif, mutual_info_regression

from topoquant.lib.errors import InputError
from topoquant.lib.models import Head, LightGBMOptions, LogisticOptions, NBeatsOptions, build_model
from topoquant.lib.sampling import Samples, fold_rows
from topoquant.lib.sampling.arrays import samples_from_arrays
from topoquant.lib.training import (
    FitOptions,
    Selection,
    SelectionOptions,
    fit,
    fit_folds,
    load_fit,
    model_files,
    mutual_information,
    predict,
)
from topoquant.lib.training.fractional_order import choose_orders

HEADS = (Head(name="label", kind="binary"),)
OPTIONS = SelectionOptions(n_features=2, n_neighbors=3, max_rows=1500, adf_lags=1, adf_level=0.05)
LOOP = FitOptions(
    n_epochs=1, batch_size=256, learning_rate=0.01, weight_decay=0.0, patience=2, validation_fraction=0.1,
    clip_norm=1.0, head_weights={"label": 1.0}, scale="robust", clip=8.0, device="cpu",
    precision="32-true", n_threads=1,
)  # fmt: skip
MODELS = {
    "nbeats": NBeatsOptions(
        stacks=("generic",), n_blocks=1, n_layers=1, hidden=8, degree=1, n_harmonics=1, n_generic=2,
        n_features=4, input_dropout=0.0, dropout=0.0,
    ),
    "lightgbm": LightGBMOptions(
        n_trees=5, learning_rate=0.3, n_leaves=7, min_rows_per_leaf=5, max_bins=63, feature_fraction=1.0,
        row_fraction=1.0, l2=0.0, patience=5, validation_fraction=0.1, n_threads=1,
    ),
    "logistic": LogisticOptions(l2=1.0, n_iterations=100),
}  # fmt: skip
EVERY_MODEL = pytest.mark.parametrize("name", MODELS)


def draw(n: int = 240, *, horizon: int = 0, seed: int = 0) -> Samples:
    """Channels 1 and 3 of 5 and static features 0 and 2 of 4 say what the label is."""
    rng = np.random.default_rng(seed)
    end = 4 + np.arange(n)
    sequence, static = rng.normal(size=(n + 10, 5)), rng.normal(size=(n, 4))
    score = sequence[end][:, [1, 3]].sum(axis=1) + static[:, [0, 2]].sum(axis=1)
    time = np.datetime64("2024-01-01", "ns") + end * np.timedelta64(1, "h")
    sets = np.repeat(["train", "val", "test"], [n - 80, 40, 40])
    return samples_from_arrays(
        time=time, t1=time + horizon * np.timedelta64(1, "h"), targets={"label": score > 0},
        sequence=sequence, end=end, window=4, static=static, set_name=sets,
        fold=np.where(sets == "train", 2 * np.arange(n) // (n - 80), -1),
    )  # fmt: skip


def model_of(name: str, samples: Samples):
    return build_model(
        name, n_channels=samples.n_channels, window=samples.window, n_static=samples.n_static, heads=HEADS,
        options=MODELS[name],
    )  # fmt: skip


def loop_of(name: str) -> FitOptions | None:
    return LOOP if name == "nbeats" else None


def garbled(samples: Samples, keep: np.ndarray) -> Samples:
    """Other values in every row and decision bar that is not to be looked at."""
    bars = np.ones(len(samples.sequence), bool)
    bars[samples.end[keep]] = False
    return replace(
        samples,
        sequence=np.where(bars[:, None], 1e6, samples.sequence).astype(np.float32),
        static=np.where(keep[:, None], samples.static, -1e6).astype(np.float32),
        targets=samples.targets.where(np.broadcast_to(keep[:, None], samples.targets.shape)),
    )


def test_the_informative_columns_of_each_role_stay_in_their_order():
    selection = Selection.fit(draw(1600), HEADS, OPTIONS, seed=0)
    assert selection.channel_names == ("c1", "c3")
    assert selection.static_names == ("s0", "s2")
    assert min(selection.channel_information + selection.static_information) > 0.02
    seen = selection.apply(draw(1600))
    assert np.array_equal(seen.sequence, draw(1600).sequence[:, [1, 3]])
    assert np.array_equal(seen.static, draw(1600).static[:, [0, 2]])


@pytest.mark.parametrize("options", [replace(OPTIONS, n_features=None), replace(OPTIONS, n_features=5)])
def test_nothing_is_fitted_where_every_column_stays(options):
    assert Selection.fit(draw(), HEADS, options, seed=0) is None


def test_information_equals_scikit_learn_on_rows_that_do_not_overlap():
    samples = draw()
    found = mutual_information(samples.static, samples, HEADS, n_neighbors=3, max_rows=240, seed=4)
    x, label = samples.static.astype(float), samples.targets["label"].astype(int)
    expected = mutual_info_classif(x, label, discrete_features=False, n_neighbors=3, random_state=4)
    assert found.tolist() == expected.tolist()
    value = replace(samples, targets=pd.DataFrame({"logret_4": samples.static[:, 1].astype(float)}))
    head = Head(name="logret_4", kind="fraction")
    found = mutual_information(samples.static, value, [head], n_neighbors=3, max_rows=240, seed=4)
    expected = mutual_info_regression(
        x, x[:, 1], discrete_features=False, n_neighbors=3, random_state=4
    )  # fmt: skip
    assert found.tolist() == expected.tolist()


def test_a_helper_target_does_not_choose_columns():
    samples = draw()
    both = replace(samples, targets=samples.targets.assign(max_pct=np.abs(samples.static[:, 1]) / 10))
    heads = (*HEADS, Head(name="max_pct", kind="fraction"))
    assert Selection.fit(both, heads, OPTIONS, seed=0) == Selection.fit(samples, HEADS, OPTIONS, seed=0)


def test_overlapping_labels_do_not_make_a_slow_column_informative():
    rng = np.random.default_rng(0)
    n, horizon = 3000, 50
    slow = np.arange(n) + rng.normal(size=n)
    label = np.convolve(rng.normal(size=n + horizon), np.ones(horizon), "full")[:n] > 0
    end = np.arange(n)
    time = np.datetime64("2024-01-01", "ns") + end * np.timedelta64(1, "h")
    samples = samples_from_arrays(
        time=time, t1=time + horizon * np.timedelta64(1, "h"), targets={"label": label}, static=slow[:, None]
    )
    naive = mutual_info_classif(slow[:, None], label, discrete_features=False, random_state=0)[0]
    found = mutual_information(slow[:, None], samples, HEADS, n_neighbors=3, max_rows=3000, seed=0)[0]
    assert naive > 0.2
    assert found < 0.1


@settings(deadline=None, max_examples=8)
@given(seed=st.integers(0, 9), max_rows=st.integers(60, 200), horizon=st.integers(0, 3))
def test_rows_that_are_not_given_change_no_bit(seed, max_rows, horizon):
    samples = draw(horizon=horizon, seed=seed)
    keep = (samples.rows["set"] == "train").to_numpy()
    options = replace(OPTIONS, max_rows=max_rows)
    fits = [
        Selection.fit(part.take(keep), HEADS, options, seed=seed)
        for part in (samples, garbled(samples, keep), samples)
    ]
    assert fits[0] == fits[1] == fits[2]
    assert Selection.from_dict(json.loads(json.dumps(fits[0].to_dict()))) == fits[0]


@EVERY_MODEL
def test_every_model_is_fitted_on_its_columns_and_loads_with_them(name):
    samples = draw(1600)
    train = samples.of_set("train")
    fitted = fit(model_of(name, samples), train, loop_of(name), seed=1, selection=OPTIONS)
    assert fitted.selection.channel_names == ("c1", "c3")
    assert (fitted.model.spec.n_channels, fitted.model.spec.n_static) == (2, 2)
    assert fitted.channel_names == samples.channel_names
    alone = fitted.selection.apply(samples)
    same = fit(model_of(name, alone), alone.of_set("train"), loop_of(name), seed=1)
    assert predict(same, alone).equals(predict(fitted, samples))
    files = model_files(fitted)
    assert "selection.json" in files
    loaded = load_fit(files)
    assert loaded.selection == fitted.selection
    assert predict(loaded, samples).equals(predict(fitted, samples))
    assert model_files(loaded) == files


@EVERY_MODEL
def test_every_fold_chooses_for_itself_and_garbage_in_test_rows_changes_nothing(name):
    samples = draw(400)
    test = (samples.rows["set"] == "test").to_numpy()
    garbage = replace(
        samples,
        sequence=samples.sequence.copy(),
        static=np.where(test[:, None], 1e9, samples.static).astype(np.float32),
    )
    garbage.sequence[samples.end[~test].max() + 1 :] = -1e9
    folded = [
        fit_folds(
            model_of(name, part), part, fold_rows(part.rows, embargo=pd.Timedelta(0)), loop_of(name),
            seed=1, selection=replace(OPTIONS, n_features=1),
        )
        for part in (samples, garbage)
    ]  # fmt: skip
    assert model_files(folded[0].final) == model_files(folded[1].final)
    kept = [one.predictions[one.predictions["set"] != "test"] for one in folded]
    assert kept[0].equals(kept[1])
    assert folded[0].record["n_features"] == 2


def test_what_is_held_out_has_no_say_in_the_columns_that_predict_it():
    samples = draw(400)
    held_out = (samples.rows["fold"] == 0).to_numpy()
    # In the rows held out, channel 0 says it all: a choice that saw their labels would take it.
    label = samples.targets["label"].to_numpy(copy=True)
    label[held_out] = samples.sequence[samples.end[held_out], 0] > 0
    folded = [
        fit_folds(
            model_of("logistic", part), part, fold_rows(part.rows, embargo=pd.Timedelta(0)), None,
            seed=1, selection=replace(OPTIONS, n_features=1),
        )
        for part in (samples, replace(samples, targets=samples.targets.assign(label=label)))
    ]  # fmt: skip
    assert folded[1].final.selection.channel_names == ("c0",)
    predicted = [one.predictions[one.predictions["fold"] == 0] for one in folded]
    assert len(predicted[0]) == held_out.sum()
    assert predicted[0].equals(predicted[1])


def test_without_a_choice_a_fit_has_the_files_it_always_had():
    samples = draw().of_set("train")
    model = model_of("logistic", samples)
    plain = fit(model, samples, None, seed=1)
    chosen = fit(model, samples, None, seed=1, selection=replace(OPTIONS, n_features=None))
    assert model_files(plain) == model_files(chosen)
    assert set(model_files(plain)) == {"options.json", "coefficients.json"}


def walk_columns(n: int = 800) -> np.ndarray:
    """Orders 0.1 (a random walk), 0.5 (one that returns) and 1 (noise), and a column of no series."""
    rng = np.random.default_rng(0)
    noise = rng.normal(size=n)
    returning = np.zeros(n)
    for step in range(1, n):
        returning[step] = 0.8 * returning[step - 1] + noise[step]
    return np.stack([noise.cumsum(), rng.normal(size=n), noise, returning], axis=1)


NAMES = ("fractional_0.1", "rsi", "fractional_1", "fractional_0.5")


def test_the_smallest_stationary_order_stays():
    values = walk_columns()
    rows = pd.DataFrame({"symbol": "SYN", "time": pd.date_range("2024", periods=800, freq="h", tz="UTC")})
    orders, dropped = choose_orders(NAMES, values, rows, OPTIONS)
    assert orders == {"fractional": 0.5}
    assert dropped == {"fractional_0.1", "fractional_1"}
    shuffled = np.random.default_rng(1).permutation(800)
    assert choose_orders(NAMES, values[shuffled], rows.iloc[shuffled], OPTIONS) == (orders, dropped)
    assert choose_orders(NAMES[1:3], values[:, 1:3], rows, OPTIONS) == ({}, set())


def test_the_most_demanding_symbol_decides():
    values = walk_columns()
    calm = np.random.default_rng(2).normal(size=values.shape)
    time = pd.date_range("2024", periods=800, freq="h", tz="UTC")
    rows = pd.DataFrame({"symbol": ["A"] * 800 + ["B"] * 800, "time": [*time, *time]})
    assert choose_orders(NAMES, np.concatenate([calm, calm]), rows, OPTIONS)[0] == {"fractional": 0.1}
    assert choose_orders(NAMES, np.concatenate([calm, values]), rows, OPTIONS)[0] == {"fractional": 0.5}


def test_the_order_of_a_fit_is_stored_with_it():
    values = walk_columns(300).astype(np.float32)
    time = np.datetime64("2024-01-01", "ns") + np.arange(300) * np.timedelta64(1, "h")
    samples = replace(
        samples_from_arrays(time=time, t1=time, targets={"label": values[:, 1] > 0}, static=values),
        static_names=NAMES,
    )
    fitted = fit(
        model_of("logistic", samples), samples, None, seed=0, selection=replace(OPTIONS, n_features=None)
    )
    assert json.loads(model_files(fitted)["selection.json"]) == {
        "channel_names": [],
        "static_names": ["rsi", "fractional_0.5"],
        "channel_information": [],
        "static_information": [],
        "orders": {"fractional": 0.5},
    }


def test_too_few_rows_and_missing_columns_are_refused():
    samples = draw()
    with pytest.raises(InputError, match="rows to select features on"):
        Selection.fit(samples.take(np.arange(4)), HEADS, OPTIONS, seed=0)
    with pytest.raises(InputError, match="rows to select features on"):
        Selection.fit(samples, HEADS, replace(OPTIONS, max_rows=3), seed=0)
    selection = Selection.fit(samples, HEADS, OPTIONS, seed=0)
    with pytest.raises(InputError, match="none named"):
        selection.apply(replace(samples, static=samples.static[:, 1:], static_names=("s1", "s2", "s3")))
