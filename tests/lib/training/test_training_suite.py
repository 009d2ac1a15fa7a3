"""What holds for every model that is fitted here, whatever it is made of."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from topoquant.lib.errors import InputError
from topoquant.lib.models import (
    MODELS,
    Conv1dOptions,
    DLinearOptions,
    GafCnnOptions,
    Head,
    HybridOptions,
    LightGBMOptions,
    LogisticOptions,
    LSTMOptions,
    MajorityOptions,
    Model,
    NBeatsOptions,
    ResNetOptions,
    RidgeOptions,
    TCNOptions,
    TransformerOptions,
    XGBoostOptions,
    ZeroOptions,
    build_model,
)
from topoquant.lib.sampling import Samples, fold_rows
from topoquant.lib.sampling.arrays import samples_from_arrays
from topoquant.lib.training import FitOptions, fit, fit_folds, load_fit, model_files, model_hash, predict

HEADS = (Head(name="label", kind="binary"), Head(name="max_pct", kind="fraction"))
WINDOW, N_RAW = 8, 16
LOOP = FitOptions(
    n_epochs=3,
    batch_size=32,
    learning_rate=0.01,
    weight_decay=0.0,
    patience=3,
    validation_fraction=0.1,
    clip_norm=1.0,
    head_weights={"label": 1.0, "max_pct": 0.5},
    scale="robust",
    clip=8.0,
    device="cpu",
    precision="32-true",
    n_threads=1,
)
NBEATS = NBeatsOptions(
    stacks=("trend", "seasonality", "generic"),
    n_blocks=1,
    n_layers=2,
    hidden=16,
    degree=2,
    n_harmonics=2,
    n_generic=4,
    n_features=8,
    input_dropout=0.1,
    dropout=0.1,
)
LIGHTGBM = LightGBMOptions(
    n_trees=20,
    learning_rate=0.3,
    n_leaves=7,
    min_rows_per_leaf=1,
    max_bins=63,
    feature_fraction=0.9,
    row_fraction=0.9,
    l2=0.0,
    patience=20,
    validation_fraction=0.1,
    n_threads=1,
)
XGBOOST = XGBoostOptions(
    n_trees=20,
    learning_rate=0.3,
    max_depth=4,
    min_child_weight=0.0,
    max_bins=64,
    feature_fraction=1.0,
    row_fraction=0.9,
    l2=0.0,
    patience=20,
    validation_fraction=0.1,
    n_threads=1,
)
TCN = TCNOptions(n_filters=8, kernel=3, dilations=(1, 2), dropout=0.1)
GAF_CNN = GafCnnOptions(
    windows=(N_RAW,), size=8, methods=("summation",), scaling="window", limit=1.0, backbone="simple",
    weights=None, n_frozen=0, degrees=0.0, magnify=0.0, noise=0.0, dropout=0.1,
)  # fmt: skip
OPTIONS = {
    "nbeats": NBEATS,
    "dlinear": DLinearOptions(kernel=5, shared=False),
    "tcn": TCN,
    "lstm": LSTMOptions(hidden=8, n_residual=8, n_dense=8, dropout=0.1),
    "transformer": TransformerOptions(
        width=8, n_blocks=1, n_heads=2, feed_forward=16, pooling="mean", dropout=0.1
    ),
    "conv1d": Conv1dOptions(n_filters=(8, 8), kernel=3, dropout=0.1),
    "resnet": ResNetOptions(n_filters=(8,), dropout=0.1),
    "gaf_cnn": GAF_CNN,
    "hybrid": HybridOptions(sequence=TCN, image=None, n_features=8, dropout=0.1),
    "xgboost": XGBOOST,
    "lightgbm": LIGHTGBM,
    "logistic": LogisticOptions(l2=1.0, n_iterations=100),
    "ridge": RidgeOptions(l2=1.0),
    "zero": ZeroOptions(),
    "majority": MajorityOptions(),
}
# Baselines of regressions predict no label.
LABELS = [name for name in MODELS if name not in ("ridge", "zero")]
TORCH = [name for name, entry in MODELS.items() if entry.is_torch]
EVERY_MODEL = pytest.mark.parametrize("name", LABELS)
LEARNS = pytest.mark.parametrize("name", [name for name in LABELS if name != "majority"])


def build(name: str, samples: Samples, heads: Sequence[Head] = HEADS, options: object = None) -> Model:
    return build_model(
        name,
        n_channels=samples.n_channels,
        window=samples.window,
        n_static=samples.n_static,
        heads=heads,
        options=options or OPTIONS[name],
        n_raw=samples.n_raw,
    )


def loop_of(name: str, loop: FitOptions = LOOP) -> FitOptions | None:
    return loop if MODELS[name].is_torch else None


def draw_samples(n_train: int = 120, n_val: int = 20, n_test: int = 20, *, signal: bool = True) -> Samples:
    """Rows three bars apart whose target is known two bars on; `signal` puts the label in the features."""
    rng = np.random.default_rng(0)
    n = n_train + n_val + n_test
    end = WINDOW + 3 * np.arange(n)
    sequence = rng.normal(size=(end[-1] + 20, 3))
    static = rng.normal(size=(n, 4))
    score = sequence[end, 0] + static[:, 1] if signal else rng.normal(size=n)
    sets = np.repeat(["train", "val", "test"], [n_train, n_val, n_test])
    hidden = np.where(sets == "test", np.nan, 0.0)
    time = np.datetime64("2024-01-01", "ns") + end * np.timedelta64(1, "h")
    price = 100 * np.exp(0.01 * rng.normal(size=end[-1] + N_RAW + 1).cumsum())
    raw = np.lib.stride_tricks.sliding_window_view(price, N_RAW)[end]
    return samples_from_arrays(
        time=time,
        t1=time + np.timedelta64(2, "h"),
        targets={
            "label": (score > 0) + hidden,
            "max_pct": np.clip(0.01 + 0.002 * score, 0, 1) + hidden,
            "logret_4": 0.001 + 0.01 * score + hidden,
        },
        sequence=sequence,
        end=end,
        window=WINDOW,
        static=static,
        raw_windows=np.ascontiguousarray(raw),
        set_name=sets,
        fold=np.where(sets == "train", 3 * np.arange(n) // n_train, -1),
        weights=rng.uniform(0.5, 1.0, n),
    )


def folds_of(samples: Samples) -> list[tuple[np.ndarray, np.ndarray]]:
    return fold_rows(samples.rows, embargo=pd.Timedelta("2h"))


@EVERY_MODEL
def test_a_prediction_has_a_row_per_sample_and_probabilities_that_follow_from_logits(name):
    samples = draw_samples()
    fitted = fit(build(name, samples), samples.of_set("train"), loop_of(name), seed=1)
    got = predict(fitted, samples)
    assert list(got.columns) == ["symbol", "time", "p_label", "logit_label", "value_max_pct"]
    assert got[["symbol", "time"]].equals(samples.rows[["symbol", "time"]])
    assert np.isfinite(got[["logit_label", "value_max_pct"]]).all(axis=None)
    np.testing.assert_allclose(got["p_label"], 1 / (1 + np.exp(-got["logit_label"])))
    assert got["value_max_pct"].between(0, 1).all()


@EVERY_MODEL
def test_same_seed_same_bits(name):
    samples = draw_samples().of_set("train")
    model = build(name, samples)
    fits = [fit(model, samples, loop_of(name), seed=seed) for seed in (5, 5, 6)]
    hashes = [model_hash(model_files(fitted)) for fitted in fits]
    assert hashes[0] == hashes[1]
    assert fits[0].record.history == fits[1].record.history
    if name in (*TORCH, "lightgbm", "xgboost"):
        assert hashes[0] != hashes[2]


@EVERY_MODEL
def test_a_fit_that_was_stored_and_loaded_predicts_the_same_bits(name):
    samples = draw_samples()
    fitted = fit(build(name, samples), samples.of_set("train"), loop_of(name), seed=1)
    files = model_files(fitted)
    loaded = load_fit(files)
    assert predict(loaded, samples).equals(predict(fitted, samples))
    assert model_files(loaded) == files
    assert all(isinstance(content, bytes) for content in files.values())
    assert not any(name.endswith((".pkl", ".pt", ".joblib")) for name in files)


@EVERY_MODEL
def test_bars_after_the_decision_bar_change_nothing(name):
    samples = draw_samples()
    early = samples.take(np.arange(60))
    changed = early.sequence.copy()
    changed[early.end.max() + 1 :] = 1e6
    model = build(name, samples)
    fits = [fit(model, part, loop_of(name), seed=1) for part in (early, replace(early, sequence=changed))]
    assert model_files(fits[0]) == model_files(fits[1])
    assert predict(fits[0], early).equals(predict(fits[0], replace(early, sequence=changed)))


@EVERY_MODEL
def test_garbage_in_test_rows_leaves_every_artifact_as_it_was(name):
    samples = draw_samples()
    test = (samples.rows["set"] == "test").to_numpy()
    garbage = replace(
        samples,
        sequence=samples.sequence.copy(),
        raw_windows=np.where(test[:, None], 1e9, samples.raw_windows),
        static=np.where(test[:, None], 1e9, samples.static).astype(np.float32),
        weights=np.where(test, np.nan, samples.weights),
    )
    garbage.sequence[samples.end[~test].max() + 1 :] = -1e9
    folded = [
        fit_folds(build(name, part), part, folds_of(part), loop_of(name), seed=1)
        for part in (samples, garbage)
    ]
    assert model_files(folded[0].final) == model_files(folded[1].final)
    kept = [one.predictions[one.predictions["set"] != "test"] for one in folded]
    assert kept[0].equals(kept[1])


@pytest.mark.system
@LEARNS
def test_32_windows_can_be_learnt_by_heart(name):
    rng = np.random.default_rng(0)
    patient = replace(LOOP, n_epochs=150, patience=150)
    options = {
        "nbeats": replace(NBEATS, hidden=64, input_dropout=0.0, dropout=0.0),
        "lightgbm": replace(LIGHTGBM, n_trees=60, patience=60, feature_fraction=1.0, row_fraction=1.0),
        "logistic": LogisticOptions(l2=1e-4, n_iterations=500),
        "xgboost": replace(XGBOOST, n_trees=60, patience=60, row_fraction=1.0),
        "tcn": replace(TCN, dropout=0.0),
        "lstm": LSTMOptions(hidden=8, n_residual=8, n_dense=16, dropout=0.0),
        "transformer": replace(OPTIONS["transformer"], dropout=0.0),
        "conv1d": replace(OPTIONS["conv1d"], dropout=0.0),
        "resnet": replace(OPTIONS["resnet"], dropout=0.0),
        "gaf_cnn": replace(GAF_CNN, dropout=0.0),
        "hybrid": HybridOptions(sequence=replace(TCN, dropout=0.0), image=None, n_features=16, dropout=0.0),
    }
    # Labels are coins: only a tail that repeats rows of the fit can be predicted, and not ask to stop.
    row = np.concatenate([np.arange(32), np.arange(8)])
    time = np.datetime64("2024-01-01", "ns") + np.arange(40) * np.timedelta64(1, "D")
    samples = samples_from_arrays(
        time=time,
        t1=time,
        targets={"label": rng.integers(0, 2, 32)[row], "max_pct": rng.uniform(size=32)[row]},
        sequence=rng.normal(size=(60, 8)),
        end=(WINDOW + np.arange(32))[row],
        window=WINDOW,
        static=rng.normal(size=(32, 40))[row],
        raw_windows=(100 + rng.normal(size=(32, N_RAW)).cumsum(axis=1))[row],
    )
    fitted = fit(build(name, samples, options=options.get(name)), samples, loop_of(name, patient), seed=1)
    got = predict(fitted, samples)
    assert ((got["p_label"] > 0.5) == (samples.targets["label"] == 1)).all()


@EVERY_MODEL
def test_train_rows_are_predicted_by_a_model_that_never_saw_them(name):
    samples = draw_samples(signal=False)
    options = {
        "lightgbm": replace(LIGHTGBM, n_trees=60, patience=60),
        "logistic": LogisticOptions(l2=1e-3, n_iterations=500),
    }
    model = build(name, samples, options=options.get(name))
    folded = fit_folds(model, samples, folds_of(samples), loop_of(name), seed=1)
    train = folded.predictions[folded.predictions["set"] == "train"]
    right = (train["p_label"] > 0.5) == (samples.targets["label"][: len(train)] == 1)
    # 120 coins: 0.7 is more than four standard deviations from chance.
    assert right.mean() < 0.7
    for fold, (rows, held_out) in enumerate(folds_of(samples)):
        alone = fit(model, samples.take(rows), loop_of(name), seed=1)
        expected = predict(alone, samples.take(held_out))
        got = train.iloc[held_out]
        assert (got["fold"] == fold).all()
        assert got["logit_label"].tolist() == expected["logit_label"].tolist()
        assert set(got["model_hash"]) == {model_hash(model_files(alone))}


@EVERY_MODEL
def test_fit_folds_keeps_the_contracts_of_its_tables(name):
    samples = draw_samples()
    calls = []

    class Counter:
        def __init__(self, total: int, unit: str) -> None:
            calls.append((total, unit))

        def __enter__(self):
            return calls.append

        def __exit__(self, *_: object) -> None:
            calls.append("closed")

    folded = fit_folds(
        build(name, samples), samples, folds_of(samples), loop_of(name), seed=1, progress=Counter
    )
    got = folded.predictions
    assert list(got.columns) == [
        *("symbol", "time", "t1", "target_id", "set", "fold"),
        *("p_label", "logit_label", "value_max_pct", "model_hash"),
    ]
    columns = ["symbol", "time", "t1", "set", "fold"]
    pd.testing.assert_frame_equal(got[columns], samples.rows[columns])
    rest = got["set"] != "train"
    assert set(got.loc[rest, "model_hash"]) == {folded.record["model_hash"]}
    assert {row["fold"] for row in folded.record["history"]} <= {0, 1, 2, "final"}
    assert folded.record["n_features"] == 7
    assert folded.record["n_train_rows"] == 120
    n_final = sum(row["fold"] == "final" for row in folded.record["history"])
    assert folded.record["best_epoch"] <= folded.record["n_epochs"] == n_final
    assert calls == [(4, "fits"), 1, 1, 1, 1, "closed"]


def test_majority_predicts_the_weighted_base_rate():
    time = np.arange("2024-01-01", "2024-01-05", dtype="datetime64[D]")
    samples = samples_from_arrays(
        time=time,
        t1=time,
        targets={"label": [1, 0, 0, 0], "max_pct": [0.1, 0, 0, 0.2]},
        weights=[2, 1, 1, 1],
    )
    got = predict(fit(build("majority", samples), samples, None, seed=0), samples)
    assert got["p_label"].tolist() == pytest.approx([0.4] * 4)
    assert got["value_max_pct"].tolist() == pytest.approx([0.08] * 4)


def test_logistic_finds_the_line_that_made_the_labels():
    rng = np.random.default_rng(3)
    static = rng.normal(size=(4000, 2)) * [1, 50]
    label = rng.uniform(size=4000) < 1 / (1 + np.exp(-(0.5 + 2 * static[:, 0])))
    time = np.datetime64("2024-01-01", "ns") + np.arange(4000) * np.timedelta64(1, "h")
    samples = samples_from_arrays(time=time, t1=time, targets={"label": label}, static=static)
    model = build("logistic", samples, heads=HEADS[:1])
    fitted = fit(model, samples, None, seed=0)
    line, columns = fitted.model.lines["label"], fitted.model.lines["columns"]
    slopes = np.array(line["slopes"]) / columns["scale"]
    assert slopes[0] == pytest.approx(2, abs=0.2)
    assert slopes[1] == pytest.approx(0, abs=0.01)
    short = build("logistic", samples, heads=HEADS[:1], options=LogisticOptions(l2=1e-6, n_iterations=1))
    with pytest.raises(InputError, match="n_iterations"):
        fit(short, samples, None, seed=0)
