"""Values and classes: fitted, predicted, scored; and what happens when numbers get out of hand."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch

from topoquant.lib.errors import InputError
from topoquant.lib.models import (
    DLinearOptions,
    Head,
    LightGBMOptions,
    MajorityOptions,
    RidgeOptions,
    TCNOptions,
    XGBoostOptions,
    ZeroOptions,
    build_model,
)
from topoquant.lib.sampling import Samples
from topoquant.lib.sampling.arrays import samples_from_arrays
from topoquant.lib.training import (
    DrawOptions,
    FitOptions,
    fit,
    fit_folds,
    interval_coverage,
    load_fit,
    model_files,
    predict,
)
from topoquant.lib.training.task import HeadsTask
from topoquant.schemas import PREDICTIONS

RETURN = (Head(name="logret_4", kind="value"),)
LOOP = FitOptions(
    n_epochs=60, batch_size=32, learning_rate=0.02, weight_decay=0.0, patience=60, validation_fraction=0.1,
    clip_norm=1.0, head_weights={}, scale="standard", clip=8.0, device="cpu", precision="32-true",
    n_threads=1,
)  # fmt: skip
TREES = {"n_trees": 60, "learning_rate": 0.2, "max_bins": 63, "feature_fraction": 1.0, "row_fraction": 1.0,
         "l2": 0.0, "patience": 60, "validation_fraction": 0.1, "n_threads": 1}  # fmt: skip
TCN = TCNOptions(n_filters=8, kernel=2, dilations=(1, 2), dropout=0.1)
MODELS = {
    "dlinear": DLinearOptions(kernel=3, shared=False),
    "tcn": TCN,
    "ridge": RidgeOptions(l2=0.1),
    "lightgbm": LightGBMOptions(n_leaves=7, min_rows_per_leaf=5, **TREES),
    "xgboost": XGBoostOptions(max_depth=3, min_child_weight=1.0, **TREES),
}
# Where nothing depends on how much was learnt.
SHORT = replace(LOOP, n_epochs=3)
DRAWS = DrawOptions(n_draws=20, level=0.8, seed=0)


def draw(n: int = 400, *, val: int = 40) -> Samples:
    """A return of about a thousandth that follows the last bar."""
    rng = np.random.default_rng(0)
    hours = np.datetime64("2024-01-01", "ns") + np.arange(n) * np.timedelta64(1, "h")
    sequence = rng.normal(size=(n + 6, 2))
    score = sequence[6:, 0]
    is_train = np.arange(n) < n - val
    return samples_from_arrays(
        time=hours, t1=hours, sequence=sequence, end=np.arange(n) + 6, window=6,
        targets={
            "logret_4": 0.002 + 0.001 * score,
            "regime": np.digitize(score, [-0.5, 0.5]),
            "path_1": 0.001 * score,
            "path_2": -0.002 * score,
        },
        set_name=np.where(is_train, "train", "val"),
        fold=np.where(is_train, 2 * np.arange(n) // (n - val), -1),
    )  # fmt: skip


def build(name: str, heads=RETURN, options=None):
    return build_model(name, n_channels=2, window=6, n_static=0, heads=heads, options=options or MODELS[name])


def loop_of(name: str) -> FitOptions | None:
    return LOOP if name in ("dlinear", "tcn") else None


@pytest.mark.parametrize("name", MODELS)
def test_a_return_of_a_thousandth_is_found(name):
    samples = draw()
    fitted = fit(build(name), samples.of_set("train"), loop_of(name), seed=0)
    got = predict(fitted, samples)
    assert list(got.columns) == ["symbol", "time", "value_logret_4"]
    error = got["value_logret_4"] - samples.targets["logret_4"]
    assert np.sqrt(np.mean(error**2)) < 0.5 * samples.targets["logret_4"].std()
    assert predict(load_fit(model_files(fitted)), samples).equals(got)


def test_baselines_of_returns():
    samples = draw()
    zero = predict(fit(build("zero", options=ZeroOptions()), samples, None, seed=0), samples)
    assert (zero["value_logret_4"] == 0).all()
    mean = predict(fit(build("majority", options=MajorityOptions()), samples, None, seed=0), samples)
    assert mean["value_logret_4"].tolist() == pytest.approx([samples.targets["logret_4"].mean()] * 400)
    label = [Head(name="label", kind="binary")]
    for name, options in (("zero", ZeroOptions()), ("ridge", RidgeOptions(l2=1.0))):
        with pytest.raises(InputError, match=f"heads of {name}"):
            build(name, heads=label, options=options)


def test_classes_and_steps_have_columns_of_their_own():
    heads = (Head(name="regime", kind="classes", n_outputs=3), Head(name="path", kind="value", n_outputs=2))
    samples = draw()
    weights = replace(LOOP, head_weights={"regime": 1.0, "path": 1.0})
    fitted = fit(build("tcn", heads), samples.of_set("train"), weights, seed=0)
    got = predict(fitted, samples)
    assert list(got.columns[2:]) == [*(f"p_regime_{k}" for k in range(3)), "value_path_1", "value_path_2"]
    shares = got[[f"p_regime_{k}" for k in range(3)]].to_numpy()
    np.testing.assert_allclose(shares.sum(axis=1), 1)
    assert (shares.argmax(axis=1) == samples.targets["regime"]).mean() > 0.8
    for k in (1, 2):
        assert np.corrcoef(got[f"value_path_{k}"], samples.targets[f"path_{k}"])[0, 1] > 0.9
    history = fitted.record.history[-1]
    assert history["val_accuracy_regime"] > 0.5
    assert 0 < history["val_rmse_path"] < 0.002
    bad = replace(samples, targets=samples.targets.assign(regime=3.0))
    with pytest.raises(InputError, match="one of 0 to 2"):
        fit(build("tcn", heads), bad.of_set("train"), weights, seed=0)


def test_steps_of_every_channel_are_read_as_published():
    samples = draw()
    targets = pd.DataFrame({f"path_{k}": 0.001 * k * samples.targets["logret_4"] for k in range(1, 5)})
    heads = (Head(name="path", kind="value", n_outputs=2),)
    model = build("dlinear", heads, DLinearOptions(kernel=3, shared=True))
    fitted = fit(model, replace(samples, targets=targets), replace(SHORT, head_weights={"path": 1.0}), seed=0)
    assert list(predict(fitted, samples).columns[2:]) == [f"value_path_{k}" for k in range(1, 5)]


def test_scores_and_predictions_of_returns_keep_their_contracts():
    samples = draw()
    folds = [(np.arange(180, 360), np.arange(180)), (np.arange(180), np.arange(180, 360))]
    folded = fit_folds(build("dlinear"), samples, folds, SHORT, seed=0)
    PREDICTIONS.validate(folded.predictions)
    scores = folded.record["scores"]["logret_4"]
    value = folded.predictions["value_logret_4"].to_numpy()
    target = samples.targets["logret_4"].to_numpy()
    rows = np.arange(400) >= 360
    error = value[rows] - target[rows]
    assert scores["val"]["rmse"] == pytest.approx(np.sqrt(np.mean(error**2)))
    assert scores["val"]["mae"] == pytest.approx(np.abs(error).mean())
    assert scores["val"]["r2"] == pytest.approx(1 - np.mean(error**2) / target[rows].var())
    assert scores["val"]["directional_accuracy"] == pytest.approx(
        (np.sign(value[rows]) == np.sign(target[rows])).mean()
    )
    gap = folded.record["gap"]
    assert gap["gap"] == pytest.approx(gap["val_loss"] - gap["train_loss"])


def test_a_step_that_is_not_finite_is_dropped_counted_and_undone(monkeypatch):
    samples, whole, calls = draw().of_set("train"), HeadsTask._loss, []

    def sometimes(self, outputs, batch):
        loss = whole(self, outputs, batch)
        if not self.model.training:
            return loss
        calls.append(len(calls))
        return loss * float("nan") if len(calls) == 25 else loss

    monkeypatch.setattr(HeadsTask, "_loss", sometimes)
    options = replace(LOOP, n_epochs=8, patience=8, max_skipped=1)
    fitted = fit(build("tcn"), samples, options, seed=0)
    skipped = [row["n_skipped"] for row in fitted.record.history]
    assert sum(skipped) == 1
    assert all(np.isfinite([row["train_loss"], row["val_loss"]]).all() for row in fitted.record.history)
    assert all(torch.isfinite(weight).all() for weight in fitted.model.parameters())
    calls.clear()
    with pytest.raises(InputError, match=r"1 that were not.+lower learning_rate"):
        fit(build("tcn"), samples, replace(options, max_skipped=0), seed=0)


def test_a_prediction_that_is_not_finite_names_its_rows():
    samples = draw()
    fitted = fit(build("dlinear"), samples.of_set("train"), replace(LOOP, n_epochs=1), seed=0)
    with torch.no_grad():
        next(fitted.model.parameters()).fill_(float("nan"))
    with pytest.raises(InputError, match=r"predictions of logret_4 .+ 400 of 400 .+ARRAY 2024-01-01"):
        predict(fitted, samples)


def test_draws_span_intervals_around_predictions_that_stay_as_they_are():
    samples = draw()
    fitted = fit(build("tcn"), samples.of_set("train"), replace(LOOP, n_epochs=5), seed=0)
    got = predict(fitted, samples, DRAWS)
    assert got[["symbol", "time", "value_logret_4"]].equals(predict(fitted, samples))
    assert (got["high_value_logret_4"] > got["low_value_logret_4"]).all()
    assert got.equals(predict(fitted, samples, DRAWS))
    wide = predict(fitted, samples, replace(DRAWS, level=0.99))
    truth = samples.targets["logret_4"]
    covered = [
        interval_coverage(one["low_value_logret_4"], one["high_value_logret_4"], truth) for one in (got, wide)
    ]
    assert 0 < covered[0] < covered[1] <= 1


@pytest.mark.parametrize("name", ["dlinear", "lightgbm", "flat"])
def test_an_interval_without_a_width_is_an_error(name):
    samples = draw()
    if name == "flat":
        fitted = fit(build("tcn", options=replace(TCN, dropout=0.0)), samples, SHORT, seed=0)
    else:
        fitted = fit(build(name), samples, SHORT if loop_of(name) else None, seed=0)
    with pytest.raises(InputError, match=r"width of 0|0 wide"):
        predict(fitted, samples, DRAWS)
