"""One model on the samples of several symbols."""

import numpy as np
import pandas as pd
import pytest

from topoquant.lib.labeling import TriggerOptions, label_rows
from topoquant.lib.models import DLinearOptions, Head, LogisticOptions, build_model
from topoquant.lib.sampling import assemble_samples
from topoquant.lib.training import FitOptions, fit, predict

HORIZON, WINDOW = 3, 4
OPTIONS = TriggerOptions(horizon=HORIZON, side="up", threshold=0.003, rate=None)
TARGET = {"threshold": 0.003, "target_id": "trigger-up-3-0.003"}
LOOP = FitOptions(
    n_epochs=2, batch_size=32, learning_rate=0.01, weight_decay=0.0, patience=2, validation_fraction=0.2,
    clip_norm=1.0, head_weights={"label": 1.0}, scale="standard", clip=8.0, device="cpu", precision="32-true",
    n_threads=1,
)  # fmt: skip
MODELS = {
    "logistic": (LogisticOptions(l2=1.0, n_iterations=100), None),
    "dlinear": (DLinearOptions(kernel=3, shared=False), LOOP),
}


def make_bars(symbol: str, n: int) -> pd.DataFrame:
    steps = np.random.default_rng(n).integers(0, 60, n) / 100
    open_time = pd.date_range("2024-01-01", periods=n, freq="h", tz="UTC").as_unit("ns")
    return pd.DataFrame({
        "symbol": symbol, "open_time": open_time, "open": 100.0, "high": 100 + steps, "low": 100.0,
        "close": 100.0,
    })  # fmt: skip


def make_samples(bars: pd.DataFrame):
    hour = pd.Timedelta("1h")
    time = bars["open_time"] + hour
    # Every symbol thins its rows its own way, so that uniqueness differs.
    number = bars.groupby("symbol").cumcount()
    kept = number % bars["symbol"].map({"A": 1, "B": 4}) == 0
    splits = pd.DataFrame({
        "symbol": bars["symbol"], "time": time, "t1": time + HORIZON * hour, "set": "train", "fold": 0,
        "kept": kept,
    })  # fmt: skip
    targets = label_rows(bars, splits, TARGET, OPTIONS, interval="1h", sets=["train"]).drop(columns="max_pct")
    features = splits[["symbol", "time"]].assign(high=bars["high"])
    return assemble_samples(splits, targets, sequence=features, window=WINDOW, interval="1h")[0]


@pytest.fixture(scope="module")
def pooled():
    return make_samples(pd.concat([make_bars("A", 120), make_bars("B", 200)], ignore_index=True))


def test_windows_and_weights_of_a_symbol_are_those_it_has_alone(pooled):
    for symbol, n in (("A", 120), ("B", 200)):
        alone = make_samples(make_bars(symbol, n))
        of_symbol = pooled.take((pooled.rows["symbol"] == symbol).to_numpy())
        np.testing.assert_array_equal(of_symbol.weights, alone.weights)
        for offset in range(WINDOW):
            np.testing.assert_array_equal(
                of_symbol.sequence[of_symbol.end - offset], alone.sequence[alone.end - offset]
            )
    weights = pd.Series(pooled.weights).groupby(pooled.rows["symbol"]).mean()
    assert weights["A"] < 0.5 < weights["B"]


@pytest.mark.parametrize("name", MODELS)
def test_one_model_is_fitted_on_all_symbols_and_predicts_each(pooled, name):
    options, loop = MODELS[name]
    model = build_model(
        name,
        n_channels=1,
        window=WINDOW,
        n_static=0,
        heads=[Head(name="label", kind="binary")],
        options=options,
    )
    fitted = fit(model, pooled, loop, seed=0)
    assert fitted.record.n_rows == len(pooled)
    predicted = predict(fitted, pooled)
    assert set(predicted["symbol"]) == {"A", "B"}
    # Neither symbol alone gives this model.
    for symbol in ("A", "B"):
        part = pooled.take((pooled.rows["symbol"] == symbol).to_numpy())
        assert not np.allclose(
            predict(fit(model, part, loop, seed=0), pooled)["p_label"], predicted["p_label"]
        )
